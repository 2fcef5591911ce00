// Package jsonschema is the codec of JSON whose schemas are in a registry, in Confluent's wire format: the magic byte 0, the
// id of the schema that the record was written with, the element as JSON.
//
// Records are read as [codec.JSON] reads them, whatever their schema: they are not validated against it, since an element
// type says by itself what it takes, and the id isn't looked up. To write them, [Schema] or [UseLatest] must say the schema
// whose id they get; they are not validated either.
package jsonschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/registered"
	"github.com/leat-go/leat/codec/schemas"
)

// An Option sets what schema a codec uses, and where it is.
type Option func(*format)

// A format implements [codec.Codec].
type format struct {
	registered.Settings
	schema string
}

// Codec returns the codec; [Registry] must be given to write, and nothing to read. It is safe for concurrent use. Options
// that contradict each other are errors when a mill is built.
func Codec(options ...Option) codec.Codec {
	f := &format{Settings: registered.Settings{Package: "jsonschema"}}
	for _, option := range options {
		option(f)
	}
	return f
}

// Schema gives the text of the JSON Schema to write with.
func Schema(text string) Option {
	return func(f *format) { f.schema = text }
}

// Registry says where schemas are: the client of package registry, or a registry of one's own.
func Registry(r schemas.Registry) Option {
	return func(f *format) { f.Registry = r }
}

// Subject is the name under which the registry keeps the schema to write with; by custom that is the name of the topic and
// "-value". Reading doesn't need it.
func Subject(name string) Option {
	return func(f *format) { f.Subject = name }
}

// AutoRegister says whether the schema is registered under the subject when a run begins; true without this option. With
// false it must be there already, whatever its version.
func AutoRegister(register bool) Option {
	return func(f *format) { f.LookupOnly = !register }
}

// UseLatest says that records get the id of the subject's latest schema, and that nothing is registered.
func UseLatest() Option {
	return func(f *format) { f.UseLatest = true }
}

// Decoder implements [codec.Codec].
func (f *format) Decoder(t reflect.Type) (codec.Decode, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	decode, err := codec.JSON.Decoder(t)
	if err != nil {
		return nil, err
	}
	return func(data []byte, into any) error {
		_, rest, err := schemas.CutHeader(data)
		if err != nil {
			return err
		}
		err = decode(rest, into)
		if where := (*codec.Error)(nil); errors.As(err, &where) && where.Offset >= 0 {
			where.Offset += schemas.HeaderSize
		}
		return err
	}, nil
}

// Encoder implements [codec.Codec]. It requests the schema's id in the registry.
func (f *format) Encoder(t reflect.Type) (codec.Encode, error) {
	if f.Registry == nil {
		return nil, errors.New("to encode, jsonschema.Codec needs jsonschema.Registry; use codec.JSON for plain JSON")
	}
	if err := errors.Join(f.Check(), f.CheckEncoder()); err != nil {
		return nil, err
	}
	encode, err := codec.JSON.Encoder(t)
	if err != nil {
		return nil, err
	}
	id, err := f.id()
	if err != nil {
		return nil, err
	}
	return func(dst []byte, element any) ([]byte, error) {
		extended, err := encode(schemas.AppendHeader(dst, id), element)
		if err != nil {
			return dst, err
		}
		return extended, nil
	}, nil
}

// id returns the id of the schema to write with.
func (f *format) id() (int, error) {
	switch {
	case f.UseLatest && f.schema != "":
		return 0, errors.New("jsonschema.UseLatest takes the schema from the registry, and jsonschema.Schema gives another")
	case f.UseLatest:
		latest, err := f.Registry.Latest(f.Subject)
		if err == nil && latest.Type != schemas.JSON {
			err = fmt.Errorf("the latest schema of subject %q: its type is %s, want JSON", f.Subject, latest.Type)
		}
		return latest.ID, err
	case f.schema == "":
		return 0, errors.New("JSON doesn't say which schema it is to be written with: give it by jsonschema.Schema")
	case !json.Valid([]byte(f.schema)):
		return 0, errors.New("the text of jsonschema.Schema is no JSON")
	}
	return f.Publish(f.Subject, schemas.Schema{Type: schemas.JSON, Text: f.schema})
}
