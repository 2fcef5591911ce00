// Package plan draws what a mill does.
package plan

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// A Plan describes a mill. Make one with [Of].
type Plan struct {
	name    string
	root    *node
	outputs []string
	details []detail
}

// A node is a node of the join tree.
type node struct {
	name     string // the element type, or how the node is called
	stream   string
	on       string // keys of the join and what else it says; empty for the master
	retained string // what it retains at most; empty where that is no more than the element at hand
	warning  string // empty where that is bounded
	children []*node
}

// A detail is a line of the plan below the tree.
type detail struct{ name, text string }

// Of returns the plan of a mill.
func Of(spec *engine.Spec) Plan {
	p := Plan{name: spec.Name, root: nodeOf(spec.Master)}
	if spec.Window != nil {
		p.add("window", spec.Window.Text)
		p.root.retained = "all elements of the open window"
	}
	if spec.Where != "" {
		p.add("where", spec.Where)
	}
	p.addRetained()
	for i, stream := range spec.Outputs {
		if spec.Letter != nil && i == spec.LetterOutput {
			p.add("letters", streamText(stream))
			continue
		}
		if spec.Unmatched != nil && i == spec.UnmatchedOutput {
			p.add("unmatched", streamText(stream))
			continue
		}
		p.outputs = append(p.outputs, streamText(stream))
		p.add("output", streamText(stream))
	}
	if len(p.outputs) == 0 {
		p.add("output", "none")
	}
	if spec.Sink != nil {
		p.add("guarantee", broker.GuaranteeOf(spec.Sink, spec.Outputs).String())
	}
	p.add("concurrency", concurrency(spec.Concurrency))
	p.add("on disorder", policy(spec.OnDisorder))
	p.add("on undecodable", policy(spec.OnDecode))
	p.add("on error", policy(spec.OnError))
	return p
}

func (p *Plan) add(name, text string) { p.details = append(p.details, detail{name, text}) }

// addRetained adds a line for each node that retains more than the element at hand, and one for each warning.
func (p *Plan) addRetained() {
	name := "retained"
	p.root.each(func(n *node) {
		if n.retained != "" {
			p.add(name, n.name+": "+n.retained)
			name = ""
		}
	})
	p.root.each(func(n *node) {
		if n.warning != "" {
			p.add("warning", n.name+": "+n.warning)
		}
	})
}

func nodeOf(spec *engine.Node) *node {
	n := &node{name: spec.Name, stream: spec.Stream.Name, on: spec.On, retained: spec.Retained}
	if spec.Where != nil {
		n.stream += " where " + spec.WhereText
	}
	switch {
	case spec.How != "":
		n.on += ", " + spec.How
	case spec.Unique:
		n.on += ", unique"
	}
	if spec.Unbounded {
		n.warning = "memory grows with each new value of a match key; a restart reads again from the oldest that is retained"
	}
	if spec.Sort != nil {
		n.stream += ", sorted " + spec.Sort.Text
	}
	if spec.Idle != nil {
		n.stream += fmt.Sprintf(", idle after %v", spec.Idle.After)
	}
	for _, child := range spec.Children {
		n.children = append(n.children, nodeOf(child))
	}
	if spec.Retained != "" && len(spec.Children) > 0 {
		n.retained += ", with their matches"
	}
	return n
}

// each calls visit for n and each node below it, parents first.
func (n *node) each(visit func(*node)) {
	visit(n)
	for _, child := range n.children {
		child.each(visit)
	}
}

// lines are what a drawing says of a node: its name, its stream, and what it retains.
func (n *node) lines() []string {
	lines := []string{n.name, n.stream}
	if n.retained != "" {
		lines = append(lines, "retains "+n.retained)
	}
	if n.warning != "" {
		lines = append(lines, "warning: "+n.warning)
	}
	return lines
}

// streamText returns a stream's name, and the name of its element type where it has one.
func streamText(s broker.Stream) string {
	if s.Type == nil || s.Type.Kind() != reflect.Struct || s.Type.Name() == "" {
		return s.Name
	}
	return s.Type.Name() + " to " + s.Name
}

func concurrency(n int) string {
	if n <= 1 {
		return "one call at a time in each partition"
	}
	return fmt.Sprintf("up to %d calls at a time in each partition", n)
}

func policy(p engine.Policy) string {
	switch p.Kind {
	case engine.Skip:
		return "skip"
	case engine.Retry:
		return fmt.Sprintf("retry up to %d times, after %v at first, then fail", p.Attempts, p.Backoff)
	case engine.DeadLetter:
		return "dead letter"
	}
	return "fail"
}

// String draws the plan as text.
func (p Plan) String() string {
	var rows [][3]string
	p.root.rows(&rows, "", "")
	width := [3]int{}
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "mill %s\n\n", p.name)
	for _, row := range rows {
		line := fmt.Sprintf("%-*s  %-*s  %s", width[0], row[0], width[1], row[1], row[2])
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	text.WriteString("\n")
	names := 0
	for _, d := range p.details {
		names = max(names, len(d.name))
	}
	for _, d := range p.details {
		fmt.Fprintf(&text, "%-*s  %s\n", names, d.name, d.text)
	}
	return text.String()
}

// rows appends a row for n and each node below it: the drawn name, the stream, the keys.
func (n *node) rows(rows *[][3]string, first, rest string) {
	on := n.on
	if on != "" {
		on = "on " + on
	}
	*rows = append(*rows, [3]string{first + n.name, n.stream, on})
	for i, child := range n.children {
		branch, below := "├─ ", "│  "
		if i == len(n.children)-1 {
			branch, below = "└─ ", "   "
		}
		child.rows(rows, rest+branch, rest+below)
	}
}
