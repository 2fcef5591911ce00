// Package schemas is what codecs know of a schema registry, and the header of the records whose schemas are in one.
//
// Who uses a registry needs package registry alone, whose client is a [Registry]. This package is for who writes a
// codec with a registry, or a registry of one's own: schemas in files, or a service that speaks another language. It
// stands apart so that a program whose records are bare carries no HTTP client.
package schemas

// A Registry keeps schemas under subjects, each with versions; every schema has an id, and equal schemas may have the
// same. It must be safe for concurrent use. An error wraps [codec.ErrUnavailable] if a later call may succeed, since
// the run is stopped then and no record skipped.
type Registry interface {
	// SchemaByID returns the schema that has an id. It is called for each id that records begin with, so it should
	// remember answers.
	SchemaByID(id int) (Schema, error)
	// Version returns a version of a subject's schema.
	Version(subject string, version int) (Registered, error)
	// Latest returns a subject's latest schema.
	Latest(subject string) (Registered, error)
	// Lookup returns a schema that must be registered under a subject already.
	Lookup(subject string, schema Schema) (Registered, error)
	// Register registers a schema under a subject, if it isn't there already, and returns its id. It is an error if the
	// schema is incompatible with the subject's earlier ones.
	Register(subject string, schema Schema) (id int, err error)
}

// A Type says what language a schema is written in, as registries call it.
type Type string

// The types of the schemas that have a codec here.
const (
	Avro     Type = "AVRO"
	Protobuf Type = "PROTOBUF"
	JSON     Type = "JSON"
)

// A Schema describes records.
type Schema struct {
	Type Type
	// Text is the schema itself. That of Protobuf may be a file's description, serialized, in base64.
	Text string
	// References are the schemas that this one refers to.
	References []Reference
}

// A Reference is a schema that another refers to.
type Reference struct {
	// Name is what the schema is called there: a type of Avro, a file of Protobuf.
	Name    string
	Subject string
	Version int
}

// Registered is a schema under a subject.
type Registered struct {
	Schema
	Subject string
	// Version counts the subject's schemas.
	Version int
	ID      int
}
