package build

import (
	"reflect"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
)

// node returns a node, and those below it, as the engine has them.
func (b *builder) node(n *jointree.Node) *engine.Node {
	if err := b.tree.FindStream(n); err != nil {
		b.mistakes = append(b.mistakes, err)
	}
	spec := &engine.Node{Name: b.tree.NameOf(n), Stream: n.Stream, Copied: n.Copied && !n.Compared()}
	spec.Sort, spec.Idle = n.SortOf(b.declared.Sorts), n.IdleOf(b.declared.Idles)
	if n.Join != nil && n.Join.Edge != nil {
		edge, err := n.Join.Edge()
		if err != nil {
			b.mistakes.Add("%s: %w", n.Join.Option, err)
		}
		spec.NewEdge, spec.On = edge, n.Join.On
		n.Join.Describe(spec)
		if n.Join.Compared {
			spec.Retained = "all elements that match one of the other side"
		}
	}
	for _, s := range b.declared.NodeSettings {
		if n.IsMeant(s) {
			s.Set(spec)
		}
	}
	for _, child := range n.Children {
		spec.Children = append(spec.Children, b.node(child))
	}
	return spec
}

// window checks the windows against the master, nil where that isn't known, and returns the one of the spec; nil where
// there is none.
func (b *builder) window(master reflect.Type) *engine.Window {
	if len(b.declared.Windows) == 0 {
		return nil
	}
	w := b.declared.Windows[0]
	for _, other := range b.declared.Windows[1:] {
		b.mistakes.Add("%s: there is a window already, from %s; a mill has one", other.Option, w.Option)
	}
	spec := &engine.Window{Every: w.Every, Count: w.Count, Text: w.Text}
	if w.Key == nil {
		return spec
	}
	if master != nil && w.Master != master {
		b.mistakes.Add("%s: the window key is over %v, but the master is %v; make it a function of %v",
			w.Option, w.Master, master, master)
	}
	key, err := w.Key()
	if err != nil {
		b.mistakes.Add("%s: %w", w.Option, err)
	}
	spec.NewKey = key
	return spec
}
