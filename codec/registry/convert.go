package registry

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec/schemas"
)

// schemaFrom returns a schema of the library's.
func schemaFrom(found sr.Schema) schemas.Schema {
	schema := schemas.Schema{Type: schemas.Type(found.Type.String()), Text: found.Schema}
	for _, r := range found.References {
		schema.References = append(schema.References, schemas.Reference(r))
	}
	return schema
}

// schemaFor returns a schema for the library.
func schemaFor(schema schemas.Schema) (converted sr.Schema, err error) {
	if err := converted.Type.UnmarshalText([]byte(schema.Type)); err != nil {
		return converted, fmt.Errorf("schema registry: %w", err)
	}
	converted.Schema = schema.Text
	for _, r := range schema.References {
		converted.References = append(converted.References, sr.SchemaReference(r))
	}
	return converted, nil
}
