package leat

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// buildTyped returns the spec for a function made by Typed; nil if there are mistakes.
func (b *builder) buildTyped() *engine.Spec {
	in := b.readInput()
	var master reflect.Type
	if in != nil {
		master = in.tree.master.element
	}
	window := b.window(master)
	if in == nil || !b.joinFields(in.tree) {
		return nil
	}
	b.tree = in.tree
	spec := b.settings()
	spec.Window = window
	spec.Master = b.spec(b.tree, b.tree.master)
	b.checkProvided()
	var written *result
	if b.t.Out(0) != reflect.TypeFor[struct{}]() {
		if results, _ := b.results(); len(results) > 0 {
			written = &results[0]
		}
	}
	b.letters(spec)
	b.unmatched(spec)
	spec.Outputs = b.outputs
	spec.NewFunction = b.typed.newFunction(in, written)
	return spec
}

// joinFields finds the join of each field; false if there are mistakes.
func (b *builder) joinFields(t *tree) bool {
	before := len(b.mistakes)
	for _, j := range b.config.Joins {
		b.joinField(t, j)
	}
	if len(b.mistakes) > before {
		return false
	}
	for _, n := range t.nodes[1:] {
		if n.join == nil {
			b.mistakes.Add("%s: no join is for it; add %s", n.origin, b.fieldJoin(t, n))
		}
	}
	return len(b.mistakes) == before
}

// fieldJoin returns an example of a join for the field of n.
func (b *builder) fieldJoin(t *tree, n *node) string {
	example := b.exampleJoin(n.parent.element, n.element)
	for _, other := range t.nodes[1:] {
		if other != n && other.element == n.element && other.parent.element == n.parent.element {
			return fmt.Sprintf("%s, leat.Named(%q))", strings.TrimSuffix(example, ")"), n.fieldPath)
		}
	}
	return example
}

// joinField finds the field that a join is for.
func (b *builder) joinField(t *tree, j *declaration.Join) {
	var fits []*node
	for _, n := range t.nodes[1:] {
		if n.element == j.Right && n.parent.element == j.Left {
			fits = append(fits, n)
		}
	}
	if len(fits) == 0 {
		b.mistakes.Add("%s: %s", j.Option, misplacedJoin(t, j))
		return
	}
	called := slices.DeleteFunc(slices.Clone(fits), func(n *node) bool {
		return j.Name != "" && !n.isCalled(j.Name) || j.HasLeft && !n.parent.isCalled(j.LeftName)
	})
	switch {
	case len(called) == 0:
		b.mistakes.Add("%s: %s fits none of the fields with the matches of %v at %v, %s; "+
			"a field is called by its name, its path or its tag `leat:\"name\"`",
			j.Option, joinNames(j), j.Left, j.Right, originList(fits))
	case len(called) > 1:
		b.mistakes.Add("%s: it may be for %s; say which by leat.Named(%q)", j.Option, originList(called), called[0].fieldPath)
	case called[0].join != nil:
		b.mistakes.Add("%s: %s has a join already, %s; leave one out", j.Option, called[0].origin, called[0].join.Option)
	default:
		called[0].join = j
	}
}

// joinNames returns the options of a join that name nodes.
func joinNames(j *declaration.Join) string {
	var words []string
	if j.Name != "" {
		words = append(words, fmt.Sprintf("leat.Named(%q)", j.Name))
	}
	if j.HasLeft {
		words = append(words, fmt.Sprintf("leat.Left(%q)", j.LeftName))
	}
	return strings.Join(words, " with ")
}

// isCalled reports whether a name in a join means the field of n.
func (n *node) isCalled(name string) bool {
	return strings.EqualFold(name, n.name) || strings.EqualFold(name, n.fieldPath)
}

// misplacedJoin says why there is no field for a join.
func misplacedJoin(t *tree, j *declaration.Join) string {
	i := slices.IndexFunc(t.nodes, func(n *node) bool { return n.element == j.Right && n.parent != nil })
	left := slices.IndexFunc(t.nodes, func(n *node) bool { return n.element == j.Left })
	switch {
	case i >= 0:
		n := t.nodes[i]
		return n.origin + " holds matches of " + n.parent.element.String() + ", not of " + j.Left.String() +
			"; move it, or give the join a left function over " + n.parent.element.String()
	case left < 0:
		return "the input holds neither " + j.Left.String() + " nor matches of it; it has " + originList(t.nodes)
	}
	return "no field takes the matches of " + j.Left.String() + " at " + j.Right.String() + "; add one of type []" +
		j.Right.String() + " beside " + j.Left.String() + ", or leave the join out"
}

func originList(nodes []*node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = n.origin
	}
	return mistake.And(words)
}
