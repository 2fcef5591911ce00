// Package avro lets pipeline files name topics whose records are in Avro:
//
//	kafka: {brokers: [localhost:9092], registry: {url: "http://localhost:8081"}}
//	streams:
//	  orders: {topic: orders, format: avro}
//	  items:  {topic: items, format: avro, framing: none, schema: item.avsc}
//
// A program gives it to the pipeline, as in pipeline.Load(path, avro.Format()); the command leat does. docs/formats.md says
// what values look like.
package avro

import (
	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/schemaregistry"
)

// Format returns the format, for pipeline.Load and pipeline.Parse.
func Format() format.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "avro" }

func (kind) Check(f *format.Format) error {
	if err := f.CheckFraming(format.Framed, format.Bare, format.SingleObject); err != nil {
		return err
	}
	switch {
	case f.Message.Value != "":
		return f.Message.Errorf("a message is one of Protobuf, and these records are in Avro: take it out")
	case !f.IsFramed() && f.Schema.Value == "":
		return f.Name.Errorf("records in Avro without a registry don't say what their schema is: add schema: FILE, or " +
			"registry: {url: \"http://localhost:8081\"} to kafka")
	}
	return nil
}

func (kind) Codec(f *format.Format, session *format.Session) (codec.Codec, error) {
	text, err := session.ReadSchema(f)
	if err != nil {
		return nil, err
	}
	var options []avro.Option
	name := ""
	if text != "" {
		parsed, err := avrolib.Parse(text, avrolib.WithLaxNames(nil))
		if err != nil {
			return nil, f.Schema.Errorf("the schema isn't one of Avro: %v", err)
		}
		root := parsed.Root()
		if name = root.Name; root.Namespace != "" {
			name = root.Namespace + "." + name
		}
		options = append(options, avro.Schema(text))
	}
	switch f.Frame() {
	case format.SingleObject:
		return avro.Codec(append(options, avro.SingleObject())...), nil
	case format.Bare:
		return avro.Codec(options...), nil
	}
	client, err := session.Client(f.Registry, schemaregistry.Connect)
	if err != nil {
		return nil, err
	}
	options = append(options, avro.Registry(client))
	if !f.IsOutput {
		return avro.Codec(options...), nil
	}
	switch {
	case f.Unregistered != nil && text != "":
		options = append(options, avro.AutoRegister(false))
	case f.Unregistered != nil:
		options = append(options, avro.UseLatest())
	case text == "":
		return newDeriving(f, client)
	}
	subject, err := f.SubjectFor(name)
	if err != nil {
		return nil, err
	}
	return avro.Codec(append(options, avro.Subject(subject))...), nil
}
