// Package registered is what the codecs have in common whose schemas are in a registry.
package registered

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/schemas"
)

// Settings are what a codec's options say of a registry. The zero value is for bare records.
type Settings struct {
	Package  string // of the codec, for messages
	Registry schemas.Registry
	// Subject is where the schema to encode with is.
	Subject string
	// LookupOnly says that this schema must be registered already.
	LookupOnly bool
	// UseLatest says that it is the subject's latest.
	UseLatest bool
}

// Check returns an error for options that contradict each other or have no effect.
func (s Settings) Check() error {
	if v := reflect.ValueOf(s.Registry); v.Kind() == reflect.Pointer && v.IsNil() {
		return fmt.Errorf("%s.Registry got a nil %s; has registry.New returned an error?", s.Package, v.Type())
	}
	if s.Registry == nil && (s.Subject != "" || s.LookupOnly || s.UseLatest) {
		return fmt.Errorf("%[1]s.Subject, AutoRegister and UseLatest have no effect without %[1]s.Registry", s.Package)
	}
	return nil
}

// CheckEncoder returns an error if the registry wouldn't be told which schema is encoded with.
func (s Settings) CheckEncoder() error {
	if s.Registry != nil && s.Subject == "" {
		return fmt.Errorf("to encode with a registry, %[1]s.Codec needs %[1]s.Subject: "+
			`the name under which the registry keeps the schema, by custom the topic's name and "-value"`, s.Package)
	}
	return nil
}

// Publish sees to it that a schema is registered under a subject, and returns its id.
func (s Settings) Publish(subject string, schema schemas.Schema) (id int, err error) {
	if s.LookupOnly {
		registered, err := s.Registry.Lookup(subject, schema)
		return registered.ID, err
	}
	return s.Registry.Register(subject, schema)
}

// WriterError returns the error of records whose writer's schema can't be used because of cause.
func WriterError(id int, cause error) error {
	explained := &codec.Error{Offset: -1}
	if where := (*codec.Error)(nil); errors.As(cause, &where) {
		explained.Field, cause = where.Field, where.Err
	}
	explained.Err = fmt.Errorf("schema %d, with which the record was written: %w", id, cause)
	return explained
}
