package mill

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// recordMembers are the members that records have, by storages; those of others may have all. What a table is ordered by
// are its columns: offsets number rows within a run only, and the entries of Redis have ids in place of them.
var recordMembers = map[string][]string{
	"file": {"partition", "offset"}, "sqlite": {"partition"}, "mysql": {"partition"}, "postgres": {"partition"},
	"nats": {"time", "headers", "partition", "offset"}, "redis": {"time", "partition"},
	"rabbitmq": {"time", "headers", "partition", "offset"},
}

// checkRecords returns an error for a member that records of the stream don't have.
func (s Stream) checkRecords(member string) error {
	has := recordMembers[s.Storage]
	switch {
	case s.IsFile():
		has = recordMembers["file"]
	case s.Stored != nil && s.Stored.ReadOnce: // changes, by logical replication
		has = []string{"time", "partition"}
	}
	if has == nil || member == "" || slices.Contains(has, member) {
		return nil
	}
	return fmt.Errorf("the records of %s have no %s: they have %s", s.Name, member, strings.Join(has, " and "))
}

// AsksRecords reports whether expressions ask for the records that the elements came in.
func (n *Node) AsksRecords() bool { return n.records.Asked }

// HasTypedKeys implements [expression.TypedKeys].
func (s callScope) HasTypedKeys() bool {
	return slices.ContainsFunc(s.master.All(), func(n *Node) bool { return n.records.TypedKeys })
}

// CameIn tells an element the record that it came in, for who looks at a stream without a run, see [Mill.Bind].
func (n *Node) CameIn(element *object.Object, record *broker.Record, partition int) {
	if n.records.Asked {
		object.CameInBy(n.Stream.decodeKey)([]any{element}, []broker.Record{*record}, partition)
	}
}

// A keyDecoder decodes the keys of a stream's records to JSON. The schema's file is read once.
type keyDecoder func() (codec.Decode, error)

// keyDecoder returns that of a stream; nil for keys that are text, or that no expression asks for.
func (n *Node) keyDecoder(at Stream, session *format.Session) keyDecoder {
	keys := at.keyCodec(session)
	if keys == nil || !n.records.AskedKey {
		return nil
	}
	return sync.OnceValues(func() (codec.Decode, error) { return keys.Decoder(nil) })
}

func (d keyDecoder) decode(key []byte) ([]byte, error) {
	decode, err := d()
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage
	err = decode(key, &raw)
	return raw, err
}

// A keyedCodec is a codec of values that says at once where keys can't be decoded for want of their schema.
type keyedCodec struct {
	codec.Codec
	keys keyDecoder
}

// Decoder implements [codec.Codec].
func (c keyedCodec) Decoder(t reflect.Type) (codec.Decode, error) {
	if _, err := c.keys(); err != nil {
		return nil, err
	}
	return c.Codec.Decoder(t)
}

// Record implements [expression.Recorder].
func (s callScope) Record(path []expression.Step, member string) (func(env any) (expression.Record, error), error) {
	if len(path) == 0 {
		return nil, fmt.Errorf("record takes an element here: record(%s)", s.example())
	}
	at, ok := s.follow(path)
	switch name := expression.PathString(path); {
	case !ok:
		return nil, fmt.Errorf("%s is a member of an element, and came in no record of its own: record takes an element, "+
			"as in record(%s)", name, s.example())
	case at.one == nil:
		return nil, fmt.Errorf("%s is a list: write record(%[1]s[0]) for the record of its first element, or go along it by "+
			"map(%[1]s, record(#)…)", name)
	}
	return func(env any) (expression.Record, error) {
		element, err := at.one(env.(*engine.Call))
		if err != nil || element == nil {
			return expression.Record{}, err
		}
		return element.Value.(*object.Object).Record()
	}, at.node.records.Ask(member)
}

// RecordOf implements [expression.Recorder].
func (s callScope) RecordOf(path []expression.Step, member string) (
	func(env any, index int) (expression.Record, error), error) {
	at, ok := s.follow(path)
	if !ok || at.list == nil {
		return nil, fmt.Errorf("the items of %s came in no records of their own", expression.PathString(path))
	}
	return func(env any, index int) (expression.Record, error) {
		list, err := at.list(env.(*engine.Call))
		if err != nil || index >= len(list) {
			return expression.Record{}, err
		}
		return list[index].Value.(*object.Object).Record()
	}, at.node.records.Ask(member)
}

// example is how an element is named, for messages.
func (s callScope) example() string {
	if s.window {
		return s.master.Name + "[0]"
	}
	return s.master.Name
}
