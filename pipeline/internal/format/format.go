// Package format is the contract of the formats that the records of a topic may have in pipeline files, beside JSON. Each is
// a package of its own, which a program gives to pipeline.Load, so that no program carries formats that it doesn't use.
package format

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/schemas"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// A Kind is a format, such as Avro. It has no state, and is safe for concurrent use.
type Kind interface {
	// Name is what pipeline files call it.
	Name() string
	// Check returns what is wrong with what a pipeline file says, a [*description.Error]. It does no I/O.
	Check(f *Format) error
	// Codec returns the codec of records whose elements are [json.RawMessage]. It reads the files and asks the registry that
	// the format names.
	Codec(f *Format, session *Session) (codec.Codec, error)
}

// Names are those of all formats that a program may carry.
func Names() []string { return []string{"avro", "protobuf", "json"} }

// A Format is that of a stream's values, or of its keys.
type Format struct {
	*description.Format
	Kind Kind
	// Topic is the stream's topic.
	Topic string
	// IsKey says that it is that of keys, and IsOutput that it is written.
	IsKey, IsOutput bool
	// Registry is the schema registry of the pipeline file; nil where it has none.
	Registry *description.Registry
	// Result is what is known of results; nil where joined elements are written, and for what is read.
	Result []Member
}

// A Member is one of a result. Its kind is Unknown where only its values say it.
type Member struct {
	Name string
	Kind expression.Kind
	// IsWhole says that it is a whole number, and IsFraction that it is one that may have decimals, as a quotient may; neither
	// where its values say it.
	IsWhole, IsFraction bool
}

// The framings: what stands before an element.
const (
	Framed       = "registry"
	Bare         = "none"
	SingleObject = "single_object"
)

// Frame returns the framing: where the file doesn't say, that of the registry if there is one.
func (f *Format) Frame() string {
	switch {
	case f.Framing.Value != "":
		return f.Framing.Value
	case f.Registry != nil:
		return Framed
	}
	return Bare
}

// IsFramed reports whether records begin with the id of a schema.
func (f *Format) IsFramed() bool { return f.Frame() == Framed }

// CheckFraming finds what is wrong with the framing and what goes with a registry, for a format that has these framings.
func (f *Format) CheckFraming(framings ...string) error {
	known := false
	for _, framing := range framings {
		known = known || framing == f.Frame()
	}
	switch {
	case f.Framing.Value != "" && !known:
		return f.Framing.Errorf("records in %s have no framing %q%s", f.Name.Value, f.Framing.Value,
			description.Suggest(f.Framing.Value, framings))
	case f.Framing.Value == Framed && f.Registry == nil:
		return f.Framing.Errorf("the file doesn't say where the registry is: add " +
			"registry: {url: \"http://localhost:8081\"} to kafka")
	case f.IsFramed() && f.Subject.Value != "" && !f.IsOutput:
		return f.Subject.Errorf("the subject is that of the schema to write with, and each record that is read says its own: " +
			"take it out")
	case f.Unregistered != nil && !f.IsOutput:
		return f.Unregistered.Errorf("register says how results are written, but this stream is read: take it out")
	case f.IsFramed():
		return nil
	case f.Subject.Value != "":
		return f.Subject.Errorf("a subject is in a registry, and these records are written without one: take it out")
	case f.Unregistered != nil:
		return f.Unregistered.Errorf("register is about a registry, and these records are written without one: take it out")
	}
	return nil
}

// SubjectFor returns the subject of the schema to write with, for a record of a name.
func (f *Format) SubjectFor(record string) (string, error) {
	end := "-value"
	if f.IsKey {
		end = "-key"
	}
	by := f.Registry.Subjects
	switch {
	case f.Subject.Value != "":
		return f.Subject.Value, nil
	case by == "topic":
		return f.Topic + end, nil
	case record == "":
		return "", f.Name.Errorf("subjects are called after the %s, and without a schema it isn't known: "+
			"add schema: FILE or subject: NAME", by)
	case by == "record":
		return record, nil
	}
	return f.Topic + "-" + record, nil
}

// A Session is one run of a pipeline, or one look at its streams. It is safe for concurrent use.
type Session struct {
	ctx context.Context
	dir string

	once     sync.Once
	registry schemas.Registry
	err      error
}

// NewSession returns a session of a pipeline file in a directory. When ctx ends, so do its requests.
func NewSession(ctx context.Context, dir string) *Session { return &Session{ctx: ctx, dir: dir} }

// Connect returns how a registry is reached that a pipeline file in a directory describes.
type Connect func(ctx context.Context, dir string, at *description.Registry) (schemas.Registry, error)

// Client returns the client of the registry, which all streams share.
func (s *Session) Client(at *description.Registry, connect Connect) (schemas.Registry, error) {
	s.once.Do(func() { s.registry, s.err = connect(s.ctx, s.dir, at) })
	return s.registry, s.err
}

// Path returns a path of the pipeline file as seen from the working directory.
func (s *Session) Path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.dir, path)
}

// ReadSchema returns the text of the schema's file; empty where the pipeline file names none.
func (s *Session) ReadSchema(f *Format) (string, error) {
	if f.Schema.Value == "" {
		return "", nil
	}
	text, err := os.ReadFile(s.Path(f.Schema.Value))
	if err != nil {
		return "", f.Schema.Errorf("the schema can't be read: %v", err)
	}
	return string(text), nil
}

// In returns the codec of records in a session. Files are read, and the registry is asked, when a decoder or an encoder is
// wanted, so that a plan needs neither. What fails then says where the pipeline file has the format.
func (f *Format) In(session *Session) codec.Codec { return opened{f, session} }

// An opened format implements [codec.Codec], for elements of one type.
type opened struct {
	format  *Format
	session *Session
}

var element = reflect.TypeFor[json.RawMessage]()

// Decoder implements [codec.Codec].
func (o opened) Decoder(reflect.Type) (codec.Decode, error) {
	c, err := o.format.Kind.Codec(o.format, o.session)
	if err != nil {
		return nil, o.locate(err)
	}
	decode, err := c.Decoder(element)
	return decode, o.locate(err)
}

// Encoder implements [codec.Codec].
func (o opened) Encoder(reflect.Type) (codec.Encode, error) {
	c, err := o.format.Kind.Codec(o.format, o.session)
	if err != nil {
		return nil, o.locate(err)
	}
	encode, err := c.Encoder(element)
	return encode, o.locate(err)
}

// locate says where the pipeline file has the format.
func (o opened) locate(err error) error {
	if err == nil || errors.As(err, new(*description.Error)) {
		return err
	}
	what := "values"
	if o.format.IsKey {
		what = "keys"
	}
	where := o.format.Name.Location()
	if where != "" {
		where += ": "
	}
	return fmt.Errorf("%s%s of topic %s in %s: %w", where, what, o.format.Topic, o.format.Name.Value, err)
}
