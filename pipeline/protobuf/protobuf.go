// Package protobuf lets pipeline files name topics whose records are messages of Protobuf:
//
//	kafka: {brokers: [localhost:9092], registry: {url: "http://localhost:8081"}}
//	streams:
//	  orders: {topic: orders, format: protobuf}
//	  items:  {topic: items, format: protobuf, framing: none, schema: shop.proto, message: shop.Item}
//
// A program gives it to the pipeline, as in pipeline.Load(path, protobuf.Format()); the command leat does. docs/formats.md
// says what values look like.
package protobuf

import (
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/protobuf"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/schemaregistry"
)

// Format returns the format, for pipeline.Load and pipeline.Parse.
func Format() format.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "protobuf" }

func (kind) Check(f *format.Format) error {
	if err := f.CheckFraming(format.Framed, format.Bare); err != nil {
		return err
	}
	switch {
	case f.Schema.Value != "":
		return nil
	case !f.IsFramed():
		return f.Name.Errorf("messages of Protobuf without a registry don't say what they are: add schema: FILE, a .proto file " +
			"or a set of descriptors, and message: NAME; or registry: {url: \"http://localhost:8081\"} to kafka")
	case f.IsOutput && f.Unregistered == nil:
		return f.Name.Errorf("which message results are isn't known: add schema: FILE, a .proto file or a set of descriptors, " +
			"and message: NAME; or use the registered schema by register: false")
	}
	return nil
}

func (kind) Codec(f *format.Format, session *format.Session) (codec.Codec, error) {
	var options []protobuf.Option
	name := f.Message.Value
	if f.Schema.Value != "" {
		message, err := protobuf.Load(session.Path(f.Schema.Value), f.Message.Value, session.Path("."))
		if err != nil {
			return nil, f.Schema.Errorf("the schema can't be used: %v", err)
		}
		name = string(message.FullName())
		options = append(options, protobuf.Message(message))
	} else if name != "" {
		options = append(options, protobuf.MessageName(name))
	}
	if !f.IsFramed() {
		return protobuf.Codec(options...), nil
	}
	client, err := session.Client(f.Registry, schemaregistry.Connect)
	if err != nil {
		return nil, err
	}
	options = append(options, protobuf.Registry(client))
	if !f.IsOutput {
		return protobuf.Codec(options...), nil
	}
	subject, err := f.SubjectFor(name)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Unregistered != nil && f.Schema.Value != "":
		options = append(options, protobuf.AutoRegister(false))
	case f.Unregistered != nil:
		options = append(options, protobuf.UseLatest())
	}
	return protobuf.Codec(append(options, protobuf.Subject(subject))...), nil
}
