// Package nats lets pipeline files name subjects of NATS JetStream:
//
//	nats: {url: "nats://localhost:4222", creds: shop.creds}
//	streams:
//	  ticks: {nats: {subject: ticks.eu, stream: TICKS}}
//
// A program gives it to the pipeline, as in pipeline.Load(path, nats.Storage()); the command leat does. What subjects
// mean is described in package broker/nats.
package nats

import (
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// Storage returns the storage, for pipeline.Load and pipeline.Parse.
func Storage() storage.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "nats" }

func (kind) Example() string { return `nats: {url: "nats://localhost:4222"}` }

// A connection is what a pipeline file says of how to reach NATS.
type connection struct {
	url         storage.URL
	user, creds string
	tls         *description.TLS
}

func (kind) Connection(section *description.Section) (storage.Connection, error) {
	section.Only("url", "user", "password_env", "creds", "tls")
	c := &connection{url: storage.ReadURL(section, "nats://localhost:4222"), user: section.Text("user").Value,
		creds: section.Text("creds").Value, tls: section.TLS()}
	switch {
	case section.Err() != nil:
	case (c.user != "") != section.Has("password_env"):
		return nil, section.Errorf("a user needs a password, and a password its user: give both, user: NAME and " +
			"password_env: VARIABLE, or creds: FILE")
	}
	return c, section.Err()
}

// settings are what a stream's section says beside what all storages know.
type settings struct {
	stream      string
	replicas    int
	skipRemoved bool
}

func (kind) Stream(_ string, section *description.Section) (*storage.Stream, error) {
	section.Only("subject", "stream", "replicas", "skip_removed", "data_timeout", "max_element")
	section.One("{subject: NAME, stream: NAME}", "subject")
	s := &storage.Stream{Text: section.Text("subject"), Queue: true}
	s.Name, s.Called = s.Text.Value, "subject "+s.Text.Value
	s.Settings = settings{section.Text("stream").Value, section.Count("replicas"), section.Bool("skip_removed")}
	s.OnlyReadIf(section, "skip_removed")
	s.OnlyWrittenIf(section, "replicas")
	s.ReadReading(section)
	return s, section.Err()
}

// Access implements [storage.Connection].
func (c *connection) Access() broker.Access {
	access := c.url.Access()
	switch {
	case c.creds != "":
		access.Password = "they are in the file that creds names, " + c.creds
	case c.user == "":
		access.Password = "give user: NAME and password_env: VARIABLE, or creds: FILE"
	}
	return access
}

// Broker makes the broker of a run.
func (c *connection) Broker(setup *storage.Setup) (broker.Storage, error) {
	var options []nats.Option
	for _, s := range setup.Streams {
		options = append(options, declare(s))
	}
	password, certificates, err := setup.Secrets(c.url.Password, c.tls)
	if err != nil {
		return nil, err
	}
	if c.user != "" {
		options = append(options, nats.User(c.user, password))
	}
	if c.creds != "" {
		options = append(options, nats.Credentials(setup.Path(c.creds)))
	}
	if certificates != nil {
		options = append(options, nats.TLS(certificates))
	}
	return nats.New(c.url.Text.Value, options...), nil
}

// declare declares a stream.
func declare(s storage.Declared) nats.Option {
	set := s.Stored.Settings.(settings)
	options := storage.Options[nats.SubjectOption]{
		Named: nats.Named, DataTimeout: nats.DataTimeout, MaxElement: nats.MaxElement,
	}.Of(s)
	if set.stream != "" {
		options = append(options, nats.InStream(set.stream))
	}
	if set.replicas > 0 {
		options = append(options, nats.Replicas(set.replicas))
	}
	if set.skipRemoved {
		options = append(options, nats.SkipRemoved())
	}
	return nats.Subject[object.Object](s.Name, options...)
}
