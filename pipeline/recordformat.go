package pipeline

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/topic"
)

// Records says what the records of a topic look like, for who loads or shows one.
type Records struct {
	Topic string
	// Value and Key say it of their values and keys, as a stream of a pipeline file does: "format: avro, schema: order.avsc".
	// Empty is plain JSON for values, and text for keys.
	Value, Key string
	// Registry is how a schema registry is reached, as the member of kafka says it: {url: "http://localhost:8081"}; empty for
	// none.
	Registry string
}

// file returns a pipeline file that reads or writes such records. It is there for what it says of them only.
func (r Records) file(writes bool) string {
	text := "name: records\nmaster: input\noutput: output\nkafka: {brokers: [nowhere]"
	if r.Registry != "" {
		text += ", registry: " + r.Registry
	}
	stream := "{topic: " + Quote(r.Topic)
	if r.Value != "" {
		stream += ", " + r.Value
	}
	if r.Key != "" && writes {
		stream += ", key: {by: k, " + r.Key + "}"
	} else if r.Key != "" {
		stream += ", tombstones: true, key: {" + r.Key + "}"
	}
	stream += "}"
	if writes {
		return fmt.Sprintf("%s}\nstreams: {input: {file: \"-\"}, output: %s}\n", text, stream)
	}
	return fmt.Sprintf("%s}\nstreams: {input: %s, output: {file: \"-\"}}\n", text, stream)
}

// Decoder returns what makes JSON of the records. The parts are the formats, as for [Load]. Paths of schemas are as seen from
// the working directory. What is wrong with what r says is an [*Error].
func (r Records) Decoder(ctx context.Context, parts ...Part) (f topic.Format, err error) {
	p, err := Parse("", []byte(r.file(false)), parts...)
	if err != nil {
		return f, err
	}
	session := p.mill.Session(ctx)
	if f.Value, err = decoderOf(p.mill.Master.Stream.Value, session); err != nil {
		return f, err
	}
	f.Key, err = decoderOf(p.mill.Master.Stream.Key, session)
	return f, err
}

// Encoder is like [Records.Decoder], for what makes records of JSON.
func (r Records) Encoder(ctx context.Context, parts ...Part) (f topic.Format, err error) {
	p, err := Parse("", []byte(r.file(true)), parts...)
	if err != nil {
		return f, err
	}
	session := p.mill.Session(ctx)
	if f.Value, err = encoderOf(p.mill.Output.Value, session); err != nil {
		return f, err
	}
	f.Key, err = encoderOf(p.mill.Output.Key, session)
	return f, err
}

// A converter makes one form of a value of another.
type converter func(data []byte) ([]byte, error)

// decoderOf returns what makes JSON of a format; nil for none.
func decoderOf(f *format.Format, session *format.Session) (converter, error) {
	if f == nil {
		return nil, nil
	}
	decode, err := f.In(session).Decoder(nil)
	if err != nil {
		return nil, err
	}
	return func(data []byte) ([]byte, error) {
		var raw json.RawMessage
		err := decode(data, &raw)
		return raw, err
	}, nil
}

// encoderOf returns what makes a format of JSON; nil for none.
func encoderOf(f *format.Format, session *format.Session) (converter, error) {
	if f == nil {
		return nil, nil
	}
	encode, err := f.In(session).Encoder(nil)
	if err != nil {
		return nil, err
	}
	return func(data []byte) ([]byte, error) { return encode(nil, (*json.RawMessage)(&data)) }, nil
}
