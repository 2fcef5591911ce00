package signature

import (
	"reflect"
	"slices"

	"github.com/leat-go/leat/internal/mistake"
)

// singleMaster says how an input of type t, with a window, has the masters that f should hold.
func (r *inputReader) singleMaster(f field, t reflect.Type) {
	for s := range t.Fields() {
		if kind := r.kind(s.Type); kind == listField || kind == rowsField {
			r.mistakes.Add("%s: a window hands the masters over as a list; make it one of structs that hold "+
				"each master beside its matches: struct{ List []struct{ %v; %s %s } }",
				f, f.Type, s.Name, mistake.ShortType(s.Type))
			return
		}
	}
	r.mistakes.Add("%s: a window hands the masters over as a list; make it []%v", f, f.Type)
}

// noElement says that a struct has no field of an element.
func (r *inputReader) noElement(f field, fields []field) {
	if f.path == "" {
		r.noMasterField(f, fields)
		return
	}
	r.mistakes.Add("%s: its structs have no field for the element whose matches they hold; "+
		"embed one that has a stream: the source has %s", f, r.InputText)
}

// noMasterField says why an input has no field of the master.
func (r *inputReader) noMasterField(f field, fields []field) {
	root := r.joinRoot()
	i := slices.IndexFunc(fields, func(c field) bool { return c.Type.Kind() == reflect.Struct && c.Type != r.Record })
	masters := r.listedMasters(fields, root)
	switch {
	case masters.path != "":
		fit := "make it " + mistake.ShortType(masters.Type.Elem())
		if r.kind(masters.Type) == rowsField {
			fit = "put the fields of its structs into the input itself"
		}
		r.mistakes.Add("%s: without a window each master comes alone; %s, "+
			"or add leat.Window, leat.WindowEvery or leat.WindowCount", masters, fit)
	case root != nil:
		r.mistakes.Add("%s: it has no field for the master, which the joins start from; embed %v", f, root)
	case !r.Source: // that is the mistake
	case i >= 0:
		r.mistakes.Add("%s: the source has no stream of it; it has %s", fields[i], r.InputText)
	default:
		r.mistakes.Add("%s: it has no field for the master element; embed one that has a stream: the source has %s",
			f, r.InputText)
	}
}

// listedMasters returns the field of the only list in an input, if it may be meant for the masters; root is the type
// that the joins start from, or nil.
func (r *inputReader) listedMasters(fields []field, root reflect.Type) field {
	var list *field
	for i := range fields {
		if k := r.kind(fields[i].Type); k != listField && k != rowsField {
			continue
		}
		if list != nil {
			return field{}
		}
		list = &fields[i]
	}
	if list == nil {
		return field{}
	}
	t := element(list.Type.Elem())
	if r.kind(list.Type) == rowsField {
		for s := range t.Fields() {
			if r.kind(s.Type) == elementField {
				t = element(s.Type)
				break
			}
		}
	}
	if root != nil && t != root {
		return field{}
	}
	return *list
}

// listedType returns the element type of a list, or that of a single element.
func listedType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return element(t)
}
