package mill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// compileFormats gives the streams the formats of their records, and says what is wrong with them.
func (m *Mill) compileFormats(d *description.Description, kinds []format.Kind) error {
	for i := range d.Streams {
		s := &d.Streams[i]
		isOutput := s.Name.Value == d.Output.Value
		value, err := newFormat(d, s, s.Value, kinds, isOutput, false)
		if err != nil {
			return err
		}
		var key *format.Format
		if s.Key != nil {
			if key, err = newFormat(d, s, s.Key.Format, kinds, isOutput, true); err != nil {
				return err
			}
		}
		if isOutput {
			if err := m.formatOutput(s, value, key); err != nil {
				return err
			}
			continue
		}
		if err := checkRead(s); err != nil {
			return err
		}
		isRead := slices.ContainsFunc(m.Master.All(), func(n *Node) bool { return n.Name == s.Name.Value })
		switch {
		case isRead:
		case s.Value != nil:
			return s.Value.Name.Errorf("%q is written beside the output, as plain JSON: take format out", s.Name.Value)
		case s.Key != nil:
			return s.Key.Name.Errorf("%q is written beside the output, with the keys of the elements: take key out", s.Name.Value)
		}
		if err := m.setFormats(s, value, key); err != nil {
			return err
		}
	}
	return checkRegistry(d)
}

// setFormats gives the node of a stream that is read the formats of its records.
func (m *Mill) setFormats(s *description.Stream, value, key *format.Format) error {
	for _, n := range m.Master.All() {
		if n.Name != s.Name.Value {
			continue
		}
		if key != nil && !n.records.AskedKey && !n.Stream.Reading.Tombstones {
			return s.Key.Name.Errorf("nothing reads the keys of %s: an expression does, as in record(%[1]s).key, and "+
				"tombstones: true does; or take key out", n.Name)
		}
		n.Stream.Value, n.Stream.Key = value, key
	}
	return nil
}

// formatOutput gives the output the formats of its records, and what they may know of the results.
func (m *Mill) formatOutput(s *description.Stream, value, key *format.Format) error {
	m.Output.Value, m.Output.Key = value, key
	if value != nil {
		value.Result = m.resultMembers()
	}
	return m.compileRecorded(s)
}

// newFormat returns the format that is described; nil for none.
func newFormat(
	d *description.Description, s *description.Stream, f *description.Format, kinds []format.Kind, isOutput, isKey bool,
) (*format.Format, error) {
	if f == nil {
		return nil, nil
	}
	i := slices.IndexFunc(kinds, func(k format.Kind) bool { return k.Name() == f.Name.Value })
	switch names := format.Names(); {
	case i < 0 && slices.Contains(names, f.Name.Value):
		return nil, f.Name.Errorf("this program doesn't carry the format %s: the command leat does; in Go give %s.Format(), "+
			"of package pipeline/%[2]s, to pipeline.Load", f.Name.Value, packageOf(f.Name.Value))
	case i < 0:
		return nil, f.Name.Errorf("there is no format %q: there are %s%s", f.Name.Value, strings.Join(names, ", "),
			description.Suggest(f.Name.Value, names))
	}
	made := &format.Format{Format: f, Kind: kinds[i], Topic: s.Address.Value, IsKey: isKey, IsOutput: isOutput}
	if d.Kafka != nil {
		made.Registry = d.Kafka.Registry
	}
	return made, kinds[i].Check(made)
}

// packageOf returns the package of a format.
func packageOf(name string) string {
	if name == "json" {
		return "jsonschema"
	}
	return name
}

// checkRead refuses what only results have.
func checkRead(s *description.Stream) error {
	switch {
	case s.Key != nil && s.Key.By.Value != "":
		return s.Key.By.Errorf("this says which key results have, but %q is read: give what its keys look like, as in "+
			"key: {format: avro}", s.Name.Value)
	case s.PassHeaders != nil:
		return s.PassHeaders.Errorf("headers says what is written, but %q is read: it belongs to the output", s.Name.Value)
	case s.Time.Value != "":
		return s.Time.Errorf("time says what is written, but %q is read: it belongs to the output", s.Name.Value)
	}
	return nil
}

// checkRegistry refuses a registry that no format uses.
func checkRegistry(d *description.Description) error {
	if d.Kafka == nil || d.Kafka.Registry == nil {
		return nil
	}
	for _, s := range d.Streams {
		if s.Value != nil || s.Key != nil && s.Key.Format != nil {
			return nil
		}
	}
	return d.Kafka.Registry.Name.Errorf("no topic's records have a format whose schemas are in a registry: take registry out, " +
		"or give topics a format, as in {topic: NAME, format: avro}")
}

// Session returns a session of the mill's formats, see [format.Session].
func (m *Mill) Session(ctx context.Context) *format.Session {
	return format.NewSession(ctx, filepath.Dir(m.File))
}

// Bind has the codecs of the nodes, and what stands for tombstones, read the records of their topics, for who looks at
// streams without a run. The mill must be the caller's own.
func (m *Mill) Bind(ctx context.Context) error {
	session := m.Session(ctx)
	for _, n := range m.Master.All() {
		if keys := n.keyDecoder(n.Stream, session); keys != nil {
			if _, err := keys(); err != nil {
				return err
			}
			n.Stream.decodeKey = keys.decode
		}
		if n.Stream.Value != nil {
			n.Codec = n.Codec.Of(marked{n.Stream.Value.In(session)})
		}
		if !n.Stream.Reading.Tombstones || n.Stream.Value == nil && n.Stream.Key == nil {
			continue
		}
		var err error
		if n.Stream.tombstones, err = n.Stream.markTombstones(session); err != nil {
			return err
		}
	}
	return nil
}

// mark stands before the JSON that stands for a tombstone, so that it isn't taken for a value in the stream's format. Only
// who looks at streams gets such values.
const mark = "\x00tombstone\x00"

// markTombstones returns what stands for records without a value.
func (s Stream) markTombstones(session *format.Session) (func(key []byte) []byte, error) {
	decode := func(key []byte, into any) error {
		*into.(*json.RawMessage) = key
		return nil
	}
	if s.Key != nil {
		var err error
		if decode, err = s.Key.In(session).Decoder(nil); err != nil {
			return nil, err
		}
	}
	prefix := mark
	if s.Value == nil {
		prefix = ""
	}
	return func(key []byte) []byte {
		var raw json.RawMessage
		if err := decode(key, &raw); err != nil {
			return []byte(prefix + "the key can't be decoded: " + err.Error())
		}
		return append([]byte(prefix), object.OfTombstone(raw)...)
	}, nil
}

// marked is a codec of records, and of the JSON that stands for tombstones among them.
type marked struct{ codec.Codec }

// Decoder implements [codec.Codec].
func (c marked) Decoder(t reflect.Type) (codec.Decode, error) {
	decode, err := c.Codec.Decoder(t)
	if err != nil {
		return nil, err
	}
	return func(data []byte, into any) error {
		if rest, ok := bytes.CutPrefix(data, []byte(mark)); ok {
			if !json.Valid(rest) {
				return &codec.Error{Offset: -1, Err: errors.New(string(rest))}
			}
			*into.(*json.RawMessage) = rest
			return nil
		}
		return decode(data, into)
	}, nil
}

// keyCodec is the codec of the keys of records; nil for keys that are JSON or anything else.
func (s Stream) keyCodec(session *format.Session) codec.Codec {
	if s.Key == nil {
		return nil
	}
	return s.Key.In(session)
}
