package diagnosis

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/lateness"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// A sorting puts a stream in order whose elements come late by a bounded distance (R12).
type sorting struct {
	node *mill.Node
	// by is the key, over the members of an element, and within how late they come, at most, in what was read; it is
	// rounded up.
	by     string
	within expression.Distance
}

// sorting returns what puts the keys of a node's stream in order; nil where nothing does that holds only little of it
// back.
func (j *join) sorting(n *mill.Node, key *expression.Program, side func(view) *sample.Part) *sorting {
	parts := j.parts(side)
	for _, by := range orders(n, key) {
		if s := sortingBy(by, n, key, parts); s != nil {
			return s
		}
	}
	return nil
}

// sortingBy returns what puts the parts of a node's stream in order by an expression over its members; nil where that
// isn't possible, holds much of it back, or the key of the join doesn't grow then.
func sortingBy(by string, n *mill.Node, key *expression.Program, parts []*sample.Part) *sorting {
	compiled, err := object.CompileMemberKey(by)
	if err != nil {
		return nil
	}
	var latest expression.Distance
	keys := make([][]expression.Key, len(parts))
	for i, part := range parts {
		var hasKeys bool
		if keys[i], hasKeys = memberKeys(compiled, part); !hasKeys {
			return nil
		}
		late, ok := lateOf(keys[i])
		if !ok {
			return nil
		}
		if expression.CompareDistances(late, latest) > 0 {
			latest = late
		}
	}
	s := &sorting{n, by, latest.RoundUp()}
	if latest.IsZero() || s.holdsMuch(key, parts) {
		return nil
	}
	for i, part := range parts {
		if !s.orders(keys[i], key, part) {
			return nil
		}
	}
	return s
}

// orders returns the expressions over an element's members that a stream may be sorted by, so that a key grows: the one
// member that it is made of, and itself.
func orders(n *mill.Node, key *expression.Program) (all []string) {
	if path, _, err := n.SoleMember(key); err == nil && len(path) > 0 {
		all = append(all, strings.Join(path, "."))
	}
	stream := regexp.MustCompile(`\b` + regexp.QuoteMeta(n.Name) + `\.`)
	named := regexp.MustCompile(`\b` + regexp.QuoteMeta(n.Name) + `\["`)
	return append(all, named.ReplaceAllString(stream.ReplaceAllString(key.String(), ""), `$$env["`))
}

// parts returns the different parts of one side's streams.
func (j *join) parts(side func(view) *sample.Part) (parts []*sample.Part) {
	seen := map[*sample.Part]bool{}
	for _, v := range j.views {
		if part := side(v); !seen[part] {
			seen[part] = true
			parts = append(parts, part)
		}
	}
	return parts
}

// memberKeys returns the keys of a part's elements over their members, null ones as they are; false where one can't be
// had, or has no distances.
func memberKeys(by *object.MemberKey, part *sample.Part) (keys []expression.Key, ok bool) {
	picker := by.Picker()
	for _, element := range part.Elements {
		env, err := picker.PickObject(element.(*object.Object))
		if err != nil {
			return nil, false
		}
		key, err := by.Program.Key(env)
		if err != nil || !key.IsNull() && !expression.HasDistances(key) {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, true
}

// lateOf returns how far below the greatest key before it a key is, at most; false where that can't be said.
func lateOf(keys []expression.Key) (latest expression.Distance, ok bool) {
	var highest expression.Key
	for _, key := range keys {
		switch {
		case key.IsNull():
		case highest.Kind() == expression.Unknown || expression.Compare(key, highest) >= 0:
			highest = key
		case key.Kind() != highest.Kind():
			return latest, false
		default:
			if late := expression.Between(highest, key); expression.CompareDistances(late, latest) > 0 {
				latest = late
			}
		}
	}
	return latest, true
}

// holdsMuch reports whether the lateness is much beside what was read: such a stream is in no order at all.
func (s *sorting) holdsMuch(key *expression.Program, parts []*sample.Part) bool {
	const much = 0.1
	for _, part := range parts {
		keys, _ := part.Keys(key)
		if len(keys) < 2 {
			continue
		}
		all, ok := distance(keys[0].Key, keys[len(keys)-1].Key)
		if !ok || s.within.Float() <= much*all.Float() {
			return false
		}
	}
	return true
}

// orders tries the sorting on a part by its elements' keys, as a run would do it, and reports whether nothing is late and
// the keys of the join grow then.
func (s *sorting) orders(keys []expression.Key, key *expression.Program, part *sample.Part) bool {
	below := func(k expression.Key) (expression.Key, error) { return s.within.Below(k) }
	buffer := lateness.New[expression.Key, any](expression.Compare, below)
	var last expression.Key
	grows := true
	take := func() {
		for element, ok := buffer.Next(); ok; element, ok = buffer.Next() {
			k, err := key.Key(element)
			if err != nil || k.IsNull() {
				continue
			}
			grows = grows && (last.Kind() == expression.Unknown || expression.Compare(last, k) <= 0)
			last = k
		}
	}
	for i, k := range keys {
		if k.IsNull() {
			continue
		}
		if late, err := buffer.Push(k, part.Elements[i]); late || err != nil {
			return false
		}
		take()
	}
	buffer.End()
	take()
	return grows
}

// finding adds to a finding what puts the stream in order, and the result of the join then.
func (s *sorting) finding(f Finding, result string) Finding {
	f.Text = strings.TrimSuffix(f.Text, ": "+sortStream)
	f.Text += fmt.Sprintf("; in what was read they come at most %v late", s.within)
	f.Stream = s.node.Name
	f.Add = fmt.Sprintf("sort: {by: %s, within: %v}", words.YAML(s.by), s.within)
	if s.node.Stream.IsFile() && !s.node.Stream.IsReadOnce() {
		name := s.node.Stream.Name
		cells := ""
		if flags := description.CSVFlags("--", description.CSVMembers(s.node.Stream.CSV)); flags != "" {
			cells = " " + flags
		}
		f.Command = fmt.Sprintf("leat sort %s --by %s --within %v%s -o %[1]s", words.Shell(name), words.Shell(s.by), s.within,
			cells)
	}
	f.Evidence = "then the keys grow, and " + result
	return f
}
