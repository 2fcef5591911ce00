package jointree

import (
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// IdleOf returns what lets the join go on without n; nil where nothing does. An option that names the node goes before one
// that is for all nodes of its element type.
func (n *Node) IdleOf(idles []*declaration.Idle) *engine.Idle {
	if found := n.idleOf(idles); found != nil {
		return found.Idle
	}
	return nil
}

func (n *Node) idleOf(idles []*declaration.Idle) (found *declaration.Idle) {
	for _, i := range idles {
		if n.IsMeant(i.NodeSetting) && (found == nil || i.HasName && !found.HasName) {
			found = i
		}
	}
	return found
}

// CheckIdles returns the mistakes of what options said of idle streams: those that no node has, several for one, and those
// for nodes that can't be idle.
func (t *Tree) CheckIdles(idles []*declaration.Idle, sorts []*declaration.Sort) (mistakes mistake.List) {
	for i, idle := range idles {
		if !t.isMeant(idle.NodeSetting) {
			mistakes.Add("%s: no node is %s; the tree has %s", idle.Option, mistake.Element(idle.Element, idle.Name),
				nodeList(t.Nodes))
		}
		for _, other := range idles[:i] {
			if other.HasName == idle.HasName && t.isMeant(idle.NodeSetting, other.NodeSetting) {
				mistakes.Add("%s: %s says already when the stream is idle; give one, or name the nodes by leat.Named",
					idle.Option, other.Option)
			}
		}
	}
	for _, n := range t.Nodes {
		idle := n.idleOf(idles)
		if idle == nil {
			continue
		}
		if why := n.cannotIdle(n.SortOf(sorts)); why != "" {
			mistakes.Add("%s: %s", idle.Option, why)
		}
	}
	return mistakes
}

// cannotIdle says why the join can't go on without n; "" where it can.
func (n *Node) cannotIdle(sort *engine.Sort) string {
	switch {
	case n.Join == nil:
		return "the master can't be idle: nothing waits for it but the run, which it drives; name the stream that the masters " +
			"are not to wait for"
	case n.Join.Compared:
		return "its join is by leat.JoinFunc, of which no keys are known, so that there is no telling later what is late; give " +
			"the keys by leat.Join"
	case n.Join.HasOpenEnd():
		return "its reach has no upper bound, so that whatever comes would be late; give one by leat.Within"
	case sort != nil && sort.Whole:
		return "its stream is sorted as a whole, so that all of it is waited for; sort it with a lateness"
	}
	return ""
}
