package signature

import "reflect"

// findMaster returns the index of the parameter of the master, and its element type; nil where there is none.
//
// The master is the first parameter that is an element, or with a window a list of elements. An element type has a
// stream or is joined; every other type may be meant to be injected. Of func(db *sql.DB, a Audio, v []Video) that is
// parameter 2.
//
// A parameter in the wrong form, such as Audio where there is a window, is a mistake. findMaster reports it and returns
// the parameter all the same, so that New reports the mistakes in the parameters behind it, too.
func (r *reader) findMaster() (i int, master reflect.Type) {
	i, master = r.firstMaster(r.Windowed)
	if j, meant := r.meantMaster(master); meant != nil {
		i, master = j, meant
	}
	if master == nil {
		r.noMaster()
		return -1, nil
	}
	if masterElement(r.parameters[i].Type, r.Windowed) != master {
		r.wrongForm(&r.parameters[i])
	}
	return i, master
}

// meantMaster returns the parameter that the user means as the master, where first, the first one in the form of a
// master, can't be it: the joins start from another type, or the window key is over another. It returns nil where first
// may be the master.
func (r *reader) meantMaster(first reflect.Type) (i int, meant reflect.Type) {
	root := r.joinRoot()
	if root == nil {
		root = r.WindowOver
	} else if first != nil && !r.isJoined(first) {
		return -1, nil // that it is joined to nothing is the mistake
	}
	switch {
	case root == nil && first == nil:
		return r.firstMaster(!r.Windowed)
	case root == nil || root == first:
		return -1, nil
	}
	if i := r.parameterOf(root, r.Windowed); i >= 0 {
		return i, root
	}
	i = r.parameterOf(root, !r.Windowed)
	if i < 0 || !r.Windowed && first != nil {
		return -1, nil // with a list of it behind first, it may be the sides of the join that are swapped
	}
	return i, root
}

// parameterOf returns the index of the first parameter that has the form of a master and is of an element; -1 where
// there is none.
func (r *reader) parameterOf(element reflect.Type, windowed bool) int {
	for i := range r.parameters {
		if masterElement(r.parameters[i].Type, windowed) == element {
			return i
		}
	}
	return -1
}

// firstMaster returns the first parameter that has the form of a master and is of an element.
func (r *reader) firstMaster(windowed bool) (i int, master reflect.Type) {
	for i := range r.parameters {
		if t := masterElement(r.parameters[i].Type, windowed); t != nil && r.isElement(t) {
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

// noMaster says why there is no master.
func (r *reader) noMaster() {
	root := r.joinRoot()
	i, input := r.firstStruct(), r.typedInput()
	switch {
	case input >= 0:
		r.mistakes.Add("%s: a struct that holds elements is what a function of leat.Typed takes; "+
			"make the mill by leat.New(leat.Typed(fn), ...)", &r.parameters[input])
	case root != nil && r.Windowed:
		r.mistakes.Add("no parameter takes the masters, which the joins start from; add one of type []%v", root)
	case root != nil:
		r.mistakes.Add("no parameter takes the master, which the joins start from; add one of type %v", root)
	case !r.Source: // that is the mistake
	case i >= 0:
		r.mistakes.Add("%s: the source has no stream of it; it has %s", &r.parameters[i], r.InputText)
	default:
		r.mistakes.Add("no parameter takes the master element; add one of a type that has a stream: the source has %s",
			r.InputText)
	}
}

// wrongForm says that the parameter of the master is a list, or none, and should be the other.
func (r *reader) wrongForm(p *Parameter) {
	if r.Windowed {
		r.mistakes.Add("%s: a window hands the masters over as a list; make it []%v", p, p.Type)
		return
	}
	r.mistakes.Add("%s: without a window each master comes alone; make it %v, "+
		"or add leat.Window, leat.WindowEvery or leat.WindowCount", p, p.Type.Elem())
}

// firstStruct returns the index of the first parameter that has the form of a master and is of a struct; -1 where there
// is none.
func (r *reader) firstStruct() int {
	for i := range r.parameters {
		t := masterElement(r.parameters[i].Type, r.Windowed)
		if t != nil && t.Kind() == reflect.Struct && t != r.Record && t != element(loggerType) {
			return i
		}
	}
	return -1
}

// typedInput returns the index of the first parameter that looks like the input of a function for Typed; -1 where there
// is none.
func (r *reader) typedInput() int {
	for i := range r.parameters {
		if t := element(r.parameters[i].Type); t.Kind() == reflect.Struct && r.holdsElements(t) {
			return i
		}
	}
	return -1
}
