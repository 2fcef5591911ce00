package codec

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
)

// An avroResolver finds out once for every writer's schema how its records are read.
type avroResolver struct {
	registry *Registry
	reader   *avro.Schema // bound to typ; nil where the writer's schema is read as it is
	typ      reflect.Type
	known    table[uint32, resolution]
}

type resolution struct {
	schema *avro.Schema
	err    error
}

// resolved returns the schema that decodes what was written with the schema that has an id.
func (a *avroResolver) resolved(id uint32) (*avro.Schema, error) {
	if r, ok := a.known.get(id); ok {
		return r.schema, r.err
	}
	written, err := a.registry.schema(id)
	if err != nil {
		return nil, err // which may be another one the next time
	}
	var r resolution
	if r.schema, err = a.resolve(written); err != nil {
		r.err = explainSchema(id, err)
	}
	a.known.put(id, r)
	return r.schema, r.err
}

// explainSchema returns the error of records whose schema can't be used because of cause.
func explainSchema(id uint32, cause error) error {
	explained := &Error{Offset: -1}
	if where := (*Error)(nil); errors.As(cause, &where) {
		explained.Field, cause = where.Field, where.Err
	}
	explained.Err = fmt.Errorf("schema %d, with which the record was written: %w", id, cause)
	return explained
}

func (a *avroResolver) resolve(written sr.Schema) (*avro.Schema, error) {
	writer, err := parseRegistered(a.registry, written)
	if err != nil {
		return nil, err
	}
	reader := a.reader
	if reader == nil {
		if reader, err = bindAvro(writer, a.typ, true, true); err != nil {
			return nil, err
		}
	}
	return avro.Resolve(writer, reader)
}

// maxReferences bounds how many schemas one may refer to, in case they refer to each other.
const maxReferences = 1000

// parseRegistered parses a schema of the registry, with those that it refers to.
func parseRegistered(registry *Registry, registered sr.Schema) (*avro.Schema, error) {
	if registered.Type != sr.TypeAvro {
		return nil, fmt.Errorf("its type is %s, want AVRO", registered.Type)
	}
	var cache avro.SchemaCache
	fetched := map[sr.SchemaReference]bool{}
	if err := parseReferences(registry, registered.References, &cache, fetched); err != nil {
		return nil, err
	}
	// Names that Avro doesn't allow do no harm, and there are writers that aren't strict.
	return cache.Parse(registered.Schema, avro.WithLaxNames(nil))
}

// parseReferences parses schemas that another refers to, each behind those that it refers to itself.
func parseReferences(
	registry *Registry, references []sr.SchemaReference, cache *avro.SchemaCache, fetched map[sr.SchemaReference]bool,
) error {
	for _, reference := range references {
		reference.Name = "" // the same schema, whatever it is called here
		if fetched[reference] {
			continue
		}
		if len(fetched) == maxReferences {
			return fmt.Errorf("it refers to more than %d others", maxReferences)
		}
		fetched[reference] = true
		schema, err := registry.version(reference.Subject, reference.Version)
		if err != nil {
			return err
		}
		if err := parseReferences(registry, schema.References, cache, fetched); err != nil {
			return err
		}
		if _, err := cache.Parse(schema.Schema.Schema, avro.WithLaxNames(nil)); err != nil {
			return fmt.Errorf("version %d of subject %q, which it refers to: %w", reference.Version, reference.Subject, err)
		}
	}
	return nil
}
