package codec

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Protobuf is the codec of Protocol Buffers, for element types whose pointers are a [proto.Message]: the generated ones,
// and structs that embed one of them, not a pointer to it, as the second type that a self-join needs does:
//
//	type NextLocation struct{ robotpb.Location }
//
// Fields that the message doesn't have are kept with it, as Protobuf does. Maps are written in the order of their keys.
//
// With a Registry, records are in Confluent's wire format: the magic byte 0, the id of the schema that the record was
// written with, the message's index in it, the message. A record of another message than the element type's is an error,
// recognised by the full name; so is one whose schema the registry doesn't have. Without a Registry, records are bare
// messages.
//
// The zero value uses no registry. A codec may be used concurrently, but not changed once it is used.
type Protobuf struct {
	// Registry is where schemas are; nil for bare records.
	Registry *Registry
	// Subject is the name under which the registry keeps the schema to encode with; by custom that is the name of the topic
	// and "-value". Decoding doesn't need it.
	Subject string
	// UseRegistered says that nothing may be registered: records get the id of the subject's latest schema, which must have
	// the message. By default the message's file is registered under the subject when a run begins, and the files that it
	// imports each under its own name, but for those of google/protobuf; this does nothing if they are there already, and
	// fails if one isn't compatible with an earlier one.
	UseRegistered bool
}

// Decoder implements [Codec].
func (p Protobuf) Decoder(t reflect.Type) (Decode, error) {
	message, err := messageOf(t)
	if err != nil {
		return nil, err
	}
	if p.Registry == nil {
		return func(data []byte, into any) error { return decodeProtobuf(data, 0, into) }, nil
	}
	headers := &protobufHeaders{registry: p.Registry, want: message.FullName()}
	return func(data []byte, into any) error {
		size, err := headers.check(data)
		if err != nil {
			return err
		}
		return decodeProtobuf(data[size:], size, into)
	}, nil
}

// Encoder implements [Codec]. With a Registry, it asks there for the schema's id.
func (p Protobuf) Encoder(t reflect.Type) (Encode, error) {
	message, err := messageOf(t)
	if err != nil {
		return nil, err
	}
	var header []byte
	if p.Registry != nil {
		if header, err = p.header(message); err != nil {
			return nil, err
		}
	}
	// Equal elements give equal bytes, so that a run that is repeated writes the same.
	options := proto.MarshalOptions{Deterministic: true}
	return func(dst []byte, element any) ([]byte, error) {
		extended, err := options.MarshalAppend(append(dst, header...), element.(proto.Message))
		if err != nil {
			return dst, &Error{Offset: -1, Err: err}
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

// decodeProtobuf decodes the rest of a record that begins at offset.
func decodeProtobuf(data []byte, offset int, into any) error {
	if err := (proto.UnmarshalOptions{Merge: true}).Unmarshal(data, into.(proto.Message)); err != nil {
		return &Error{Offset: -1, Err: fmt.Errorf("byte %d and further aren't a %s: %w",
			offset, into.(proto.Message).ProtoReflect().Descriptor().FullName(), err)}
	}
	return nil
}

// protobufHeaders checks what records begin with, once for everything that they begin with.
type protobufHeaders struct {
	registry *Registry
	want     protoreflect.FullName
	known    table[string, error]
}

// check returns the size of the header, which must be that of the wanted message.
func (h *protobufHeaders) check(data []byte) (size int, err error) {
	id, rest, err := splitHeader(data)
	if err != nil {
		return 0, err
	}
	index, rest, err := splitIndex(rest)
	if err != nil {
		return 0, &Error{Offset: headerSize, Err: err}
	}
	size = len(data) - len(rest)
	if err, ok := h.known.get(string(data[:size])); ok {
		return size, err
	}
	schema, err := h.registry.schema(id)
	if err != nil {
		return 0, err // which may be another one the next time
	}
	name, err := messageAt(schema, index)
	switch {
	case err != nil:
		err = explainSchema(id, err)
	case name != h.want:
		err = &Error{Offset: -1,
			Err: fmt.Errorf("the record is a %s (message %v of schema %d), want a %s", name, index, id, h.want)}
	}
	h.known.put(string(data[:size]), err)
	return size, err
}

var errNoMessage = errors.New("the schema has no such message")
