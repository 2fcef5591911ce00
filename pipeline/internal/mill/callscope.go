package mill

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// callScope lets expressions use a joined element by the names of its streams: the master, and at its children the
// matches: lists, or a single element where the join takes one. With a window there is only the list of the masters.
// The environment is an *engine.Call.
type callScope struct {
	master *Node
	window bool
}

// Types implements [expression.Scope].
func (s callScope) Types() types.Map {
	if s.window {
		return types.Map{s.master.Name: types.Array(elementType(s.master))}
	}
	names := types.Map{s.master.Name: elementType(s.master)}
	for _, child := range s.master.joined() {
		names[child.Name] = matchesType(child)
	}
	return names
}

// matchesType is the type of what a joined element has of a child.
func matchesType(n *Node) types.Type {
	if n.isSingle() {
		return elementType(n)
	}
	return types.Array(elementType(n))
}

// elementType is the type of a node's joined elements: of its members only the children are known.
func elementType(n *Node) types.Type {
	if len(n.Children) == 0 {
		return types.Any
	}
	members := types.Map{types.Extra: types.Any}
	for _, child := range n.joined() {
		members[child.Name] = matchesType(child)
	}
	return members
}

// A target is what a path leads to: one joined element of a node, or a list of them.
type target struct {
	node *Node
	// one is nil at a list, list at an element. The element is nil where there is none.
	one  func(*engine.Call) (*engine.Element, error)
	list func(*engine.Call) ([]engine.Element, error)
	// isOptional says that there may be no element, since the join doesn't need one.
	isOptional bool
}

// Field implements [expression.Scope].
func (s callScope) Field(path []expression.Step, raw bool) (expression.Getter, int, error) {
	at := s.start(path[0].Name)
	for i := 1; i < len(path); i++ {
		name := expression.PathString(path[:i])
		if at.one != nil && path[i].IsIndex {
			return nil, 0, errNoList(name, at.node)
		}
		next, ok := at.step(path[i], name)
		if !ok {
			return at.member(path, i, raw), len(path), nil
		}
		at = next
	}
	return at.whole(), len(path), nil
}

// Raw implements [expression.Rawer].
func (s callScope) Raw(path []expression.Step) func(env any) (raw []byte, ok bool) {
	at := s.start(path[0].Name)
	for i := 1; i < len(path); i++ {
		next, ok := at.step(path[i], expression.PathString(path[:i]))
		switch {
		case ok:
			at = next
		case at.one == nil:
			return nil
		default:
			return at.raw(at.node.members.Add(path[i:]))
		}
	}
	return nil
}

// raw reads a member of an element as it is written.
func (s target) raw(number int) func(env any) (raw []byte, ok bool) {
	return func(env any) ([]byte, bool) {
		element, err := s.one(env.(*engine.Call))
		if err != nil || element == nil {
			return nil, err == nil
		}
		return element.Value.(*object.Object).Member(number), true
	}
}

// Length implements [expression.Lister].
func (s callScope) Length(path []expression.Step) (expression.Getter, bool) {
	at, ok := s.follow(path)
	if !ok || at.list == nil {
		return nil, false
	}
	return func(env any) (expression.Value, error) {
		list, err := at.list(env.(*engine.Call))
		return expression.IntValue(int64(len(list))), err
	}, true
}

// Each implements [expression.Lister].
func (s callScope) Each(path, member []expression.Step) (expression.Getter, bool) {
	at, ok := s.follow(path)
	if !ok || at.list == nil || at.node.isChild(member[0].Name) {
		return nil, false
	}
	within, name := slices.Clone(member), expression.PathString(slices.Concat(path, member))
	number := at.node.members.Add(within)
	return func(env any) (expression.Value, error) {
		list, err := at.list(env.(*engine.Call))
		if err != nil {
			return expression.Value{}, err
		}
		values := make([]expression.Value, len(list))
		for i := range list {
			o := list[i].Value.(*object.Object)
			raw := o.Member(number)
			if raw == nil {
				return expression.Value{}, &expression.MissingError{Member: name, Object: o.Raw, Path: within}
			}
			values[i] = expression.ValueOfJSON(raw)
		}
		return expression.ListValue(values), nil
	}, true
}

// Sum implements [expression.Summer].
func (s callScope) Sum(path, member []expression.Step) func(env any) (n int64, ok bool) {
	at, ok := s.follow(path)
	if !ok || at.list == nil || at.node.isChild(member[0].Name) {
		return nil
	}
	number := at.node.members.Add(member)
	return func(env any) (total int64, ok bool) {
		list, err := at.list(env.(*engine.Call))
		if err != nil {
			return 0, false
		}
		for i := range list {
			n, ok := expression.WholeOfJSON(list[i].Value.(*object.Object).Member(number))
			sum := total + n
			if !ok || (sum < total) != (n < 0) {
				return 0, false
			}
			total = sum
		}
		return total, true
	}
}

