// Package avro is the codec of Avro's binary encoding, for structs and whatever else an Avro type corresponds to.
//
//	kafka.Topic[Location]("robot-locations", kafka.Codec(avro.Codec(avro.Registry(schemas)))),
//	kafka.Topic[Speed]("robot-speed", kafka.Codec(
//		avro.Codec(avro.Registry(schemas), avro.Subject("robot-speed-value")),
//	)),
//
// # Types
//
// Fields are matched by name: that of the tag avro, else that of the tag json, else the field's own; so a struct that
// reads JSON reads Avro. What the struct doesn't name is skipped. A pointer stands for a union with null; null leaves a
// field that isn't a pointer at zero. Types follow from each other as in github.com/twmb/avro, whose tag options are
// understood, too.
//
// A [json.RawMessage] is an element of any schema: the record as JSON, with the members in the order of the fields and
// numbers with all of their digits. Instants and dates are texts as RFC 3339 has them, decimals are numbers, bytes are in
// base64, symbols of enums are texts, values of unions stand for themselves, and NaN and what is infinite are the texts NaN,
// Infinity and -Infinity. To write it, [Schema] or [UseLatest] must say the schema.
//
// # With a registry
//
// Records are in Confluent's wire format: the magic byte 0, the id of the schema that the record was written with, the
// element. Decoding takes that schema, the writer's, from the registry and resolves it against the reader's, by Avro's
// rules: fields in any order, numbers that grow from int to long to float to double, defaults for what the writer
// didn't have.
//
// The reader's schema is that of [Schema]. Without it, it is the struct: a field that the writer doesn't have is an
// error, unless it is a pointer or has a default by its tag: `avro:"z,default=0"`; a field may have had other names:
// `avro:"speed,alias=v"`.
//
// # Without a registry
//
// Records are bare: decoded with the schema that they are encoded with. With [SingleObject] the fingerprint of that schema
// stands before them.
package avro

import (
	"errors"
	"fmt"
	"reflect"

	avrolib "github.com/twmb/avro"

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
	single bool
}

// Codec returns the codec of Avro. Without options the schema is derived from the element type, and there is no
// registry. It is safe for concurrent use. Options that contradict each other, and types that don't fit the schema, are
// errors when a mill is built.
func Codec(options ...Option) codec.Codec {
	f := &format{Settings: registered.Settings{Package: "avro"}}
	for _, option := range options {
		option(f)
	}
	return f
}

// Schema gives the text of the Avro schema to encode with and, when decoding, the reader's. Every field of the element
// type must be in it, and when encoding it must have no other.
//
// Without it, the schema is derived from the element type: a struct becomes a record of its name, a pointer a union
// with null (its default), a time.Time timestamp-micros.
func Schema(text string) Option {
	return func(f *format) { f.schema = text }
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

// AutoRegister says whether the schema is registered under the subject when a run begins, which does nothing if it is
// there already, and fails if it is incompatible with earlier ones; true without this option. With false it must be
// there already, whatever its version.
func AutoRegister(register bool) Option {
	return func(f *format) { f.LookupOnly = !register }
}

// UseLatest says that the subject's latest schema is encoded with, and nothing is registered. A field that only one of
// it and the element type has is an error. Use it instead of [Schema].
func UseLatest() Option {
	return func(f *format) { f.UseLatest = true }
}

// check returns an error for options that contradict each other or have no effect.
func (f *format) check() error {
	if f.UseLatest && f.schema != "" {
		return errors.New("avro.UseLatest takes the schema from the registry, and avro.Schema gives another; " +
			"want avro.AutoRegister(false) for one that must be registered already")
	}
	return errors.Join(f.checkSingle(), f.Settings.Check())
}

// Decoder implements [codec.Codec].
func (f *format) Decoder(t reflect.Type) (codec.Decode, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if isJSON(t) {
		return f.jsonDecoder()
	}
	var reader, plain *avrolib.Schema
	if f.schema != "" || f.Registry == nil {
		var err error
		if reader, plain, err = f.local(t, decoding); err != nil {
			return nil, err
		}
	} else if err := checkType(t); err != nil {
		return nil, err
	}
	if f.Registry == nil {
		return f.bare(plain, func(data []byte, offset int, into any) error {
			return decode(reader, data, offset, into)
		}), nil
	}
	resolver := &resolver{registry: f.Registry, reader: reader, typ: t}
	return func(data []byte, into any) error {
		id, rest, err := schemas.CutHeader(data)
		if err != nil {
			return err
		}
		resolved, err := resolver.resolved(id)
		if err != nil {
			return err
		}
		return decode(resolved, rest, schemas.HeaderSize, into)
	}, nil
}

// checkType finds what is wrong with an element type that any writer's schema is to be decoded into.
func checkType(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Struct:
		_, err := fieldsOf(t)
		return err
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.Uintptr, reflect.UnsafePointer:
		return fmt.Errorf("Avro has nothing like %s", t)
	}
	return nil
}

