// Package storage is the contract of the storages that pipeline files may name beside files and Kafka: a storage is a
// member at the top, which says how it is reached, and a member of each stream that lies in it. Each is a package of its
// own, which a program gives to pipeline.Load, so that no program carries drivers that it doesn't use.
package storage

import (
	"cmp"
	"crypto/tls"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Kind is a kind of storage, such as PostgreSQL. It has no state, and is safe for concurrent use.
type Kind interface {
	// Name is the member of pipeline files that names it, at the top and at a stream.
	Name() string
	// Connection reads the member at the top. It does no I/O and reads no secret. What is wrong is a [*description.Error].
	Connection(section *description.Section) (Connection, error)
	// Stream reads the member of a stream, likewise; name is what the pipeline file calls the stream.
	Stream(name string, section *description.Section) (*Stream, error)
	// Example is what a pipeline file may have at the top, for who has left it out.
	Example() string
}

// A Connection is how a storage is reached. It is safe for concurrent use.
type Connection interface {
	// Broker returns the storage for a run. Passwords and certificates are read then, unless the setup is without them.
	Broker(setup *Setup) (broker.Storage, error)
	// Access says where the pipeline file has address and password, for the storage's errors; see [broker.Job].
	Access() broker.Access
}

// A Stream is a stream of a storage, as a pipeline file describes it.
type Stream struct {
	// Name is the stream's name in the storage, and Text where the file has it.
	Name string
	Text description.Text
	// Called is how the storage's errors name it: "table orders".
	Called string
	// Reading is how it is read.
	Reading description.Reading
	// Queue says that no reader comes to the end of the stream: it waits for more.
	Queue bool
	// ReadOnce says that reading changes something in the storage, so that nothing can be looked up in the stream.
	ReadOnce bool
	// OnlyRead is a member that makes it one to be read, and OnlyWritten one to be written; nil for none.
	OnlyRead, OnlyWritten *description.Text
	// Settings are what the storage has read.
	Settings any
}

// A Setup is what a storage is made for: the streams of a run that lie in it.
type Setup struct {
	// Dir is the pipeline file's directory, from which its paths are seen.
	Dir string
	// Streams are those that are read or written.
	Streams []Declared
	// Undisclosed says that passwords and certificates aren't needed: nothing is opened.
	Undisclosed bool
}

// A Declared stream is one as it is declared to its storage, and as the pipeline file describes it.
type Declared struct {
	broker.Stream
	Stored *Stream
}

// Secrets reads a password and certificates, which are empty and nil where the pipeline file says nothing of them, or
// where the setup is without them.
func (s *Setup) Secrets(p Secret, t *description.TLS) (password string, certificates *tls.Config, err error) {
	if s.Undisclosed {
		return "", nil, nil
	}
	if password, err = p.value(); err != nil {
		return "", nil, err
	}
	certificates, err = s.certificates(t)
	return password, certificates, err
}

func (s *Setup) certificates(t *description.TLS) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	config, err := topic.TLSFiles{CA: s.Path(t.CA), Cert: s.Path(t.Cert), Key: s.Path(t.Key)}.Config()
	if err != nil {
		return nil, t.Name.Errorf("%v", err)
	}
	return config, nil
}

// Path returns a path of the pipeline file as seen from the working directory.
func (s *Setup) Path(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.Dir, path)
}

// A Secret is a password, in an environment variable that a pipeline file names.
type Secret struct{ variable description.Text }

// ReadSecret reads the member of a section that names the variable.
func ReadSecret(section *description.Section, member string) Secret {
	return Secret{section.Text(member)}
}

// Or says in which variable the password is; what is said otherwise where the pipeline file names none.
func (s Secret) Or(otherwise string) string {
	if s.variable.Value == "" {
		return otherwise + ", or in the environment variable that password_env: VARIABLE names"
	}
	return "the password is in the environment variable " + s.variable.Value + ", which password_env names"
}

// value returns the password; empty where the pipeline file names no variable. It is an error if the variable isn't set.
func (s Secret) value() (string, error) {
	if s.variable.Value == "" {
		return "", nil
	}
	if value := os.Getenv(s.variable.Value); value != "" {
		return value, nil
	}
	return "", s.variable.Errorf("the environment variable %s, which should hold the password, is not set", s.variable.Value)
}

// ReadReading reads the members of a stream that say how it is read, which are follow, data_timeout and max_element.
func (s *Stream) ReadReading(section *description.Section) {
	s.Reading = description.Reading{
		Follow:      section.Bool("follow"),
		DataTimeout: section.Duration("data_timeout"),
		MaxElement:  section.Size("max_element"),
	}
	s.OnlyReadIf(section, "follow", "data_timeout", "max_element")
}

// OnlyReadIf makes the stream one to be read where a section has one of the members.
func (s *Stream) OnlyReadIf(section *description.Section, members ...string) {
	s.OnlyRead = cmp.Or(s.OnlyRead, first(section, members))
}

// OnlyWrittenIf makes the stream one to be written where a section has one of the members.
func (s *Stream) OnlyWrittenIf(section *description.Section, members ...string) {
	s.OnlyWritten = cmp.Or(s.OnlyWritten, first(section, members))
}

func first(section *description.Section, members []string) *description.Text {
	for _, member := range members {
		if section.Has(member) {
			at := section.At(member)
			return &at
		}
	}
	return nil
}