// Misuse implements [expression.Guard].
func (s callScope) Misuse(path []expression.Step, counted bool) (part string, err error) {
	at := s.start(path[0].Name)
	for i := 1; i < len(path); i++ {
		name := expression.PathString(path[:i])
		if at.isOptional {
			return name, errors.New(whyNull(name))
		}
		next, ok := at.step(path[i], name)
		if !ok {
			return "", nil
		}
		at = next
	}
	if counted && at.one != nil && at.node.isSingle() {
		return "", errNoList(expression.PathString(path), at.node)
	}
	return "", nil
}

// errNoList says that a path leads to one element of a node, and why.
func errNoList(path string, n *Node) error {
	if !n.isSingle() {
		return fmt.Errorf("%s is one element and no list", path)
	}
	return fmt.Errorf("%s is one element and no list, since its join takes one match", path)
}

// whyNull says why a match may be null, and what to write.
func whyNull(path string) string {
	return fmt.Sprintf("%s is null where there is no match, since its join says need: optional: write %[1]s?. in place "+
		"of %[1]s., which is null then, or provide for it by ??", path)
}

// follow returns where a path leads; false if that is a member.
func (s callScope) follow(path []expression.Step) (target, bool) {
	at := s.start(path[0].Name)
	for i := 1; i < len(path); i++ {
		next, ok := at.step(path[i], expression.PathString(path[:i]))
		if !ok {
			return target{}, false
		}
		at = next
	}
	return at, true
}

func (s callScope) start(name string) target {
	if s.window {
		return target{node: s.master, list: func(c *engine.Call) ([]engine.Element, error) { return c.Masters, nil }}
	}
	master := target{node: s.master, one: func(c *engine.Call) (*engine.Element, error) { return &c.Masters[0], nil }}
	if name == s.master.Name {
		return master
	}
	child, _ := master.child(name, name)
	return child
}

// child returns the matches at a child of an element's node: a list, or a single element where the join takes one. path
// is that of the child.
func (s target) child(name, path string) (target, bool) {
	for i, child := range s.node.joined() {
		if child.Name != name {
			continue
		}
		above := strings.TrimSuffix(path, "."+name)
		list := func(c *engine.Call) ([]engine.Element, error) {
			parent, err := s.one(c)
			switch {
			case err != nil:
				return nil, err
			case parent == nil:
				return nil, &expression.MissingError{Member: path, Null: true, Why: whyNull(above)}
			}
			return parent.Matches[i], nil
		}
		if !child.isSingle() {
			return target{node: child, list: list}, true
		}
		single := target{node: child, one: func(c *engine.Call) (*engine.Element, error) {
			matches, err := list(c)
			if err != nil || len(matches) == 0 {
				return nil, err
			}
			return &matches[0], nil
		}}
		single.isOptional = child.Join.Need == engine.NeedNone
		return single, true
	}
	return target{}, false
}

// step follows a step from an item to its matches or from a list to an item. It reports false where the step leads to a
// member; name is the path up to here.
func (s target) step(step expression.Step, name string) (target, bool) {
	if s.one != nil {
		return s.child(step.Name, name+"."+step.Name)
	}
	if !step.IsIndex {
		return target{}, false
	}
	return target{node: s.node, one: func(c *engine.Call) (*engine.Element, error) {
		list, err := s.list(c)
		if err != nil {
			return nil, err
		}
		index := step.Index
		if index < 0 {
			index += len(list)
		}
		if index < 0 || index >= len(list) {
			return nil, &expression.ItemError{
				Message: fmt.Sprintf("there is no %s[%d]: %s has %d elements", name, step.Index, name, len(list)),
			}
		}
		return &list[index], nil
	}}, true
}

// member reads the member that the path leads to from its step first on.
func (s target) member(path []expression.Step, first int, raw bool) expression.Getter {
	name := expression.PathString(path)
	if s.one == nil {
		// The checker has refused a list's member, unless the name was computed.
		return func(any) (expression.Value, error) { return expression.Value{}, &expression.MissingError{Member: name} }
	}
	within, above := slices.Clone(path[first:]), expression.PathString(path[:first])
	number := s.node.members.Add(within)
	return func(env any) (expression.Value, error) {
		element, err := s.one(env.(*engine.Call))
		switch {
		case err != nil:
			return expression.Value{}, err
		case element == nil:
			return expression.Value{}, &expression.MissingError{Member: name, Null: true, Why: whyNull(above)}
		}
		o := element.Value.(*object.Object)
		member := o.Member(number)
		switch {
		case member == nil:
			return expression.Value{}, &expression.MissingError{Member: name, Object: o.Raw, Path: within}
		case raw && member[0] != 'n':
			// null goes on as null, for the sake of ??.
			return expression.RawValue(member), nil
		}
		return expression.ValueOfJSON(member), nil
	}
}

// whole reads a joined element, or a list of them, as they would be written.
func (s target) whole() expression.Getter {
	for _, n := range s.node.All() {
		n.isWhole = true
	}
	return func(env any) (expression.Value, error) {
		call := env.(*engine.Call)
		if s.one == nil {
			list, err := s.list(call)
			if err != nil {
				return expression.Value{}, err
			}
			return expression.RawValue(appendList(nil, list, s.node)), nil
		}
		element, err := s.one(call)
		if err != nil || element == nil {
			return expression.NullValue(), err
		}
		return expression.RawValue(appendJoined(nil, element, s.node)), nil
	}
}
