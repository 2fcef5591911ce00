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
	// name is the key that a user knows the element by.
	name expression.Key
}

// key returns one of an item's keys: that for the parent, or for the child with a number.
func (i *item) key(by int) expression.Key {
	if by == parentKey {
		return i.up
	}
	return i.down[by]
}

// parentKey is the number of the key for the parent; the others are the children's.
const parentKey = -1

// A keyReader computes the keys of one node's elements in the order of its stream, and finds what a run would stop at.
type keyReader struct {
	node   *mill.Node
	decode codec.Decode
	up     func(any) (expression.Key, error) // nil for the master
	down   []func(any) (expression.Key, error)
	name   func(any) (expression.Key, error)
	last   *lastKeys // nil at the beginning of a session
	// source is what is read; nil where an element is given by a user.
	source source
}

// lastKeys are the last keys along a stream that aren't null; the zero key before the first.
type lastKeys struct {
	up   expression.Key
	down []expression.Key
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
	decode, err := n.Codec.Decoder(nil)
	if err != nil {
		return nil, err
	}
	k := &keyReader{node: n, source: s, decode: decode}
	if n.Parent != nil {
		k.up = expression.Single(n.Right)
	}
	for _, child := range n.Children {
		k.down = append(k.down, expression.Single(child.Left))
	}
	if name != nil {
		k.name = expression.Single(name)
	}
	return k, nil
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
	}
	for c, key := range r.down {
		down, err := key(element)
		if err != nil {
			return nil, joinError(r.node.Children[c], &engine.KeyError{Err: err})
		}
		i.down = append(i.down, down)
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
	if r.up != nil && !follows(i.up, last.up, r.node.Join.Unique) {
		repeats := expression.Compare(last.up, i.up) == 0
		return r.disordered(i, r.node, &engine.KeyError{Right: true, Key: i.up, Previous: last.up, Unique: repeats})
	}
	for c, child := range r.node.Children {
		if !follows(i.down[c], last.down[c], false) {
			return r.disordered(i, child, &engine.KeyError{Key: i.down[c], Previous: last.down[c]})
		}
	}
	r.last, last.up = last, latest(i.up, last.up)
	for c := range last.down {
		last.down[c] = latest(i.down[c], last.down[c])
	}
	return nil
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
