package build

import (
	"reflect"

	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
	"github.com/leat-go/leat/internal/signature"
)

// typedForm is that of a function made by leat.Typed, of type func(context.Context, *In) (Out, error).
type typedForm struct {
	typed  call.Typed
	t      reflect.Type
	input  *signature.Input
	result *signature.Result
}

func (f *typedForm) read(b *builder, facts *signature.Facts) reflect.Type {
	in, mistakes := signature.ReadInput(f.t.In(1).Elem(), facts)
	b.add(mistakes)
	if in == nil {
		return nil
	}
	f.input, f.result = in, signature.ReadResult(f.t.Out(0), facts)
	return in.Master().Element
}

func (f *typedForm) joinTree(b *builder, declared *jointree.Declared) *jointree.Tree {
	tree, mistakes := jointree.OfInput(f.input, declared)
	b.add(mistakes)
	return tree
}

// arguments has nothing to do: a field is there for each node, and what is injected was found when the input was read.
func (f *typedForm) arguments(*builder) {}

func (f *typedForm) results() []signature.Result {
	if f.result == nil {
		return nil
	}
	return []signature.Result{*f.result}
}

func (f *typedForm) newFunction(b *builder, results []call.Result) func() engine.Function {
	in := &call.Input{Input: f.input, Master: b.tree.Master, Public: &b.declared.Public}
	if len(results) == 0 {
		return f.typed.New(in, nil)
	}
	return f.typed.New(in, &results[0])
}
