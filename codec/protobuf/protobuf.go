// Package protobuf is the codec of Protocol Buffers, for element types whose pointers are a [proto.Message]: the
// generated ones, and structs that embed one of them, not a pointer to it, as the second type that a self-join needs
// does:
//
//	type NextLocation struct{ robotpb.Location }
//
// Fields that the message doesn't have are kept with it, as Protobuf does. Maps are written in the order of their keys.
//
// A [json.RawMessage] is an element of any message, whose description [Message] gives, or the registry: the message as
// JSON, with all of its fields, by the names and in the order of the .proto file. Whole numbers have all of their digits,
// enums are the names of their values, bytes are in base64, a Timestamp is a text as RFC 3339 has it and a Duration one
// like 1.5s, wrappers are what they wrap, Struct and Value are what they hold, and NaN and what is infinite are the texts
// NaN, Infinity and -Infinity. A field without a value is null where the message knows that it has none, and zero
// elsewhere. What the description doesn't have is left out.
//
// With a registry, records are in Confluent's wire format: the magic byte 0, the id of the schema that the record was
// written with, the message's index in it, the message. A record of another message than the element type's is an
// error, recognised by the full name; so is one whose schema the registry doesn't have. Without a registry, records are
// bare messages.
package protobuf

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/registered"
	"github.com/leat-go/leat/codec/schemas"
)

// An Option sets where the schemas of a codec's messages are.
type Option func(*format)

// A format implements [codec.Codec].
type format struct {
	registered.Settings
	// message and name say what records are whose elements are JSON.
	message protoreflect.MessageDescriptor
	name    protoreflect.FullName
}

// Codec returns the codec of Protocol Buffers; without options, of bare messages. It is safe for concurrent use.
// Options that contradict each other, and types that are no messages, are errors when a mill is built.
func Codec(options ...Option) codec.Codec {
	f := &format{Settings: registered.Settings{Package: "protobuf"}}
	for _, option := range options {
		option(f)
	}
	return f
}

// Registry says that schemas are in a registry: the client of package registry, or a registry of one's own.
func Registry(r schemas.Registry) Option {
	return func(f *format) { f.Registry = r }
}

// Subject is the name under which the registry keeps the schema to encode with; by custom that is the name of the topic
// and "-value". Decoding doesn't need it.
func Subject(name string) Option {
	return func(f *format) { f.Subject = name }
}

// AutoRegister says whether the message's file is registered under the subject when a run begins, and the files that it
// imports each under its own name, but for those of google/protobuf; this does nothing if they are there already, and
// fails if one is incompatible with an earlier one. It is true without this option. With false they must be there
// already, whatever their version.
func AutoRegister(register bool) Option {
	return func(f *format) { f.LookupOnly = !register }
}

// UseLatest says that records get the id of the subject's latest schema, which must have the message, and that nothing
// is registered.
func UseLatest() Option {
	return func(f *format) { f.UseLatest = true }
}

// Decoder implements [codec.Codec].
func (f *format) Decoder(t reflect.Type) (codec.Decode, error) {
	if isJSON(t) {
		return f.jsonDecoder()
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	message, err := messageOf(t)
	if err != nil {
		return nil, err
	}
	if f.Registry == nil {
		return func(data []byte, into any) error { return decode(data, 0, into) }, nil
	}
	header := &headerCheck{registry: f.Registry, want: message.FullName()}
	return func(data []byte, into any) error {
		size, err := header.size(data)
		if err != nil {
			return err
		}
		return decode(data[size:], size, into)
	}, nil
}

// Encoder implements [codec.Codec]. With a registry, it requests the schema's id there.
func (f *format) Encoder(t reflect.Type) (codec.Encode, error) {
	if err := errors.Join(f.Check(), f.CheckEncoder()); err != nil {
		return nil, err
	}
	if isJSON(t) {
		return f.jsonEncoder()
	}
	message, err := messageOf(t)
	if err != nil {
		return nil, err
	}
	var header []byte
	if f.Registry != nil {
		if header, err = f.header(message); err != nil {
			return nil, err
		}
	}
	// Equal elements give equal bytes, so that a run that is repeated writes the same.
	options := proto.MarshalOptions{Deterministic: true}
	return func(dst []byte, element any) ([]byte, error) {
		extended, err := options.MarshalAppend(append(dst, header...), element.(proto.Message))
		if err != nil {
			return dst, &codec.Error{Offset: -1, Err: err}
		}
		return extended, nil
	}, nil
}

// messageOf returns the description of the message that a *t is.
func messageOf(t reflect.Type) (protoreflect.MessageDescriptor, error) {
	zero, ok := reflect.New(t).Interface().(proto.Message)
	if !ok {
		return nil, fmt.Errorf("*%s is no Protobuf message (a proto.Message), as the types that protoc-gen-go makes are", t)
	}
	if messageByPointer(t) || !zero.ProtoReflect().IsValid() {
		return nil, fmt.Errorf("%s embeds a pointer to a Protobuf message, which is nil in a new element; "+
			"embed the message itself", t)
	}
	return zero.ProtoReflect().Descriptor(), nil
}

// messageByPointer tells whether a struct is a message by the methods of a pointer or an interface that it embeds.
func messageByPointer(t reflect.Type) bool {
	for t.Kind() == reflect.Struct {
		i := slices.IndexFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
			return f.Anonymous && len(f.Index) == 1 && implementsMessage(f.Type)
		})
		if i < 0 {
			return false
		}
		t = reflect.VisibleFields(t)[i].Type
	}
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface
}

func implementsMessage(t reflect.Type) bool {
	message := reflect.TypeFor[proto.Message]()
	return t.Implements(message) || reflect.PointerTo(t).Implements(message)
}

// decode decodes the rest of a record that begins at offset.
func decode(data []byte, offset int, into any) error {
	if err := (proto.UnmarshalOptions{Merge: true}).Unmarshal(data, into.(proto.Message)); err != nil {
		return &codec.Error{Offset: -1, Err: fmt.Errorf("byte %d and further aren't a %s: %w",
			offset, into.(proto.Message).ProtoReflect().Descriptor().FullName(), err)}
	}
	return nil
}

// A headerCheck checks that the records are of the wanted message, once for each header that they begin with.
type headerCheck struct {
	registry schemas.Registry
	want     protoreflect.FullName
	known    registered.Cache[string, error]
}

// size returns the size of a record's header, which must be that of the wanted message.
func (h *headerCheck) size(data []byte) (size int, err error) {
	id, rest, err := schemas.CutHeader(data)
	if err != nil {
		return 0, err
	}
	index, rest, err := cutIndex(rest)
	if err != nil {
		return 0, &codec.Error{Offset: schemas.HeaderSize, Err: err}
	}
	size = len(data) - len(rest)
	if err, ok := h.known.Get(string(data[:size])); ok {
		return size, err
	}
	schema, err := h.registry.SchemaByID(id)
	if err != nil {
		return 0, err // which may be another one the next time
	}
	name, err := messageAt(schema, index)
	switch {
	case err != nil:
		err = registered.WriterError(id, err)
	case name != h.want:
		err = &codec.Error{Offset: -1,
			Err: fmt.Errorf("the record is message %s (%v in schema %d), want %s", name, index, id, h.want)}
	}
	h.known.Put(string(data[:size]), err)
	return size, err
}

var errNoMessage = errors.New("the schema has no such message")
