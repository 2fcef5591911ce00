package object

import (
	"slices"

	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// A Scope lets expressions use the members of one stream's elements. The environment is an [*Object].
type Scope struct {
	// Stream is the name of the stream.
	Stream string
	// Members gets to know the members that expressions name.
	Members *rawjson.Paths
	// Whole is called where an expression uses an element as a whole; nil where nobody asks.
	Whole func()
	// Records gets to know whether expressions ask for records; nil where there are none.
	Records *Records
}

// Types implements [expression.Scope]: nothing is known of the members.
func (s Scope) Types() types.Map { return types.Map{s.Stream: types.Any} }

// Field implements [expression.Scope].
func (s Scope) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	if len(path) == 1 {
		if s.Whole != nil {
			s.Whole()
		}
		return func(env any) (expression.Value, error) {
			return expression.ValueOfJSON(env.(*Object).Raw), nil
		}, 1, nil
	}
	return memberGetter(s.Members, path[1:], expression.PathString(path)), len(path), nil
}

// memberGetter returns what reads a member of an object, which is called name in messages.
func memberGetter(members *rawjson.Paths, path []expression.Step, name string) expression.Getter {
	number, within := members.Add(path), slices.Clone(path)
	return func(env any) (expression.Value, error) {
		o := env.(*Object)
		raw := o.Member(number)
		if raw == nil {
			return expression.Value{}, &expression.MissingError{Member: name, Object: o.Raw, Path: within}
		}
		return expression.ValueOfJSON(raw), nil
	}
}

// Raw implements [expression.Rawer].
func (s Scope) Raw(path []expression.Step) func(env any) (raw []byte, ok bool) {
	if len(path) == 1 {
		return nil
	}
	return memberRaw(s.Members, path[1:])
}

// memberRaw returns what reads a member of an object as it is written.
func memberRaw(members *rawjson.Paths, path []expression.Step) func(env any) (raw []byte, ok bool) {
	number := members.Add(path)
	return func(env any) ([]byte, bool) { return env.(*Object).Member(number), true }
}
