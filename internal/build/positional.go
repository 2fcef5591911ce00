package build

import (
	"reflect"

	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
	"github.com/leat-go/leat/internal/signature"
)

// positionalForm is that of a function with parameters.
type positionalForm struct {
	fn         reflect.Value
	signature  *signature.Function
	parameters []call.Parameter
}

func (f *positionalForm) read(b *builder, facts *signature.Facts) reflect.Type {
	s, mistakes := signature.Read(f.fn.Type(), facts)
	b.add(mistakes)
	f.signature = s
	return s.Element
}

func (f *positionalForm) joinTree(b *builder, declared *jointree.Declared) *jointree.Tree {
	tree, mistakes := jointree.OfJoins(f.signature.Element, f.signature.Master.String(), declared)
	b.add(mistakes)
	return tree
}

func (f *positionalForm) arguments(b *builder) {
	before := len(b.mistakes)
	for i := range f.signature.Parameters {
		f.parameters = append(f.parameters, b.parameter(&f.signature.Parameters[i]))
	}
	if len(b.mistakes) == before {
		b.add(b.tree.Unused())
	}
}

// parameter returns what a parameter gets; nil where it can't have it.
func (b *builder) parameter(p *signature.Parameter) call.Parameter {
	if p.Mistake != "" {
		b.mistakes.Add("%s: %s", p, p.Mistake)
	}
	master := b.tree.Master.Stream
	var wrong string
	switch p.Kind {
	case signature.Context:
		return call.Context()
	case signature.Master:
		return call.Master(p.Type.Kind() == reflect.Pointer)
	case signature.Masters:
		return call.Masters(p.Type, master)
	case signature.Record:
		return call.Record(&b.declared.Public, master.Name)
	case signature.Records:
		return call.Records(&b.declared.Public, master.Name)
	case signature.Injected:
		value, err := b.injector.Value(p.Type)
		if err != nil {
			b.mistakes.Add("%s: %w", p, err)
		}
		return call.Injected(value)
	case signature.Matches:
		var children []int
		if children, wrong = b.tree.Matches(p.Type); wrong == "" {
			return call.Matches(p.Type, b.tree.Master.Children[children[0]].Stream, children)
		}
	case signature.MatchMap:
		var lefts []jointree.Left
		var listed *jointree.Node
		if lefts, listed, wrong = b.tree.MatchMap(p.Type); wrong == "" {
			return call.MatchMap(p.Type, listed.Stream, lefts)
		}
	case signature.Single:
		var child int
		if child, wrong = b.tree.Match(p.Type); wrong == "" {
			return call.Match(p.Type, child)
		}
	case signature.Variadic:
		wrong = b.tree.MisfitVariadic(p.Type)
	}
	b.mistakes.Add("%s: %s", p, wrong)
	return nil
}

func (f *positionalForm) results() []signature.Result { return f.signature.Results }

func (f *positionalForm) newFunction(_ *builder, results []call.Result) func() engine.Function {
	return call.Positional(f.fn, f.parameters, results, f.signature.Failing)
}
