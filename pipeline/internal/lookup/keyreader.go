package lookup

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// An item is an element as lookups see it, with its keys.
type item struct {
	element *object.Object
	at      broker.Position
	offset  int64 // as the source counts
	// up is the key for the parent; the master has none. down holds the keys for the children.
	up   expression.Key
	down []expression.Key
	// matchUp and matchDown are the match keys that go with these; nil where the node has no joins with match keys.
	matchUp   *matchValue
	matchDown []*matchValue
	// sorted is the key by which the stream is put in order; the zero key where it is in order.
	sorted expression.Key
	// name is the key that a user knows the element by.
	name expression.Key
}

// key returns one of an item's keys: that for the parent, or for the child with a number.
func (i *item) key(by int) expression.Key {
	switch by {
	case parentKey:
		return i.up
	case sortKey:
		return i.sorted
	}
	return i.down[by]
}

// The numbers of keys that aren't for children: that for the parent, and that by which the stream is put in order.
const (
	parentKey = -1
	sortKey   = -2
)

// A keyReader computes the keys of one node's elements in the order of its stream, and finds what a run would stop at.
type keyReader struct {
	node   *mill.Node
	decode codec.Decode
	up     func(any) (expression.Key, error) // nil for the master
	down   []func(any) (expression.Key, error)
	// matchUp and matchDown compute the match keys that go with these.
	matchUp   matchKey
	matchDown []matchKey
	sorting   *mill.Sorting // nil where the stream is in order
	name      func(any) (expression.Key, error)
	last      *lastKeys // nil at the beginning of a session
	// source is what is read; nil where an element is given by a user.
	source source
}

// lastKeys are the last keys along a stream that aren't null; the zero key before the first.
type lastKeys struct {
	up   expression.Key
	down []expression.Key
	// matches are the match keys of the elements with the key up, where keys don't repeat.
	matches map[string]bool
}

// follows reports whether a key may come behind another one: null takes no part in the order (R7a).
func follows(key, last expression.Key, unique bool) bool {
	if key.IsNull() || last.Kind() == expression.Unknown {
		return true
	}
	order := expression.Compare(last, key)
	return order < 0 || order == 0 && !unique
}

// latest returns the key that the next one is compared with.
func latest(key, last expression.Key) expression.Key {
	if key.IsNull() {
		return last
	}
	return key
}

func newKeyReader(n *mill.Node, s source, name *expression.Program) (*keyReader, error) {
	c := n.Codec
	if s == nil {
		c = c.Of(nil) // a user writes JSON
	}
	decode, err := c.Decoder(nil)
	if err != nil {
		return nil, err
	}
	k := &keyReader{node: n, source: s, decode: decode, sorting: n.Sorting()}
	if n.Parent != nil {
		k.up = orderKey(n, n.Right)
		k.matchUp = newMatchKey(n.By, func(m mill.MatchKey) *expression.Program { return m.Right })
	}
	for _, child := range n.Children {
		k.down = append(k.down, orderKey(child, child.Left))
		k.matchDown = append(k.matchDown,
			newMatchKey(child.By, func(m mill.MatchKey) *expression.Program { return m.Left }))
	}
	if name != nil {
		k.name = expression.Single(name)
	}
	return k, nil
}

// orderKey returns the function for an order key of a join, which has distances where the join has a reach.
func orderKey(child *mill.Node, program *expression.Program) func(any) (expression.Key, error) {
	key := expression.Single(program)
	if child.Join.HasReach() {
		return expression.Measured(program, key, child.Join.Within.Unit)
	}
	return key
}

// An undecodable error says that a record is no element.
type undecodable struct{ error }

// Unwrap returns the cause.
func (u undecodable) Unwrap() error { return u.error }

