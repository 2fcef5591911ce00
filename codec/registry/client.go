// Package registry is a client of schema registries, for the codecs of package avro and package protobuf, and the wire format
// of the records whose schemas are in a registry.
//
//	schemas, err := registry.New(ctx, "https://localhost:8081", registry.BasicAuth("me", "secret"))
//	…
//	kafka.Topic[Location]("robot-locations", kafka.Codec(avro.Codec(avro.Registry(schemas)))),
//
// A registry keeps schemas under subjects, each with versions; every schema has an id. A record begins with the id of the
// schema that it was written with (the writer's), so that whoever reads it can get that schema, however old it is.
//
// It speaks the HTTP interface of Confluent's registry, as those of Redpanda and Karapace do.
package registry

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"golang.org/x/sync/singleflight"
)

const (
	// notFoundKept is how long a schema that the registry doesn't have isn't requested again: without it, a run that skips
	// what it can't decode would send a request for each record.
	notFoundKept = 10 * time.Second
	// notFoundMost bounds how many of them are remembered: ids come from the data, which may hold anything.
	notFoundMost = 1000
)

// A Client gets schemas from a registry, and registers them there. It remembers what it has got: each schema is requested
// once in a program's life, and each registered once, so give all codecs the same Client. Make one with [New]. It is safe
// for concurrent use.
//
// Connection errors and the registry's own trouble (5xx, 408, 429) are followed by further attempts, see [Timeout]; in the
// end they are an error that wraps [codec.ErrUnavailable]. What the registry refuses is an error at once, which wraps a
// *[sr.ResponseError].
type Client struct {
	ctx     context.Context
	timeout time.Duration
	client  *sr.Client
	flights singleflight.Group

	mu       sync.Mutex
	schemas  map[int]sr.Schema
	notFound map[int]notFound
	subjects map[string]sr.SubjectSchema
}

// A notFound is the registry's answer that it has no schema of an id, and until when it is believed.
type notFound struct {
	err   error
	until time.Time
}

// SchemaByID returns the schema that has an id.
func (c *Client) SchemaByID(id int) (sr.Schema, error) {
	if schema, known, err := c.cachedSchema(id); known {
		return schema, err
	}
	return once(c, "id "+strconv.Itoa(id), func() (sr.Schema, error) {
		if schema, known, err := c.cachedSchema(id); known { // another's request has been answered since
			return schema, err
		}
		return c.fetchSchema(id)
	})
}

func (c *Client) cachedSchema(id int) (schema sr.Schema, known bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if schema, known = c.schemas[id]; known {
		return schema, true, nil
	}
	if missing, ok := c.notFound[id]; ok && time.Now().Before(missing.until) {
		return schema, true, missing.err
	}
	return schema, false, nil
}

func (c *Client) fetchSchema(id int) (schema sr.Schema, err error) {
	err = c.retry(fmt.Sprintf("schema %d", id), func(ctx context.Context) error {
		schema, err = c.client.SchemaByID(ctx, id)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.schemas[id] = schema
		delete(c.notFound, id)
		return schema, nil
	}
	if status(err) == http.StatusNotFound {
		if len(c.notFound) >= notFoundMost {
			clear(c.notFound)
		}
		c.notFound[id] = notFound{err: err, until: time.Now().Add(notFoundKept)}
	}
	return sr.Schema{}, err
}

// Register registers a schema under a subject and returns it with its id. It does nothing if the schema is there already,
// and is an error if the registry finds it incompatible with the subject's earlier ones. The version isn't known then, see
// [Client.Lookup].
func (c *Client) Register(subject string, schema sr.Schema) (sr.SubjectSchema, error) {
	return c.remember(cacheKey("register", subject, schema), subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		id, err := c.client.RegisterSchema(ctx, subject, schema, -1, -1)
		return sr.SubjectSchema{Subject: subject, ID: id, Schema: schema}, err
	})
}

// Lookup returns a schema that must be registered under a subject already, with its id and version.
func (c *Client) Lookup(subject string, schema sr.Schema) (sr.SubjectSchema, error) {
	return c.remember(cacheKey("lookup", subject, schema), subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		return c.client.LookupSchema(ctx, subject, schema)
	})
}

// Version returns a version of a subject's schema.
func (c *Client) Version(subject string, version int) (sr.SubjectSchema, error) {
	key := strings.Join([]string{"version", subject, strconv.Itoa(version)}, "\x00")
	return c.remember(key, subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		return c.client.SchemaByVersion(ctx, subject, version)
	})
}

// Latest returns a subject's latest schema. It isn't remembered: a later call returns a newer one, if there is.
func (c *Client) Latest(subject string) (schema sr.SubjectSchema, err error) {
	err = c.retry("subject "+strconv.Quote(subject), func(ctx context.Context) error {
		schema, err = c.client.SchemaByVersion(ctx, subject, -1)
		return err
	})
	return schema, err
}

// cacheKey tells requests about a schema and a subject from others.
func cacheKey(verb, subject string, schema sr.Schema) string {
	return strings.Join([]string{verb, subject, schema.Type.String(), schema.Schema, fmt.Sprint(schema.References)}, "\x00")
}

// remember sends a request about a subject whose answer stays true, unless it has been answered before.
func (c *Client) remember(
	key, subject string, request func(context.Context) (sr.SubjectSchema, error),
) (sr.SubjectSchema, error) {
	if schema, known := c.cachedSubject(key); known {
		return schema, nil
	}
	return once(c, key, func() (schema sr.SubjectSchema, err error) {
		if schema, known := c.cachedSubject(key); known {
			return schema, nil
		}
		err = c.retry("subject "+strconv.Quote(subject), func(ctx context.Context) error {
			schema, err = request(ctx)
			return err
		})
		if err == nil {
			c.mu.Lock()
			c.subjects[key] = schema
			c.mu.Unlock()
		}
		return schema, err
	})
}

func (c *Client) cachedSubject(key string) (sr.SubjectSchema, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, known := c.subjects[key]
	return schema, known
}

// once sends a request once for all who need it at the same time.
func once[T any](c *Client, key string, request func() (T, error)) (T, error) {
	answer, err, _ := c.flights.Do(key, func() (any, error) { return request() })
	return answer.(T), err
}
