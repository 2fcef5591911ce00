package leat

import (
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/internal/mistake"
)

// A NodeOption says which node of the join tree an option is for, where several read elements of one type. It is an
// option of a join, too. [Named] makes one.
type NodeOption interface {
	JoinOption
	// DeclareNode is called by [New].
	DeclareNode(*declaration.NodeSetting)
}

// Where leaves out elements of a stream: those of which keep returns false. The stream is read as if they weren't in it:
// they have no keys, so that they may be out of order, they are not reported as unmatched, and the function doesn't get
// them. They are counted, see [observe.NodeState.Filtered], and a run that starts again doesn't begin before them.
//
// It is for all nodes that read elements of the type, which may be a struct or a pointer to one, or by [Named] for one
// of them. Of several for one node all must be true. keep is called ahead of the join, once for each element, and must
// not change it or keep a pointer to it; it must be safe for concurrent use. An element of which it panics goes by
// [OnDecodeError], as one does that can't be decoded.
func Where[T any](keep func(T) bool, options ...NodeOption) Option {
	return declaration.Many("leat.Where", func(m *declaration.Mill, o *declaration.Option) {
		if keep == nil {
			m.Mistakes.Add("%s: the function is nil; it says which elements take part", o)
			return
		}
		takesPart, text := keys.Predicate(keep), mistake.KeyFunction(keep)
		declaration.AddNodeSetting(m, declaration.NewNodeSetting[T](o, func(n *engine.Node) { n.AddWhere(takesPart, text) }),
			options)
	})
}