// read makes an item of a record. The error says why a run would stop at it, or is errLeftOut.
func (r *keyReader) read(record *broker.Record, partition int) (*item, error) {
	at := r.source.locate(record, partition)
	element := &object.Object{}
	if err := r.decode(record.Value, element); err != nil {
		err = record.DecodeError(r.node.Stream.Name, partition, err)
		if damaged, ok := errors.AsType[*broker.PositionError](err); ok {
			damaged.Position.Offset, damaged.Position.Byte, damaged.Position.At = at.Offset, at.Byte, at.At
		}
		return nil, undecodable{err}
	}
	r.node.CameIn(element, record, partition)
	switch err := r.takesPart(element); {
	case err == errLeftOut:
		return nil, err
	case err != nil:
		return nil, undecodable{&broker.PositionError{Position: at, Err: err}}
	}
	i, err := r.item(element)
	if err != nil {
		return nil, &broker.PositionError{Position: at, Err: err}
	}
	i.at, i.offset = at, record.Offset
	return i, nil
}

// item computes an element's keys.
func (r *keyReader) item(element *object.Object) (*item, error) {
	i := &item{element: element}
	var err error
	if r.up != nil {
		if i.up, err = r.up(element); err != nil {
			return nil, joinError(r.node, &engine.KeyError{Right: true, Err: err})
		}
		if i.matchUp, err = r.matchUp.of(element); err != nil {
			return nil, joinError(r.node, &engine.KeyError{Right: true, Err: err, By: true})
		}
	}
	for c, key := range r.down {
		down, err := key(element)
		if err != nil {
			return nil, joinError(r.node.Children[c], &engine.KeyError{Err: err})
		}
		match, err := r.matchDown[c].of(element)
		if err != nil {
			return nil, joinError(r.node.Children[c], &engine.KeyError{Err: err, By: true})
		}
		i.down, i.matchDown = append(i.down, down), append(i.matchDown, match)
	}
	if r.sorting != nil {
		// What it has no key by is refused where the stream is put in order.
		i.sorted, _ = r.sorting.Key(element)
	}
	if r.name != nil {
		// What names an element need not be in all of them.
		i.name, _ = r.name(element)
	}
	return i, nil
}

// joinError says which join an error is about.
func joinError(n *mill.Node, err error) error {
	return fmt.Errorf("join of %s with %s: %w", n.Parent.Name, n.Name, err)
}

// take compares an item with the one before it. The error says why a run would stop at it; it is not taken then (R1).
func (r *keyReader) take(i *item) error {
	last := r.last
	if last == nil {
		last = &lastKeys{down: make([]expression.Key, len(i.down))}
	}
	if r.up != nil && !(follows(i.up, last.up, r.node.Join.Unique) || r.differs(i, last)) {
		repeats := expression.Compare(last.up, i.up) == 0
		return r.disordered(i, r.node, &engine.KeyError{Right: true, Key: i.up, Previous: last.up, Unique: repeats,
			By: repeats && i.matchUp != nil})
	}
	for c, child := range r.node.Children {
		if !follows(i.down[c], last.down[c], false) {
			return r.disordered(i, child, &engine.KeyError{Key: i.down[c], Previous: last.down[c]})
		}
	}
	r.last = last
	r.noteMatch(i, last)
	last.up = latest(i.up, last.up)
	for c := range last.down {
		last.down[c] = latest(i.down[c], last.down[c])
	}
	return nil
}

// differs reports whether an item whose key repeats, where keys must not, has other match keys than those with that key.
func (r *keyReader) differs(i *item, last *lastKeys) bool {
	return expression.Compare(last.up, i.up) == 0 && i.matchUp != nil && !last.matches[i.matchUp.text]
}

// noteMatch notes the match keys of an item where its key, with these, must not repeat. Null repeats nothing.
func (r *keyReader) noteMatch(i *item, last *lastKeys) {
	if r.up == nil || !r.node.Join.Unique || i.matchUp == nil || i.up.IsNull() {
		return
	}
	if last.matches == nil || expression.Compare(last.up, i.up) != 0 {
		last.matches = map[string]bool{}
	}
	if !i.matchUp.isNull {
		last.matches[i.matchUp.text] = true
	}
}

func (r *keyReader) disordered(i *item, child *mill.Node, err error) error {
	return &broker.PositionError{Position: i.at, Err: joinError(child, err)}
}

// verdictOf tells undecodable records from keys out of order.
func verdictOf(err error) observe.Verdict {
	if errors.As(err, new(undecodable)) {
		return observe.Undecodable
	}
	return observe.OutOfOrder
}
