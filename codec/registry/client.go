// Package registry is a client of schema registries, for the codecs of package avro and package protobuf.
//
//	schemas, err := registry.New(ctx, "https://localhost:8081", registry.BasicAuth("me", "secret"))
//	…
//	kafka.Topic[Location]("robot-locations", kafka.Codec(avro.Codec(avro.Registry(schemas)))),
//
// A registry keeps schemas under subjects, each with versions; every schema has an id. A record begins with the id of
// the schema that it was written with (the writer's), so that whoever reads it can get that schema, however old it is.
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

	"github.com/leat-go/leat/codec/schemas"
)

const (
	// notFoundKept is how long a schema that the registry doesn't have isn't requested again: without it, a run that skips
	// what it can't decode would send a request for each record.
	notFoundKept = 10 * time.Second
	// notFoundMost bounds how many of them are remembered: ids come from the data, which may hold anything.
	notFoundMost = 1000
)

var _ schemas.Registry = (*Client)(nil)

// A Client gets schemas from a registry, and registers them there. It remembers what it has got: each schema is
// requested once in a program's life, and each registered once, so give all codecs the same Client. Make one with
// [New]. It is safe for concurrent use.
//
// Connection errors and the registry's own trouble (5xx, 408, 429) are followed by further attempts, see [Timeout]; in
// the end they are an error that wraps [codec.ErrUnavailable]. What the registry refuses is an error at once, which
// wraps a *[sr.ResponseError].
type Client struct {
	ctx     context.Context
	timeout time.Duration
	client  *sr.Client
	flights singleflight.Group

	mu       sync.Mutex
	schemas  map[int]schemas.Schema
	notFound map[int]notFound
	subjects map[string]schemas.Registered
}

// A notFound is the registry's answer that it has no schema of an id, and until when it is believed.
type notFound struct {
	err   error
	until time.Time
}

// SchemaByID returns the schema that has an id.
func (c *Client) SchemaByID(id int) (schemas.Schema, error) {
	if schema, known, err := c.cachedSchema(id); known {
		return schema, err
	}
	return once(c, "id "+strconv.Itoa(id), func() (schemas.Schema, error) {
		if schema, known, err := c.cachedSchema(id); known { // another's request has been answered since
			return schema, err
		}
		return c.fetchSchema(id)
	})
}

func (c *Client) cachedSchema(id int) (schema schemas.Schema, known bool, err error) {
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

func (c *Client) fetchSchema(id int) (schema schemas.Schema, err error) {
	err = c.retry(fmt.Sprintf("schema %d", id), func(ctx context.Context) error {
		found, err := c.client.SchemaByID(ctx, id)
		schema = schemaFrom(found)
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
	return schemas.Schema{}, err
}

// Register registers a schema under a subject and returns its id. It does nothing if the schema is there already, and
// is an error if the registry finds it incompatible with the subject's earlier ones.
func (c *Client) Register(subject string, schema schemas.Schema) (id int, err error) {
	converted, err := schemaFor(schema)
	if err != nil {
		return 0, err
	}
	key := cacheKey("register", subject, schema)
	registered, err := c.remember(key, subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		id, err := c.client.RegisterSchema(ctx, subject, converted, -1, -1)
		return sr.SubjectSchema{ID: id}, err
	})
	return registered.ID, err
}

// Lookup returns a schema that must be registered under a subject already.
func (c *Client) Lookup(subject string, schema schemas.Schema) (schemas.Registered, error) {
	converted, err := schemaFor(schema)
	if err != nil {
		return schemas.Registered{}, err
	}
	return c.remember(cacheKey("lookup", subject, schema), subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		return c.client.LookupSchema(ctx, subject, converted)
	})
}

// Version returns a version of a subject's schema.
func (c *Client) Version(subject string, version int) (schemas.Registered, error) {
	key := strings.Join([]string{"version", subject, strconv.Itoa(version)}, "\x00")
	return c.remember(key, subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		return c.client.SchemaByVersion(ctx, subject, version)
	})
}

// Latest returns a subject's latest schema. It isn't remembered: a later call returns a newer one, if there is.
func (c *Client) Latest(subject string) (schemas.Registered, error) {
	return c.request(subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		return c.client.SchemaByVersion(ctx, subject, -1)
	})
}

// cacheKey tells requests about a schema and a subject from others.
func cacheKey(verb, subject string, schema schemas.Schema) string {
	return strings.Join([]string{verb, subject, string(schema.Type), schema.Text, fmt.Sprint(schema.References)}, "\x00")
}

// remember sends a request about a subject whose answer stays true, unless it has been answered before.
func (c *Client) remember(
	key, subject string, send func(context.Context) (sr.SubjectSchema, error),
) (schemas.Registered, error) {
	if registered, known := c.cachedSubject(key); known {
		return registered, nil
	}
	return once(c, key, func() (schemas.Registered, error) {
		if registered, known := c.cachedSubject(key); known {
			return registered, nil
		}
		registered, err := c.request(subject, send)
		if err == nil {
			c.mu.Lock()
			c.subjects[key] = registered
			c.mu.Unlock()
		}
		return registered, err
	})
}

// request sends a request about a subject.
func (c *Client) request(
	subject string, send func(context.Context) (sr.SubjectSchema, error),
) (registered schemas.Registered, err error) {
	err = c.retry("subject "+strconv.Quote(subject), func(ctx context.Context) error {
		found, err := send(ctx)
		registered = schemas.Registered{
			Schema:  schemaFrom(found.Schema),
			Subject: found.Subject,
			Version: found.Version,
			ID:      found.ID,
		}
		return err
	})
	return registered, err
}

func (c *Client) cachedSubject(key string) (schemas.Registered, bool) {
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
