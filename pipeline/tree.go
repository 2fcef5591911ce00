package pipeline

import (
	"path/filepath"
	"slices"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// A node is a stream that is read, with its place in the join tree.
type node struct {
	name string
	site site
	// picker knows the members that expressions name.
	picker   *rawjson.Picker
	codec    object.Codec
	parent   *node
	children []*node
	// join is what joins the node to its parent; nil for the master. left and right are its keys, on their text.
	join        *description.Join
	left, right *expression.Program
	on          string
}

// names is what the streams are called in a file.
type names struct {
	streams []description.Stream
	used    map[string]bool
	dir     string
}

// site returns where the stream is that t names, or an error if there is no such stream.
func (n *names) site(t description.Text) (site, error) {
	var candidates []string
	for _, stream := range n.streams {
		if stream.Name.Value == t.Value {
			n.used[t.Value] = true
			return siteOf(stream, n.dir), nil
		}
		candidates = append(candidates, stream.Name.Value)
	}
	return site{}, t.Errorf("there is no stream %q%s", t.Value, description.Suggest(t.Value, candidates))
}

// newTree returns the master of the join tree and where the output is. Keys are not compiled yet.
func newTree(d *description.Description) (master *node, output site, err error) {
	names := &names{streams: d.Streams, used: map[string]bool{}, dir: filepath.Dir(d.File)}
	at, err := names.site(d.Master)
	if err != nil {
		return nil, output, err
	}
	master = &node{name: d.Master.Value, site: at, picker: new(rawjson.Picker)}
	nodes := map[string]*node{master.name: master}
	if err := addNodes(d, names, master, nodes); err != nil {
		return nil, output, err
	}
	if err := connect(d, master, nodes); err != nil {
		return nil, output, err
	}
	if output, err = names.site(d.Output); err != nil {
		return nil, output, err
	}
	if nodes[d.Output.Value] != nil {
		return nil, output, d.Output.Errorf("the stream %q is read, so it can't be the output as well: "+
			"declare a stream of another name for the output", d.Output.Value)
	}
	for _, stream := range d.Streams {
		if !names.used[stream.Name.Value] {
			return nil, output, stream.Name.Errorf("the stream %q is used nowhere: join it, or take it out", stream.Name.Value)
		}
	}
	if err := oneStandardInput(d, nodes); err != nil {
		return nil, output, err
	}
	return master, output, checkStorages(d, master, output)
}

// addNodes makes a node of the right stream of each join.
func addNodes(d *description.Description, names *names, master *node, nodes map[string]*node) error {
	for i := range d.Joins {
		join := &d.Joins[i]
		if _, err := names.site(join.Left); err != nil {
			return err
		}
		at, err := names.site(join.Right)
		if err != nil {
			return err
		}
		right := join.Right.Value
		other := nodes[right]
		switch {
		case right == join.Left.Value:
			return join.Right.Errorf("the stream %q is joined to itself: declare the same file as a second stream, "+
				"and join that", right)
		case right == master.name:
			return join.Right.Errorf("%q is the master, so it can't be joined to %q: swap left and right, "+
				"or choose another master", right, join.Left.Value)
		case other != nil:
			return join.Right.Errorf("the stream %q is already joined to %q in line %d: declare the same file as "+
				"another stream to use it twice", right, other.join.Left.Value, other.join.Right.Line())
		}
		nodes[right] = &node{name: right, site: at, picker: new(rawjson.Picker), join: join}
	}
	return nil
}

// connect hangs every node on its parent, and refuses nodes that don't hang on the master in the end.
func connect(d *description.Description, master *node, nodes map[string]*node) error {
	for i := range d.Joins {
		join := &d.Joins[i]
		parent, ok := nodes[join.Left.Value]
		if !ok {
			return join.Left.Errorf("the stream %q is neither the master nor the right of a join, so %q would hang in "+
				"the air: join %q as well", join.Left.Value, join.Right.Value, join.Left.Value)
		}
		right := nodes[join.Right.Value]
		right.parent = parent
		parent.children = append(parent.children, right)
	}
	for i := range d.Joins {
		join := &d.Joins[i]
		at := nodes[join.Right.Value]
		for range len(nodes) {
			if at.parent != nil {
				at = at.parent
			}
		}
		if at != master {
			return join.Right.Errorf("the joins go round in a circle: %q does not lead to the master %q",
				join.Right.Value, master.name)
		}
	}
	return nil
}

// oneStandardInput refuses several streams of standard input, which can be read only once.
func oneStandardInput(d *description.Description, nodes map[string]*node) error {
	first := ""
	for _, stream := range d.Streams {
		name := stream.Name.Value
		if stream.Topic || stream.Address.Value != standard || nodes[name] == nil {
			continue
		}
		if first != "" {
			return stream.Address.Errorf("standard input can be read once only, and %q reads it already", first)
		}
		first = name
	}
	return nil
}

// scope lets expressions use the node's elements.
func (n *node) scope() object.Scope { return object.Scope{Stream: n.name, Members: n.picker} }

// all returns the node and all below it, in the engine's order.
func (n *node) all() []*node {
	nodes := []*node{n}
	for _, child := range n.children {
		nodes = append(nodes, child.all()...)
	}
	return nodes
}

// isChild reports whether a stream is joined to the node.
func (n *node) isChild(name string) bool {
	return slices.ContainsFunc(n.children, func(child *node) bool { return child.name == name })
}

// seal makes the node's codec, once all expressions are compiled.
func (n *node) seal() {
	var children []string
	for _, child := range n.children {
		children = append(children, child.name)
	}
	n.codec = object.NewCodec(n.picker, children...)
}
