package mill

import (
	"iter"
	"path/filepath"
	"slices"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// A Node is a node of the join tree: a stream that is read.
type Node struct {
	Name   string
	Stream Stream
	// members are those that expressions name.
	members *rawjson.Paths
	// isWhole says that some expression uses elements as a whole, needed are the members that expressions name otherwise, and
	// refused those that elements must not have, since matches are put there.
	isWhole         bool
	needed, refused []string
	// records says whether expressions ask for the records of the elements.
	records *object.Records
	Codec   object.Codec
	// Parent is nil for the master.
	Parent   *Node
	Children []*Node
	// Join is what joins the node to its parent; nil for the master. Left is the key of the parent's elements, Right that
	// of the node's own, and On the text of both.
	Join        *description.Join
	Left, Right *expression.Program
	On          string
	// By are the match keys of the join.
	By []MatchKey
	// options are what the join says beside its keys, and newEdge makes the edge to the parent for one task.
	options keys.Options
	newEdge func() engine.Edge
	// Sort is how the stream is put in order; nil where it is in order.
	Sort *engine.Sort
	// order puts elements in that order.
	order func(elements []any) []int
	// where says which elements take part; nil where all do.
	where *filter
	// newSorting is for those who read the stream without a run; nil where it is in order.
	newSorting func() *Sorting
}

// A MatchKey is a match key of a join: Left over the parent's elements, Right over the node's own.
type MatchKey struct{ Left, Right *expression.Program }

// isSingle reports whether an element of the parent has one match at most, so that it is no list.
func (n *Node) isSingle() bool { return n.Join != nil && n.Join.Take != engine.TakeAll }

// isAbsent reports whether an element of the parent must have no match: there is nothing of the node in a joined
// element.
func (n *Node) isAbsent() bool { return n.Join != nil && n.Join.Need == engine.NeedAbsent }

// IsOfNearKeys reports whether the join to the parent is more than that of equal keys with all matches, of which one is
// needed.
func (n *Node) IsOfNearKeys() bool {
	j := n.Join
	return j != nil && (j.HasReach() || len(j.By) > 0 || j.Take != engine.TakeAll || j.Need != engine.NeedOne)
}

// absent returns the node that must be absent, which is the node itself or above it; nil where there is none.
func (n *Node) absent() *Node {
	for ; n != nil; n = n.Parent {
		if n.isAbsent() {
			return n
		}
	}
	return nil
}

// joined returns the children whose matches are in a joined element, each with its index among all.
func (n *Node) joined() iter.Seq2[int, *Node] {
	return func(yield func(int, *Node) bool) {
		for i, child := range n.Children {
			if !child.isAbsent() && !yield(i, child) {
				return
			}
		}
	}
}

// streamNames is what the streams are called in a file.
type streamNames struct {
	streams []description.Stream
	used    map[string]bool
	dir     string
	kinds   []storage.Kind
}

// stream returns the stream that t names, or an error if there is no such stream.
func (n *streamNames) stream(t description.Text) (Stream, error) {
	var candidates []string
	for _, stream := range n.streams {
		if stream.Name.Value == t.Value {
			n.used[t.Value] = true
			if kind := kindOf(n.kinds, stream.Storage); kind != nil {
				return storedStream(stream, kind)
			}
			return newStream(stream, n.dir), nil
		}
		candidates = append(candidates, stream.Name.Value)
	}
	return Stream{}, t.Errorf("there is no stream %q%s", t.Value, description.Suggest(t.Value, candidates))
}

// newTree returns the master of the join tree and the streams that are written. Keys are not compiled yet.
func newTree(d *description.Description, kinds []storage.Kind) (master *Node, written []Written, err error) {
	names := &streamNames{streams: d.Streams, used: map[string]bool{}, dir: filepath.Dir(d.File), kinds: kinds}
	at, err := names.stream(d.Master)
	if err != nil {
		return nil, nil, err
	}
	master = newNode(d.Master.Value, at, nil)
	nodes := map[string]*Node{master.Name: master}
	if err := addNodes(d, names, master, nodes); err != nil {
		return nil, nil, err
	}
	if err := connect(d, master, nodes); err != nil {
		return nil, nil, err
	}
	if written, err = names.written(d, nodes); err != nil {
		return nil, nil, err
	}
	for _, stream := range d.Streams {
		if !names.used[stream.Name.Value] {
			return nil, nil, stream.Name.Errorf("the stream %q is used nowhere: join it, or take it out", stream.Name.Value)
		}
	}
	if err := oneStandardInput(d, nodes); err != nil {
		return nil, nil, err
	}
	return master, written, checkStorages(d, kinds, master, written)
}

func newNode(name string, at Stream, join *description.Join) *Node {
	return &Node{Name: name, Stream: at, Join: join, members: new(rawjson.Paths),
		records: &object.Records{Check: at.checkRecords, TypedKeys: at.typedKeys}}
}

// addNodes makes a node of the right stream of each join.
func addNodes(d *description.Description, names *streamNames, master *Node, nodes map[string]*Node) error {
	for i := range d.Joins {
		join := &d.Joins[i]
		if _, err := names.stream(join.Left); err != nil {
			return err
		}
		at, err := names.stream(join.Right)
		if err != nil {
			return err
		}
		right := join.Right.Value
		other := nodes[right]
		switch {
		case right == join.Left.Value:
			return join.Right.Errorf("the stream %q is joined to itself: declare the same file as a second stream, "+
				"and join that", right)
		case right == master.Name:
			return join.Right.Errorf("%q is the master, so it can't be joined to %q: swap left and right, "+
				"or choose another master", right, join.Left.Value)
		case other != nil:
			return join.Right.Errorf("the stream %q is already joined to %q in line %d: declare the same file as "+
				"another stream to use it twice", right, other.Join.Left.Value, other.Join.Right.Line())
		}
		nodes[right] = newNode(right, at, join)
	}
	return nil
}

// connect hangs every node on its parent, and refuses nodes that don't hang on the master in the end.
func connect(d *description.Description, master *Node, nodes map[string]*Node) error {
	for i := range d.Joins {
		join := &d.Joins[i]
		parent, ok := nodes[join.Left.Value]
		if !ok {
			return join.Left.Errorf("the stream %q is neither the master nor the right of a join, so %q would hang in "+
				"the air: join %q as well", join.Left.Value, join.Right.Value, join.Left.Value)
		}
		right := nodes[join.Right.Value]
		right.Parent = parent
		parent.Children = append(parent.Children, right)
	}
	for i := range d.Joins {
		join := &d.Joins[i]
		at := nodes[join.Right.Value]
		for range len(nodes) {
			if at.Parent != nil {
				at = at.Parent
			}
		}
		if at != master {
			return join.Right.Errorf("the joins go round in a circle: %q does not lead to the master %q",
				join.Right.Value, master.Name)
		}
	}
	return nil
}

// oneStandardInput refuses several streams of standard input, which can be read only once.
func oneStandardInput(d *description.Description, nodes map[string]*Node) error {
	first := ""
	for _, stream := range d.Streams {
		name := stream.Name.Value
		if stream.Topic || stream.Storage != "" || stream.Address.Value != Standard || nodes[name] == nil {
			continue
		}
		if first != "" {
			return stream.Address.Errorf("standard input can be read once only, and %q reads it already", first)
		}
		first = name
	}
	return nil
}

// Scope lets expressions use the node's elements.
func (n *Node) Scope() object.Scope {
	return object.Scope{Stream: n.Name, Members: n.members, Records: n.records, Whole: func() { n.isWhole = true }}
}

// All returns the node and all below it, in the engine's order.
func (n *Node) All() []*Node {
	nodes := []*Node{n}
	for _, child := range n.Children {
		nodes = append(nodes, child.All()...)
	}
	return nodes
}

// isChild reports whether a stream's matches are in the node's joined elements.
func (n *Node) isChild(name string) bool {
	return slices.ContainsFunc(n.Children, func(child *Node) bool { return child.Name == name && !child.isAbsent() })
}

// seal makes the node's codec, once all expressions are compiled.
func (n *Node) seal() {
	n.needed = append(n.needed, n.members.Names()...)
	for _, child := range n.joined() {
		n.refused = append(n.refused, child.Name)
	}
	n.Codec = object.NewCodec(n.members, n.refused...)
}
