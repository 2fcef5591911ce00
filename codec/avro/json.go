package avro

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/registered"
	"github.com/leat-go/leat/codec/schemas"
	"github.com/leat-go/leat/internal/avrojson"
)

// isJSON reports whether elements are JSON, whatever the schema.
func isJSON(t reflect.Type) bool { return t == reflect.TypeFor[json.RawMessage]() }

// A jsonSchema is what records are made JSON by: their own schema, or the reader's behind a resolution.
type jsonSchema struct {
	schema *avrojson.Schema
	// resolved decodes what another schema has written, and reader encodes it as schema has it; nil where the two are one.
	resolved, reader *avrolib.Schema
}

func newJSONSchema(writer, reader *avrolib.Schema) (*jsonSchema, error) {
	if reader == nil || bytes.Equal(writer.Canonical(), reader.Canonical()) && writer.String() == reader.String() {
		schema, err := avrojson.New(writer)
		return &jsonSchema{schema: schema}, err
	}
	resolved, err := avrolib.Resolve(writer, reader)
	if err != nil {
		return nil, err
	}
	schema, err := avrojson.New(reader)
	return &jsonSchema{schema, resolved, reader}, err
}

// decode decodes the rest of a record that begins at offset.
func (s *jsonSchema) decode(data []byte, offset int, into any) error {
	rest := data
	if s.resolved != nil {
		var value any
		left, err := s.resolved.Decode(data, &value)
		if err != nil {
			return explain(err, into, offset+len(data))
		}
		if rest, err = s.reader.AppendEncode(nil, value); err != nil {
			return explain(err, into, -1)
		}
		if len(left) > 0 {
			return leftOver(offset+len(data)-len(left), len(left))
		}
	}
	text, left, err := s.schema.Append(make([]byte, 0, 2*len(rest)+64), rest)
	if err != nil {
		if where := (*codec.Error)(nil); errors.As(err, &where) && where.Offset >= 0 {
			where.Offset += offset
		}
		return err
	}
	if len(left) > 0 {
		return leftOver(offset+len(rest)-len(left), len(left))
	}
	*into.(*json.RawMessage) = text
	return nil
}

func leftOver(offset, size int) error {
	return &codec.Error{Offset: offset,
		Err: fmt.Errorf("%d bytes are left over behind the element; was it written with another schema?", size)}
}

// jsonDecoder returns the decoder of records that become JSON.
func (f *format) jsonDecoder() (codec.Decode, error) {
	var reader *avrolib.Schema
	var err error
	if f.schema != "" {
		if reader, err = f.given(); err != nil {
			return nil, err
		}
	}
	if f.Registry != nil {
		resolver := &jsonResolver{resolver: resolver{registry: f.Registry}, reader: reader}
		return resolver.decode, nil
	}
	if reader == nil {
		return nil, errors.New("records without a registry have no schema with them: give it by avro.Schema")
	}
	s, err := newJSONSchema(reader, nil)
	if err != nil {
		return nil, err
	}
	return f.bare(reader, func(data []byte, offset int, into any) error { return s.decode(data, offset, into) }), nil
}

// given returns the schema of avro.Schema.
func (f *format) given() (*avrolib.Schema, error) {
	schema, err := avrolib.Parse(f.schema, avrolib.WithLaxNames(nil))
	if err != nil {
		return nil, fmt.Errorf("the text of avro.Schema: %w", err)
	}
	return schema, nil
}

// A jsonResolver finds out once for every writer's schema how its records are read.
type jsonResolver struct {
	resolver
	reader *avrolib.Schema
	known  registered.Cache[int, jsonResolution]
}

type jsonResolution struct {
	schema *jsonSchema
	err    error
}

func (r *jsonResolver) decode(data []byte, into any) error {
	id, rest, err := schemas.CutHeader(data)
	if err != nil {
		return err
	}
	known, ok := r.known.Get(id)
	if !ok {
		written, references, err := r.fetch(id)
		if err != nil {
			return err // which may be another one the next time
		}
		writer, err := parse(written, references)
		if err == nil {
			known.schema, err = newJSONSchema(writer, r.reader)
		}
		if err != nil {
			known.err = registered.WriterError(id, err)
		}
		r.known.Put(id, known)
	}
	if known.err != nil {
		return known.err
	}
	return known.schema.decode(rest, schemas.HeaderSize, into)
}

// jsonEncoder returns the encoder of JSON.
func (f *format) jsonEncoder() (codec.Encode, error) {
	writer, header, err := f.jsonWriter()
	if err != nil {
		return nil, err
	}
	s, err := avrojson.New(writer)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, element any) ([]byte, error) {
		extended, err := s.AppendAvro(append(dst, header...), *element.(*json.RawMessage))
		if err != nil {
			return dst, err
		}
		return extended, nil
	}, nil
}

// jsonWriter returns the schema to encode JSON with, and what records begin with.
func (f *format) jsonWriter() (writer *avrolib.Schema, header []byte, err error) {
	if f.UseLatest {
		latest, schema, err := f.latestSchema()
		if err != nil {
			return nil, nil, err
		}
		return schema, schemas.AppendHeader(nil, latest.ID), nil
	}
	if f.schema == "" {
		return nil, nil, errors.New("JSON doesn't say which schema it is to be written with: give it by avro.Schema")
	}
	if writer, err = f.given(); err != nil {
		return nil, nil, err
	}
	if f.Registry == nil {
		return writer, f.singleHeader(writer), nil
	}
	id, err := f.Publish(f.Subject, schemas.Schema{Type: schemas.Avro, Text: writer.String()})
	return writer, schemas.AppendHeader(nil, id), err
}
