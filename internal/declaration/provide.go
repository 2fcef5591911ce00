package declaration

import (
	"reflect"

	"github.com/leat-go/leat/internal/mistake"
)

// A Provided is one of the values given to leat.Provide.
type Provided struct {
	Option *Option
	Value  reflect.Value
	// Used says that a parameter or field gets the value.
	Used bool
}

// Provide adds values that an option gives, of which no two may be of one type.
func (m *Mill) Provide(o *Option, values []any) {
	for i, value := range values {
		v := reflect.ValueOf(value)
		if mistake.IsNil(value) {
			m.Mistakes.Add("%s: value %d is %s, with which the function can do nothing; give one that was made, "+
				"or leave it out", o, i+1, mistake.Nil(value))
			continue
		}
		if other := m.ProvidedOf(v.Type()); other != nil {
			m.Mistakes.Add("%s: there is a %v already, from %s; give one of each type", o, v.Type(), other.Option)
			continue
		}
		m.Provided = append(m.Provided, &Provided{Option: o, Value: v})
	}
}

// ProvidedOf returns the provided value of a type; nil where there is none.
func (m *Mill) ProvidedOf(t reflect.Type) *Provided {
	for _, p := range m.Provided {
		if p.Value.Type() == t {
			return p
		}
	}
	return nil
}
