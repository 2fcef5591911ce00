package codec

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
)

// Avro is the codec of Avro's binary encoding, for structs and whatever else an Avro type corresponds to.
//
// Fields are matched by name: that of the tag avro, else that of the tag json, else the field's own. What the struct
// doesn't name is skipped. A pointer stands for a union with null; null leaves a field that isn't a pointer at zero. Types
// follow from each other as in github.com/twmb/avro, whose tag options are understood, too.
//
// With a Registry, records are in Confluent's wire format: the magic byte 0, the id of the schema that the record was
// written with, the element. Decoding takes that schema from the registry and resolves it against the reader's, by Avro's
// rules: fields in any order, numbers that grow from int to long to float to double, defaults for what the writer didn't
// have. Without a Schema the reader's is the struct: a field that the writer doesn't have is an error, unless it is a
// pointer or has a default by its tag: `avro:"z,default=0"`; a field may have had other names: `avro:"speed,alias=v"`.
//
// Without a Registry, records are bare: decoded with the schema that they are encoded with.
//
// The zero value derives the schema from the element type and uses no registry. A codec may be used concurrently, but not
// changed once it is used.
type Avro struct {
	// Schema is the text of the Avro schema to encode with and, when decoding, the reader's. Every field of the element
	// type must be in it, and when encoding it must have no other. Empty: the schema is derived from the element type; a
	// struct becomes a record of its name, a pointer a union with null (its default), a time.Time timestamp-micros.
	Schema string
	// Registry is where schemas are; nil for bare records.
	Registry *Registry
	// Subject is the name under which the registry keeps the schema to encode with; by custom that is the name of the topic
	// and "-value". Decoding doesn't need it.
	Subject string
	// UseRegistered says that nothing may be registered: Schema must be under the subject already, or, if it is empty, the
	// subject's latest schema is encoded with. By default the schema is registered under the subject when a run begins,
	// which does nothing if it is there already, and fails if it isn't compatible with earlier ones.
	UseRegistered bool
}

// Decoder implements [Codec].
func (a Avro) Decoder(t reflect.Type) (Decode, error) {
	var reader *avro.Schema
	if a.Schema != "" || a.Registry == nil {
		var err error
		if reader, _, err = a.local(t, true); err != nil {
			return nil, err
		}
	} else if err := checkAvroType(t); err != nil {
		return nil, err
	}
	if a.Registry == nil {
		return func(data []byte, into any) error { return decodeAvro(reader, data, 0, into) }, nil
	}
	resolver := &avroResolver{registry: a.Registry, reader: reader, typ: t}
	return func(data []byte, into any) error {
		id, rest, err := splitHeader(data)
		if err != nil {
			return err
		}
		resolved, err := resolver.resolved(id)
		if err != nil {
			return err
		}
		return decodeAvro(resolved, rest, headerSize, into)
	}, nil
}

// checkAvroType finds what is wrong with an element type that any writer's schema is to be decoded into.
func checkAvroType(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Struct:
		_, err := avroFields(t)
		return err
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.Uintptr, reflect.UnsafePointer:
		return fmt.Errorf("Avro has nothing like %s", t)
	}
	return nil
}

// Encoder implements [Codec]. With a Registry, it asks there for the schema's id.
func (a Avro) Encoder(t reflect.Type) (Encode, error) {
	if a.Registry == nil {
		bound, _, err := a.local(t, false)
		if err != nil {
			return nil, err
		}
		return func(dst []byte, element any) ([]byte, error) { return encodeAvro(bound, dst, dst, element) }, nil
	}
	bound, id, err := a.registered(t)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, element any) ([]byte, error) {
		return encodeAvro(bound, dst, appendHeader(dst, id), element)
	}, nil
}

// local returns the schema that doesn't come from the registry, bound to t and as it is.
func (a Avro) local(t reflect.Type, decoding bool) (bound, schema *avro.Schema, err error) {
	if a.Schema == "" {
		schema, err = deriveAvro(t)
	} else if schema, err = avro.Parse(a.Schema); err != nil {
		err = fmt.Errorf("the text of codec.Avro's Schema: %w", err)
	}
	if err != nil {
		return nil, nil, err
	}
	bound, err = bindAvro(schema, t, decoding, false)
	return bound, schema, err
}

// registered returns the schema to encode with, and its id in the registry.
func (a Avro) registered(t reflect.Type) (bound *avro.Schema, id int, err error) {
	if a.Subject == "" {
		return nil, 0, errNoSubject
	}
	if a.UseRegistered && a.Schema == "" {
		return a.latest(t)
	}
	bound, schema, err := a.local(t, false)
	if err != nil {
		return nil, 0, err
	}
	ask := a.Registry.register
	if a.UseRegistered {
		ask = a.Registry.find
	}
	answer, err := ask(a.Subject, sr.Schema{Type: sr.TypeAvro, Schema: schema.String()})
	return bound, answer.ID, err
}

var errNoSubject = errors.New("with a Registry, the codec needs a Subject to encode: " +
	`the name under which the registry keeps the schema, by custom the topic's name and "-value"`)

func (a Avro) latest(t reflect.Type) (bound *avro.Schema, id int, err error) {
	answer, err := a.Registry.latest(a.Subject)
	if err != nil {
		return nil, 0, err
	}
	schema, err := parseRegistered(a.Registry, answer.Schema)
	if err == nil {
		bound, err = bindAvro(schema, t, false, false)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("the latest schema of subject %q: %w", a.Subject, err)
	}
	return bound, answer.ID, nil
}

// decodeAvro decodes the rest of a record that begins at offset.
func decodeAvro(schema *avro.Schema, data []byte, offset int, into any) error {
	rest, err := schema.Decode(data, into)
	if err != nil {
		return explainAvro(err, into, offset+len(data))
	}
	if len(rest) > 0 {
		return &Error{Offset: offset + len(data) - len(rest),
			Err: fmt.Errorf("%d bytes are left over behind the element; was it written with another schema?", len(rest))}
	}
	return nil
}

// encodeAvro appends an element to extended, which is dst with the record's header.
func encodeAvro(schema *avro.Schema, dst, extended []byte, element any) ([]byte, error) {
	extended, err := schema.AppendEncode(extended, element)
	if err != nil {
		return dst, explainAvro(err, element, -1)
	}
	return extended, nil
}

// explainAvro makes an *Error of one that the library has with an element; end is the offset of the record's end.
func explainAvro(err error, element any, end int) error {
	explained := &Error{Offset: -1, Err: err}
	if semantic := (*avro.SemanticError)(nil); errors.As(err, &semantic) && semantic.Field != "" {
		explained.Field = avroPath(reflect.TypeOf(element), semantic.Field)
		if semantic.Err != nil {
			explained.Err = semantic.Err
		} else {
			explained.Err = fmt.Errorf("Avro's %s and Go's %s don't go together", semantic.AvroType, semantic.GoType)
		}
	}
	if short := (*avro.ShortBufferError)(nil); errors.As(err, &short) {
		explained.Offset = end
		explained.Err = fmt.Errorf("the record is cut off: %w", short)
	}
	return explained
}