// Encoder implements [codec.Codec]. With a registry, it requests the schema's id there.
func (f *format) Encoder(t reflect.Type) (codec.Encode, error) {
	if err := errors.Join(f.check(), f.CheckEncoder()); err != nil {
		return nil, err
	}
	if isJSON(t) {
		return f.jsonEncoder()
	}
	if f.Registry == nil {
		writer, schema, err := f.local(t, encoding)
		if err != nil {
			return nil, err
		}
		header := f.singleHeader(schema)
		return func(dst []byte, element any) ([]byte, error) {
			return encode(writer, dst, append(dst, header...), element)
		}, nil
	}
	writer, id, err := f.registered(t)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, element any) ([]byte, error) {
		return encode(writer, dst, schemas.AppendHeader(dst, id), element)
	}, nil
}

// local returns the schema that doesn't come from the registry, mapped to t and as it is.
func (f *format) local(t reflect.Type, p purpose) (mapped, schema *avrolib.Schema, err error) {
	if f.schema == "" {
		schema, err = derive(t)
	} else if schema, err = avrolib.Parse(f.schema); err != nil {
		err = fmt.Errorf("the text of avro.Schema: %w", err)
	}
	if err != nil {
		return nil, nil, err
	}
	mapped, err = mapSchema(schema, t, p)
	return mapped, schema, err
}

// registered returns the schema to encode with, and its id in the registry.
func (f *format) registered(t reflect.Type) (mapped *avrolib.Schema, id int, err error) {
	if f.UseLatest {
		return f.latest(t)
	}
	mapped, schema, err := f.local(t, encoding)
	if err != nil {
		return nil, 0, err
	}
	id, err = f.Publish(f.Subject, schemas.Schema{Type: schemas.Avro, Text: schema.String()})
	return mapped, id, err
}

func (f *format) latest(t reflect.Type) (mapped *avrolib.Schema, id int, err error) {
	latest, schema, err := f.latestSchema()
	if err != nil {
		return nil, 0, err
	}
	if mapped, err = mapSchema(schema, t, encoding); err != nil {
		return nil, 0, fmt.Errorf("the latest schema of subject %q: %w", f.Subject, err)
	}
	return mapped, latest.ID, nil
}

// latestSchema returns the subject's latest schema.
func (f *format) latestSchema() (latest schemas.Registered, schema *avrolib.Schema, err error) {
	if latest, err = f.Registry.Latest(f.Subject); err != nil {
		return latest, nil, err
	}
	references, err := fetchReferences(f.Registry, latest.Schema)
	if err != nil {
		return latest, nil, err
	}
	if schema, err = parse(latest.Schema, references); err != nil {
		return latest, nil, fmt.Errorf("the latest schema of subject %q: %w", f.Subject, err)
	}
	return latest, schema, nil
}

// decode decodes the rest of a record that begins at offset.
func decode(schema *avrolib.Schema, data []byte, offset int, into any) error {
	rest, err := schema.Decode(data, into)
	if err != nil {
		return explain(err, into, offset+len(data))
	}
	if len(rest) > 0 {
		return leftOver(offset+len(data)-len(rest), len(rest))
	}
	return nil
}

// encode appends an element to extended, which is dst with the record's header.
func encode(schema *avrolib.Schema, dst, extended []byte, element any) ([]byte, error) {
	extended, err := schema.AppendEncode(extended, element)
	if err != nil {
		return dst, explain(err, element, -1)
	}
	return extended, nil
}

// explain makes a *codec.Error of one that the library has with an element; end is the offset of the record's end.
func explain(err error, element any, end int) error {
	explained := &codec.Error{Offset: -1, Err: err}
	if semantic := (*avrolib.SemanticError)(nil); errors.As(err, &semantic) && semantic.Field != "" {
		explained.Field = pathOf(reflect.TypeOf(element), semantic.Field)
		if semantic.Err != nil {
			explained.Err = semantic.Err
		} else {
			explained.Err = fmt.Errorf("Avro's %s and Go's %s don't go together", semantic.AvroType, semantic.GoType)
		}
	}
	if short := (*avrolib.ShortBufferError)(nil); errors.As(err, &short) {
		explained.Offset = end
		explained.Err = fmt.Errorf("the record is cut off: %w", short)
	}
	return explained
}
