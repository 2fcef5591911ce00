package leat

import (
	"reflect"
	"slices"

	"github.com/leat-go/leat/internal/declaration"
)

// findMaster finds the parameter of the master, and returns its element type; nil where there is none.
//
// It is the first one that is an element, or a list of one where there is a window. What counts as an element is what
// has a stream or is joined; everything else may be meant to be injected. One that is meant, but has the other form, is
// taken after that was told: so the mistakes in the parameters behind it are told, too.
func (b *builder) findMaster() reflect.Type {
	windowed := len(b.config.Windows) > 0
	i, master := b.firstMaster(windowed)
	if j, meant := b.meantMaster(windowed, master); meant != nil {
		i, master = j, meant
	}
	if master == nil {
		b.noMaster(windowed)
		return nil
	}
	b.master, b.masterText = i, b.parameterText(i)
	if masterElement(b.t.In(i), windowed) != master {
		b.wrongForm(i, windowed)
	}
	return master
}

// meantMaster returns the parameter that is meant to be the master, where first, which has the form of one, can't be: the
// joins start from another type, or the window key is over another. It returns nil where first may be meant.
func (b *builder) meantMaster(windowed bool, first reflect.Type) (i int, meant reflect.Type) {
	root := b.joinRoot()
	if root == nil {
		root = b.windowMaster()
	} else if first != nil && !b.isJoined(first) {
		return -1, nil // that it is joined to nothing is the mistake
	}
	switch {
	case root == nil && first == nil:
		return b.firstMaster(!windowed)
	case root == nil || root == first:
		return -1, nil
	}
	if i := b.parameterOf(root, windowed); i >= 0 {
		return i, root
	}
	i = b.parameterOf(root, !windowed)
	if i < 0 || !windowed && first != nil {
		return -1, nil // with a list of it behind first, it may be the sides of the join that are swapped
	}
	return i, root
}

// parameterOf returns the index of the first parameter that has the form of a master and is of an element; -1 where there is
// none.
func (b *builder) parameterOf(element reflect.Type, windowed bool) int {
	for i := range b.t.NumIn() {
		if masterElement(b.t.In(i), windowed) == element {
			return i
		}
	}
	return -1
}

// isJoined reports whether a type is on the right of a join.
func (b *builder) isJoined(t reflect.Type) bool {
	return slices.ContainsFunc(b.config.Joins, func(j *declaration.Join) bool { return j.Right == t })
}

// windowMaster returns the type that the key of a window is over; nil where there is no such key.
func (b *builder) windowMaster() reflect.Type {
	if len(b.config.Windows) == 0 {
		return nil
	}
	return b.config.Windows[0].Master
}

// firstMaster returns the first parameter that has the form of a master and is of an element.
func (b *builder) firstMaster(windowed bool) (i int, master reflect.Type) {
	for i := range b.t.NumIn() {
		if t := masterElement(b.t.In(i), windowed); t != nil && b.isElement(t) {
			return i, t
		}
	}
	return -1, nil
}

// masterElement returns the element type of a parameter that has the form of a master; nil for other forms.
func masterElement(t reflect.Type, windowed bool) reflect.Type {
	switch {
	case !windowed:
		return element(t)
	case t.Kind() == reflect.Slice:
		return element(t.Elem())
	}
	return nil
}

func (b *builder) isElement(t reflect.Type) bool {
	return t != recordType && (b.inputs.Has(t) || slices.ContainsFunc(b.config.Joins, func(j *declaration.Join) bool {
		return j.Left == t || j.Right == t
	}))
}

// noMaster says why there is no master.
func (b *builder) noMaster(windowed bool) {
	root := b.joinRoot()
	i, input := b.firstStruct(windowed), b.typedInput()
	switch {
	case input >= 0:
		b.mistakes.Add("%s: a struct that holds elements is what a function of leat.Typed takes; "+
			"make the mill by leat.New(leat.Typed(fn), ...)", b.parameterText(input))
	case root != nil && windowed:
		b.mistakes.Add("no parameter takes the masters, which the joins start from; add one of type []%v", root)
	case root != nil:
		b.mistakes.Add("no parameter takes the master, which the joins start from; add one of type %v", root)
	case b.config.Source == nil: // that is the mistake
	case i >= 0:
		b.mistakes.Add("%s: the source has no stream of it; it has %s", b.parameterText(i), b.inputs)
	default:
		b.mistakes.Add("no parameter takes the master element; add one of a type that has a stream: the source has %s",
			b.inputs)
	}
}

// wrongForm says that the parameter of the master is a list, or none, and should be the other.
func (b *builder) wrongForm(i int, windowed bool) {
	if windowed {
		b.mistakes.Add("%s: a window hands the masters over as a list; make it []%v", b.parameterText(i), b.t.In(i))
		return
	}
	b.mistakes.Add("%s: without a window each master comes alone; make it %v, "+
		"or add leat.Window, leat.WindowEvery or leat.WindowCount", b.parameterText(i), b.t.In(i).Elem())
}

// joinRoot returns the type that is on the left of joins but never on the right; nil unless there is exactly one.
func (b *builder) joinRoot() reflect.Type {
	var root reflect.Type
	for _, j := range b.config.Joins {
		isRight := slices.ContainsFunc(b.config.Joins, func(other *declaration.Join) bool { return other.Right == j.Left })
		switch {
		case isRight || j.Left == root:
		case root != nil:
			return nil
		default:
			root = j.Left
		}
	}
	return root
}

// firstStruct returns the index of the first parameter that has the form of a master and is of a struct; -1 where there
// is none.
func (b *builder) firstStruct(windowed bool) int {
	for i := range b.t.NumIn() {
		t := masterElement(b.t.In(i), windowed)
		if t != nil && t.Kind() == reflect.Struct && t != recordType && t != element(loggerType) {
			return i
		}
	}
	return -1
}

// typedInput returns the index of the first parameter that looks like the input of a function for Typed; -1 where there
// is none.
func (b *builder) typedInput() int {
	for i := range b.t.NumIn() {
		if t := element(b.t.In(i)); t.Kind() == reflect.Struct && b.holdsElements(t) {
			return i
		}
	}
	return -1
}
