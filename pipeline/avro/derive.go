package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/schemas"
	"github.com/leat-go/leat/internal/avrojson"
	"github.com/leat-go/leat/pipeline/internal/format"
)

// This file makes the schema of results for which the pipeline file gives none: from what the expressions of emit say, and
// from what the results hold where they don't.

// give is what to do where no schema can be made.
const give = "give the schema by schema: FILE, or use the registered one by register: false"

// mostVersions is how many schemas results may lead to in a run. Members are as many as people write, so that there are few:
// more come from objects whose members' names are data, and would be as many schemas in the registry.
const mostVersions = 50

// A deriving codec is that of results whose schema follows from them. It implements [codec.Codec].
type deriving struct {
	format   *format.Format
	registry schemas.Registry
	subject  string
}

func newDeriving(f *format.Format, registry schemas.Registry) (codec.Codec, error) {
	subject, err := f.SubjectFor(recordName(f.Topic))
	return deriving{f, registry, subject}, err
}

// Decoder implements [codec.Codec].
func (d deriving) Decoder(t reflect.Type) (codec.Decode, error) {
	return avro.Codec(avro.Registry(d.registry)).Decoder(t)
}

// Encoder implements [codec.Codec]. Where the expressions say all types, the schema is registered at once, so that one which
// the registry refuses ends the run before it reads anything.
func (d deriving) Encoder(reflect.Type) (codec.Encode, error) {
	in := avrojson.NewInference(recordName(d.format.Topic), nil)
	w := &widening{deriving: d, inference: in}
	isKnown := d.format.Result != nil
	for _, m := range d.format.Result {
		if !avrojson.IsName(m.Name) {
			return nil, d.format.Name.Errorf("no schema can be made of emit: a name in Avro has letters, digits and _ only, and "+
				"begins with no digit, unlike %q: emit it under another name, or use JSON", m.Name)
		}
		if schema := m.AvroType(); schema != nil {
			in.Declare(m.Name, schema)
			w.rounded = append(w.rounded, m.Name)
			continue
		}
		in.Know(m.Name)
		isKnown = false
	}
	if !isKnown {
		return w.encode, nil
	}
	return w.encode, w.register(in)
}

// A widening encoder writes results with the schema that holds all those before it: one that it can't hold brings another
// version of it, with a wider type.
type widening struct {
	deriving
	// rounded are the members whose fractions may be rounded.
	rounded []string
	// current is the encoder of the schema at hand; nil before the first one.
	current atomic.Pointer[version]

	mu        sync.Mutex
	inference *avrojson.Inference
	versions  int
}

// A version is a schema that is registered.
type version struct {
	schema   string
	compiled *avrojson.Schema
	header   []byte
}

func (v *version) encode(dst []byte, element any) ([]byte, error) {
	encoded, err := v.compiled.AppendAvro(append(dst, v.header...), *element.(*json.RawMessage))
	if err != nil {
		return dst, err
	}
	return encoded, nil
}

// encode implements [codec.Encode]. It is safe for concurrent use.
func (w *widening) encode(dst []byte, element any) ([]byte, error) {
	var err error
	tried := w.current.Load()
	if tried != nil {
		var encoded []byte
		if encoded, err = tried.encode(dst, element); err == nil {
			return encoded, nil
		}
	}
	if err := w.widen(tried, err, *element.(*json.RawMessage)); err != nil {
		return dst, err
	}
	return w.current.Load().encode(dst, element)
}

// widen finds the schema that holds a result, too. failed is why the one that was tried doesn't.
func (w *widening) widen(tried *version, failed error, result []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current.Load() != tried {
		return nil // another result has brought one
	}
	next := w.inference.Clone()
	if err := w.adopt(next, result); err != nil {
		return err
	}
	if err := next.Add(result, "the result"); err != nil {
		return fmt.Errorf("%w; or %s", err, give)
	}
	schema, err := next.Schema()
	switch {
	case err != nil:
		return err
	case tried != nil && schema == tried.schema:
		return failed
	case w.versions == mostVersions:
		return fmt.Errorf("the results have led to %d schemas, each wider than the one before, since the names of members are "+
			"data or differ from one result to the next: %s", mostVersions, give)
	}
	return w.register(next)
}

// adopt takes what the subject's latest schema has, as far as it is one that results could have led to: what a run before
// this one, or another instance, has seen isn't narrowed again.
func (w *widening) adopt(in *avrojson.Inference, result []byte) error {
	latest, err := w.registry.Latest(w.subject)
	if errors.Is(err, codec.ErrUnavailable) {
		return err
	}
	if err != nil || latest.Type != schemas.Avro && latest.Type != "" || len(latest.References) > 0 {
		return nil // there is none, or none to go on with: to register says what else is wrong
	}
	schema, err := avrolib.Parse(latest.Text, avrolib.WithLaxNames(nil))
	if err != nil {
		return nil
	}
	adopted := in.Clone()
	adopted.Adopt(schema)
	if err := adopted.Clone().Add(result, ""); err == nil {
		*in = *adopted
	}
	return nil
}

// register takes a schema, once it is registered.
func (w *widening) register(in *avrojson.Inference) error {
	schema, err := in.Schema()
	if err != nil {
		return err
	}
	parsed, err := avrolib.Parse(schema)
	if err != nil {
		return fmt.Errorf("the schema that follows from the results: %w", err)
	}
	compiled, err := avrojson.New(parsed)
	if err != nil {
		return fmt.Errorf("the schema that follows from the results: %w", err)
	}
	compiled.Exact(w.rounded)
	id, err := w.registry.Register(w.subject, schemas.Schema{Type: schemas.Avro, Text: parsed.String()})
	if err != nil {
		return fmt.Errorf("the schema that follows from the results: %w", err)
	}
	w.inference = in
	w.versions++
	w.current.Store(&version{schema, compiled, schemas.AppendHeader(nil, id)})
	return nil
}

// recordName makes the name of a record from that of a topic.
func recordName(topic string) string {
	name := []byte(topic)
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			name[i] = '_'
		}
	}
	return string(name)
}
