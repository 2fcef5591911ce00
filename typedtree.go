package leat

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

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
	for _, j := range b.config.joins {
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
func (b *builder) joinField(t *tree, j *join) {
	var fits []*node
	for _, n := range t.nodes[1:] {
		if n.element == j.right && n.parent.element == j.left {
			fits = append(fits, n)
		}
	}
	if len(fits) == 0 {
		b.mistakes.Add("%s: %s", j.option, misplacedJoin(t, j))
		return
	}
	called := slices.DeleteFunc(slices.Clone(fits), func(n *node) bool {
		return j.name != "" && !n.isCalled(j.name) || j.hasLeft && !n.parent.isCalled(j.leftName)
	})
	switch {
	case len(called) == 0:
		b.mistakes.Add("%s: %s fits none of the fields with the matches of %v at %v, %s; "+
			"a field is called by its name, its path or its tag `leat:\"name\"`",
			j.option, j.names(), j.left, j.right, originList(fits))
	case len(called) > 1:
		b.mistakes.Add("%s: it may be for %s; say which by leat.Named(%q)", j.option, originList(called), called[0].fieldPath)
	case called[0].join != nil:
		b.mistakes.Add("%s: %s has a join already, %s; leave one out", j.option, called[0].origin, called[0].join.option)
	default:
		called[0].join = j
	}
}

// names returns the options of a join that name nodes.
func (j *join) names() string {
	var words []string
	if j.name != "" {
		words = append(words, fmt.Sprintf("leat.Named(%q)", j.name))
	}
	if j.hasLeft {
		words = append(words, fmt.Sprintf("leat.Left(%q)", j.leftName))
	}
	return strings.Join(words, " with ")
}

// isCalled reports whether a name in a join means the field of n.
func (n *node) isCalled(name string) bool {
	return strings.EqualFold(name, n.name) || strings.EqualFold(name, n.fieldPath)
}

// misplacedJoin says why there is no field for a join.
func misplacedJoin(t *tree, j *join) string {
	i := slices.IndexFunc(t.nodes, func(n *node) bool { return n.element == j.right && n.parent != nil })
	left := slices.IndexFunc(t.nodes, func(n *node) bool { return n.element == j.left })
	switch {
	case i >= 0:
		n := t.nodes[i]
		return n.origin + " holds matches of " + n.parent.element.String() + ", not of " + j.left.String() +
			"; move it, or give the join a left function over " + n.parent.element.String()
	case left < 0:
		return "the input holds neither " + j.left.String() + " nor matches of it; it has " + originList(t.nodes)
	}
	return "no field takes the matches of " + j.left.String() + " at " + j.right.String() + "; add one of type []" +
		j.right.String() + " beside " + j.left.String() + ", or leave the join out"
}

func originList(nodes []*node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = n.origin
	}
	return mistake.And(words)
}
