package engine

import (
	"errors"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// rejectFlawed deals with a record that has no element, because of the flaw given.
func (n *node) rejectFlawed(record *broker.Record, flaw error) error {
	if flaw == errNoValue {
		n.passTombstone(record.Offset)
		return nil
	}
	return n.task.reject(n, &Element{Record: record}, flaw, n.decodePolicy(flaw), Undecodable)
}

// rejectDisordered deals with an element that is out of order, or whose keys can't be computed.
func (n *node) rejectDisordered(record *broker.Record, value any, err error) error {
	err = &broker.PositionError{Position: record.At(n.spec.Stream.Name, n.task.partition), Err: err}
	return n.task.reject(n, &Element{Value: value, Record: record}, err, n.task.spec.OnDisorder, OutOfOrder)
}

// decodePolicy returns the policy for a record that wasn't decoded. The run stops, whatever the policy, where the record may
// be good, and what its codec needs (a schema registry, say) didn't answer.
func (n *node) decodePolicy(err error) Policy {
	if errors.Is(err, codec.ErrUnavailable) {
		return Policy{Kind: Fail}
	}
	return n.task.spec.OnDecode
}
