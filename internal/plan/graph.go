package plan

import (
	"fmt"
	"strings"
)

// Mermaid draws the plan as a flowchart in Mermaid's language.
func (p Plan) Mermaid() string {
	var text strings.Builder
	text.WriteString("flowchart TD\n")
	p.draw(shapes{
		node: func(id string, lines []string) {
			fmt.Fprintf(&text, "  %s[\"%s\"]\n", id, mermaidText(strings.Join(lines, "\n")))
		},
		function: func(id, name, details string) {
			fmt.Fprintf(&text, "  %s([\"%s%s\"])\n", id, mermaidText(name), mermaidText(details))
		},
		output: func(id, name string) {
			fmt.Fprintf(&text, "  %s[(\"%s\")]\n", id, mermaidText(name))
		},
		join: func(left, right, on string) {
			fmt.Fprintf(&text, "  %s ---|\"%s\"| %s\n", left, mermaidText(on), right)
		},
		flow: func(from, to string) {
			fmt.Fprintf(&text, "  %s ==> %s\n", from, to)
		},
	})
	return text.String()
}

// DOT draws the plan as a graph in Graphviz's language.
func (p Plan) DOT() string {
	var text strings.Builder
	fmt.Fprintf(&text, "digraph %s {\n  node [shape=box];\n", dotText(p.name))
	p.draw(shapes{
		node: func(id string, lines []string) {
			fmt.Fprintf(&text, "  %s [label=%s];\n", id, dotText(strings.Join(lines, "\n")))
		},
		function: func(id, name, details string) {
			fmt.Fprintf(&text, "  %s [label=%s, shape=oval];\n", id, dotText(name+details))
		},
		output: func(id, name string) {
			fmt.Fprintf(&text, "  %s [label=%s, shape=cylinder];\n", id, dotText(name))
		},
		join: func(left, right, on string) {
			fmt.Fprintf(&text, "  %s -> %s [label=%s, dir=none];\n", left, right, dotText(on))
		},
		flow: func(from, to string) {
			fmt.Fprintf(&text, "  %s -> %s [style=bold];\n", from, to)
		},
	})
	text.WriteString("}\n")
	return text.String()
}

// shapes are how a language draws the parts of a plan.
type shapes struct {
	node     func(id string, lines []string)
	function func(id, name, details string)
	output   func(id, name string)
	join     func(left, right, on string)
	flow     func(from, to string)
}

// draw draws the tree, the function that its master's elements flow into, and the outputs. None of the names that it
// gives them is a keyword of a language.
func (p Plan) draw(s shapes) {
	count := 0
	var tree func(n *node) string
	tree = func(n *node) string {
		id := fmt.Sprintf("n%d", count)
		count++
		s.node(id, n.lines())
		for _, child := range n.children {
			s.join(id, tree(child), child.on)
		}
		return id
	}
	master := tree(p.root)
	details := ""
	for _, d := range p.details {
		if d.name == "window" {
			details = "\n" + d.name + " " + d.text
		}
	}
	s.function("fn", p.name, details)
	s.flow(master, "fn")
	for i, d := range p.streams() {
		id := fmt.Sprintf("r%d", i)
		s.output(id, d)
		s.flow("fn", id)
	}
}

// streams returns what is written to: outputs, then letters.
func (p Plan) streams() []string {
	streams := p.outputs
	for _, d := range p.details {
		if d.name == "letters" {
			streams = append(streams[:len(streams):len(streams)], d.text)
		}
	}
	return streams
}

// mermaidText escapes a text between quotation marks.
func mermaidText(text string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", "<br/>").Replace(text)
}

// dotText returns a text as a quoted string, in which a new line stays one.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
