// Package redis lets pipeline files name Redis streams:
//
//	redis: {url: "redis://localhost:6379", password_env: REDIS}
//	streams:
//	  clicks: {redis: {stream: clicks}}
//
// A program gives it to the pipeline, as in pipeline.Load(path, redis.Storage()); the command leat does. What streams
// mean is described in package broker/redis.
package redis

import (
	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/redis"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// Storage returns the storage, for pipeline.Load and pipeline.Parse.
func Storage() storage.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "redis" }

func (kind) Example() string { return `redis: {url: "redis://localhost:6379", password_env: VARIABLE}` }

// A connection is what a pipeline file says of how to reach Redis.
type connection struct {
	url storage.URL
	tls *description.TLS
}

func (kind) Connection(section *description.Section) (storage.Connection, error) {
	section.Only("url", "password_env", "tls")
	c := &connection{storage.ReadURL(section, "redis://user@localhost:6379/0"), section.TLS()}
	return c, section.Err()
}

// settings are what a stream's section says beside what all storages know.
type settings struct{ fields, skipRemoved bool }

func (kind) Stream(_ string, section *description.Section) (*storage.Stream, error) {
	section.Only("stream", "fields", "skip_removed", "data_timeout", "max_element")
	section.One("{stream: KEY}", "stream")
	s := &storage.Stream{Text: section.Text("stream"), Queue: true}
	s.Name, s.Called = s.Text.Value, "stream "+s.Text.Value
	s.Settings = settings{section.Bool("fields"), section.Bool("skip_removed")}
	s.OnlyReadIf(section, "skip_removed")
	s.OnlyWrittenIf(section, "fields")
	s.ReadReading(section)
	return s, section.Err()
}

// Access implements [storage.Connection].
func (c *connection) Access() broker.Access { return c.url.Access() }

// Broker makes the broker of a run.
func (c *connection) Broker(setup *storage.Setup) (broker.Storage, error) {
	var options []redis.Option
	for _, s := range setup.Streams {
		options = append(options, declare(s))
	}
	password, certificates, err := setup.Secrets(c.url.Password, c.tls)
	if err != nil {
		return nil, err
	}
	return redis.New(c.url.Text.Value, append(options, redis.Configure(func(o *goredis.Options) {
		if password != "" {
			o.Password = password
		}
		if certificates != nil {
			o.TLSConfig = certificates
		}
	}))...), nil
}

// declare declares a stream.
func declare(s storage.Declared) redis.Option {
	set := s.Stored.Settings.(settings)
	options := storage.Options[redis.StreamOption]{
		Named: redis.Named, DataTimeout: redis.DataTimeout, MaxElement: redis.MaxElement,
	}.Of(s)
	if set.fields {
		options = append(options, redis.Fields())
	}
	if set.skipRemoved {
		options = append(options, redis.SkipRemoved())
	}
	return redis.Stream[object.Object](s.Name, options...)
}
