package protobuf

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/registered"
	"github.com/leat-go/leat/codec/schemas"
	"github.com/leat-go/leat/internal/jsontree"
)

// isJSON reports whether elements are JSON, whatever the message.
func isJSON(t reflect.Type) bool { return t == reflect.TypeFor[json.RawMessage]() }

// Message says which message records are, where element types are [json.RawMessage]: [Load] returns one from a file.
func Message(message protoreflect.MessageDescriptor) Option {
	return func(f *format) { f.message = message }
}

// MessageName says by its full name which message records are, where element types are [json.RawMessage] and its
// description comes from the registry. Without it, records may be of any message where they are read, and are of the
// schema's first where they are written.
func MessageName(name string) Option {
	return func(f *format) { f.name = protoreflect.FullName(name) }
}

func (f *format) checkJSON() error {
	switch {
	case f.message != nil && f.name != "" && f.message.FullName() != f.name:
		return fmt.Errorf("protobuf.Message gives %s, and protobuf.MessageName %s", f.message.FullName(), f.name)
	case f.Registry == nil && f.message == nil:
		return errors.New("records without a registry don't say which message they are: give it by protobuf.Message")
	}
	return f.Check()
}

// wanted is the full name of the message that records must be; empty for any.
func (f *format) wanted() protoreflect.FullName {
	if f.message != nil {
		return f.message.FullName()
	}
	return f.name
}

// jsonDecoder returns the decoder of records that become JSON.
func (f *format) jsonDecoder() (codec.Decode, error) {
	if err := f.checkJSON(); err != nil {
		return nil, err
	}
	if f.Registry == nil {
		return func(data []byte, into any) error { return decodeJSON(f.message, data, 0, into) }, nil
	}
	h := &jsonHeaders{registry: f.Registry, want: f.wanted()}
	return func(data []byte, into any) error {
		message, size, err := h.message(data)
		if err != nil {
			return err
		}
		return decodeJSON(message, data[size:], size, into)
	}, nil
}

func decodeJSON(message protoreflect.MessageDescriptor, data []byte, offset int, into any) error {
	decoded := dynamicpb.NewMessage(message)
	if err := proto.Unmarshal(data, decoded); err != nil {
		return &codec.Error{Offset: -1, Err: fmt.Errorf("byte %d and further aren't a %s: %w", offset, message.FullName(), err)}
	}
	text, err := appendMessage(make([]byte, 0, 2*len(data)+64), decoded)
	if err != nil {
		return located(err)
	}
	*into.(*json.RawMessage) = text
	return nil
}

func located(err error) error {
	if where := (*codec.Error)(nil); errors.As(err, &where) {
		return err
	}
	return &codec.Error{Offset: -1, Err: err}
}

// A jsonHeaders finds the messages that records are, once for each header that they begin with.
type jsonHeaders struct {
	registry schemas.Registry
	want     protoreflect.FullName
	known    registered.Cache[string, jsonHeader]
}

type jsonHeader struct {
	message protoreflect.MessageDescriptor
	err     error
}

func (h *jsonHeaders) message(data []byte) (message protoreflect.MessageDescriptor, size int, err error) {
	id, rest, err := schemas.CutHeader(data)
	if err != nil {
		return nil, 0, err
	}
	index, rest, err := cutIndex(rest)
	if err != nil {
		return nil, 0, &codec.Error{Offset: schemas.HeaderSize, Err: err}
	}
	size = len(data) - len(rest)
	known, ok := h.known.Get(string(data[:size]))
	if !ok {
		schema, err := h.registry.SchemaByID(id)
		if err != nil {
			return nil, 0, err // which may be another one the next time
		}
		if known, err = h.resolve(schema, id, index); err != nil {
			return nil, 0, err
		}
		h.known.Put(string(data[:size]), known)
	}
	return known.message, size, known.err
}

// resolve finds the message; its error may be another one the next time.
func (h *jsonHeaders) resolve(schema schemas.Schema, id int, index []int) (found jsonHeader, err error) {
	file, err := link(h.registry, schema)
	if errors.Is(err, codec.ErrUnavailable) {
		return found, err
	}
	if err == nil {
		found.message, err = messageByIndex(file, index)
	}
	switch {
	case err != nil:
		found.err = registered.WriterError(id, err)
	case h.want != "" && found.message.FullName() != h.want:
		found.err = &codec.Error{Offset: -1, Err: fmt.Errorf("the record is message %s (%v in schema %d), want %s",
			found.message.FullName(), index, id, h.want)}
	}
	return found, nil
}

// jsonEncoder returns the encoder of JSON.
func (f *format) jsonEncoder() (codec.Encode, error) {
	if err := f.checkJSON(); err != nil {
		return nil, err
	}
	message, header, err := f.jsonWriter()
	if err != nil {
		return nil, err
	}
	options := proto.MarshalOptions{Deterministic: true}
	return func(dst []byte, element any) ([]byte, error) {
		value, err := jsontree.Parse(*element.(*json.RawMessage))
		if err != nil {
			return dst, &codec.Error{Offset: -1, Err: err}
		}
		encoded := dynamicpb.NewMessage(message)
		if err := setMessage(encoded, &value); err != nil {
			return dst, located(err)
		}
		extended, err := options.MarshalAppend(append(dst, header...), encoded)
		if err != nil {
			return dst, &codec.Error{Offset: -1, Err: err}
		}
		return extended, nil
	}, nil
}

// jsonWriter returns the message to encode JSON as, and what records begin with.
func (f *format) jsonWriter() (message protoreflect.MessageDescriptor, header []byte, err error) {
	switch {
	case f.Registry == nil:
		return f.message, nil, nil
	case f.message != nil:
		header, err = f.header(f.message)
		return f.message, header, err
	case !f.UseLatest:
		return nil, nil, errors.New("JSON doesn't say which message it is to be written as: give it by protobuf.Message")
	}
	latest, err := f.Registry.Latest(f.Subject)
	if err != nil {
		return nil, nil, err
	}
	file, err := link(f.Registry, latest.Schema)
	if err == nil {
		name := f.name
		if name == "" && file.Messages().Len() > 0 {
			name = file.Messages().Get(0).FullName()
		}
		message, err = messageIn(file, string(name))
	}
	if err == nil && message.ParentFile().Path() != file.Path() {
		err = fmt.Errorf("%w: %s; it has %v", errNoMessage, message.FullName(), namesOf(file))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the latest schema of subject %q: %w", f.Subject, err)
	}
	return message, appendIndex(schemas.AppendHeader(nil, latest.ID), indexOf(message)), nil
}
