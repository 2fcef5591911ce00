package avro

import (
	"fmt"
	"reflect"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/codec/internal/registered"
	"github.com/leat-go/leat/codec/schemas"
)

// A resolver finds out once for every writer's schema how its records are read.
type resolver struct {
	registry schemas.Registry
	reader   *avrolib.Schema // mapped to typ; nil where the writer's schema is read as it is
	typ      reflect.Type
	known    registered.Cache[int, resolution]
}

type resolution struct {
	schema *avrolib.Schema
	err    error
}

// resolved returns the schema that decodes what was written with the schema that has an id.
func (r *resolver) resolved(id int) (*avrolib.Schema, error) {
	if known, ok := r.known.Get(id); ok {
		return known.schema, known.err
	}
	written, references, err := r.fetch(id)
	if err != nil {
		return nil, err // which may be another one the next time
	}
	schema, err := r.resolve(written, references)
	if err != nil {
		err = registered.WriterError(id, err)
	}
	r.known.Put(id, resolution{schema, err})
	return schema, err
}

// fetch gets the schema that has an id, and those that it refers to.
func (r *resolver) fetch(id int) (written schemas.Schema, references []schemas.Registered, err error) {
	if written, err = r.registry.SchemaByID(id); err != nil {
		return written, nil, err
	}
	if references, err = fetchReferences(r.registry, written); err != nil {
		return written, nil, registered.WriterError(id, err)
	}
	return written, references, nil
}

func (r *resolver) resolve(written schemas.Schema, references []schemas.Registered) (*avrolib.Schema, error) {
	writer, err := parse(written, references)
	if err != nil {
		return nil, err
	}
	reader := r.reader
	if reader == nil {
		if reader, err = mapSchema(writer, r.typ, structReads); err != nil {
			return nil, err
		}
	}
	return avrolib.Resolve(writer, reader)
}

// maxReferences bounds how many schemas one may refer to, in case they refer to each other.
const maxReferences = 1000

// fetchReferences returns the schemas that another refers to, each behind those that it refers to itself.
func fetchReferences(registry schemas.Registry, schema schemas.Schema) (list []schemas.Registered, err error) {
	fetched := map[schemas.Reference]bool{}
	var fetch func(references []schemas.Reference) error
	fetch = func(references []schemas.Reference) error {
		for _, reference := range references {
			reference.Name = "" // the same schema, whatever it is called here
			if fetched[reference] {
				continue
			}
			if len(fetched) == maxReferences {
				return fmt.Errorf("it refers to more than %d others", maxReferences)
			}
			fetched[reference] = true
			referred, err := registry.Version(reference.Subject, reference.Version)
			if err != nil {
				return err
			}
			if err := fetch(referred.References); err != nil {
				return err
			}
			list = append(list, referred)
		}
		return nil
	}
	return list, fetch(schema.References)
}

// parse parses a schema of the registry, with those that it refers to.
func parse(schema schemas.Schema, references []schemas.Registered) (*avrolib.Schema, error) {
	if schema.Type != schemas.Avro {
		return nil, fmt.Errorf("its type is %s, want AVRO", schema.Type)
	}
	var cache avrolib.SchemaCache
	// Names that Avro doesn't allow do no harm, and there are writers that aren't strict.
	lax := avrolib.WithLaxNames(nil)
	for _, r := range references {
		if _, err := cache.Parse(r.Text, lax); err != nil {
			return nil, fmt.Errorf("version %d of subject %q, which it refers to: %w", r.Version, r.Subject, err)
		}
	}
	return cache.Parse(schema.Text, lax)
}
