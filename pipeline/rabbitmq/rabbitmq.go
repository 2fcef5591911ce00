// Package rabbitmq lets pipeline files name RabbitMQ streams, and queues for results:
//
//	rabbitmq: {url: "rabbitmq-stream://guest@localhost:5552", password_env: RABBIT}
//	streams:
//	  events: {rabbitmq: {stream: events}}
//	  tasks:  {rabbitmq: {queue: tasks}}
//
// A program gives it to the pipeline, as in pipeline.Load(path, rabbitmq.Storage()); the command leat does. What streams
// and queues mean is described in package broker/rabbitmq.
package rabbitmq

import (
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// Storage returns the storage, for pipeline.Load and pipeline.Parse.
func Storage() storage.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "rabbitmq" }

func (kind) Example() string {
	return `rabbitmq: {url: "rabbitmq-stream://guest@localhost:5552", password_env: VARIABLE}`
}

// A connection is what a pipeline file says of how to reach RabbitMQ.
type connection struct {
	url storage.URL
	// amqp is where queues are written; empty for the usual port of the same server.
	amqp storage.URL
	tls  *description.TLS
}

func (kind) Connection(section *description.Section) (storage.Connection, error) {
	section.Only("url", "amqp", "password_env", "tls")
	c := &connection{storage.ReadURL(section, "rabbitmq-stream://user@localhost:5552"),
		storage.ReadAnotherURL(section, "amqp", "amqp://user@localhost:5672"), section.TLS()}
	if section.Err() == nil && c.tls != nil && c.url.Scheme() == "rabbitmq-stream" {
		return nil, c.url.Text.Errorf("the url begins with rabbitmq-stream://, by which there is no TLS: it is " +
			"rabbitmq-stream+tls:// with tls, whose port is 5551 if nothing else is said; or take tls out")
	}
	return c, section.Err()
}

// settings are what a stream's section says beside what all storages know.
type settings struct {
	queue     bool
	maxAge    time.Duration
	maxLength int
}

func (kind) Stream(_ string, section *description.Section) (*storage.Stream, error) {
	section.Only("stream", "queue", "tombstones", "data_timeout", "max_element", "max_age", "max_length")
	form := section.One("{stream: NAME}, or, for results, {queue: NAME}", "stream", "queue")
	s := &storage.Stream{Queue: true}
	s.OnlyReadIf(section, "tombstones")
	s.OnlyWrittenIf(section, "queue", "max_age", "max_length")
	s.Text = section.Text("stream")
	if form == "queue" {
		s.Text = section.Text("queue")
	}
	s.Name, s.Called = s.Text.Value, form+" "+s.Text.Value
	s.Settings = settings{form == "queue", section.Duration("max_age"), section.Size("max_length")}
	s.ReadReading(section)
	s.Reading.Tombstones = section.Bool("tombstones")
	return s, section.Err()
}

// Access implements [storage.Connection].
func (c *connection) Access() broker.Access { return c.url.Access() }

// Broker makes the broker of a run.
func (c *connection) Broker(setup *storage.Setup) (broker.Storage, error) {
	var options []rabbitmq.Option
	for _, s := range setup.Streams {
		options = append(options, declare(s))
	}
	password, certificates, err := setup.Secrets(c.url.Password, c.tls)
	if err != nil {
		return nil, err
	}
	if certificates != nil {
		options = append(options, rabbitmq.TLS(certificates))
	}
	if c.amqp.Text.Value != "" {
		options = append(options, rabbitmq.AMQP(c.amqp.With(password)))
	}
	return rabbitmq.New(c.url.With(password), options...), nil
}

// declare declares a stream.
func declare(s storage.Declared) rabbitmq.Option {
	set := s.Stored.Settings.(settings)
	options := storage.Options[rabbitmq.StreamOption]{
		Named: rabbitmq.Named, DataTimeout: rabbitmq.DataTimeout, MaxElement: rabbitmq.MaxElement,
	}.Of(s)
	if s.Stored.Reading.Tombstones {
		options = append(options, rabbitmq.Tombstones())
	}
	if set.maxAge > 0 {
		options = append(options, rabbitmq.MaxAge(set.maxAge))
	}
	if set.maxLength > 0 {
		options = append(options, rabbitmq.MaxLength(int64(set.maxLength)))
	}
	if set.queue {
		return rabbitmq.Queue[object.Object](s.Name, options...)
	}
	return rabbitmq.Stream[object.Object](s.Name, options...)
}
