package leat

import "github.com/leat-go/leat/internal/plan"

// Plan describes what the mill does. It doesn't read anything.
func (m *Mill) Plan() Plan {
	if m.spec == nil {
		return Plan{}
	}
	p := plan.Of(m.spec)
	return Plan{text: p.String(), mermaid: p.Mermaid(), dot: p.DOT()}
}

// A Plan describes a mill: the join tree with its streams and keys, the window, what each node retains in memory at most,
// the outputs with what a commit guarantees, concurrency and policies. It warns of what isn't bounded. Get one by
// [Mill.Plan]; the zero Plan is empty.
type Plan struct{ text, mermaid, dot string }

// String returns the plan as text for a terminal, over several lines.
func (p Plan) String() string { return p.text }

// Mermaid returns the plan as a Mermaid flowchart.
func (p Plan) Mermaid() string { return p.mermaid }

// DOT returns the plan as a graph in Graphviz's language.
func (p Plan) DOT() string { return p.dot }
