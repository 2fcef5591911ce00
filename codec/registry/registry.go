package codec

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"golang.org/x/sync/singleflight"
)

// ErrRegistryUnavailable is wrapped by the errors of decoders and encoders whose schema registry gave no answer, however
// often it was asked. The record may well be good then: it should stop the run, not be skipped.
var ErrRegistryUnavailable = errors.New("the schema registry is unavailable")

const (
	registryTimeout = 30 * time.Second
	firstPause      = 100 * time.Millisecond
	longestPause    = 5 * time.Second
	// absenceKept is how long a schema that the registry doesn't have isn't asked for again: without it, a run that skips
	// what it can't decode would ask once for each record.
	absenceKept = 10 * time.Second
	// absencesKept bounds how many of them are remembered: ids come from the data, which may hold anything.
	absencesKept = 1000
)

// A Registry is a schema registry that speaks Confluent's HTTP interface, as those of Confluent, Redpanda and Karapace do.
// Codecs that are given the same Registry share what it has answered: each schema is fetched once, and each registered
// once. Make one with [NewRegistry]. It is safe for concurrent use.
type Registry struct {
	// Timeout limits the time that one question takes with all attempts at it; 0 stands for 30 seconds. It must not be
	// changed once the registry is in use.
	Timeout time.Duration

	ctx    context.Context
	client *sr.Client
	calls  singleflight.Group

	mu      sync.Mutex
	schemas map[uint32]sr.Schema
	absent  map[uint32]absence
	answers map[string]sr.SubjectSchema
}

// An absence is the registry's final answer to the question for a schema, and until when it is believed.
type absence struct {
	err   error
	until time.Time
}

// NewRegistry returns the registry that the options describe: [sr.URLs] says where it is, [sr.BasicAuth],
// [sr.BearerToken] and [sr.DialTLSConfig] how to get in. It is asked for the first time when a codec needs it. When ctx
// ends, so do all questions under way; a decoder knows no other context.
//
// Connection errors, and answers that tell of the registry's own trouble, are followed by further attempts, at growing
// intervals, within [Registry.Timeout]. Each attempt ends after 5 seconds, unless [sr.HTTPClient] says otherwise.
func NewRegistry(ctx context.Context, options ...sr.ClientOpt) (*Registry, error) {
	client, err := sr.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("schema registry: %w", err)
	}
	return &Registry{
		ctx:     ctx,
		client:  client,
		schemas: map[uint32]sr.Schema{},
		absent:  map[uint32]absence{},
		answers: map[string]sr.SubjectSchema{},
	}, nil
}

// schema returns the schema that has an id.
func (r *Registry) schema(id uint32) (sr.Schema, error) {
	if schema, known, err := r.knownSchema(id); known {
		return schema, err
	}
	return share(r, "id "+strconv.Itoa(int(id)), func() (sr.Schema, error) {
		// Another's question may have been answered since.
		if schema, known, err := r.knownSchema(id); known {
			return schema, err
		}
		return r.fetch(id)
	})
}

// knownSchema returns what is remembered of the schema that has an id.
func (r *Registry) knownSchema(id uint32) (schema sr.Schema, known bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if schema, known = r.schemas[id]; known {
		return schema, true, nil
	}
	if refused, ok := r.absent[id]; ok && time.Now().Before(refused.until) {
		return schema, true, refused.err
	}
	return schema, false, nil
}

func (r *Registry) fetch(id uint32) (schema sr.Schema, err error) {
	err = r.ask(fmt.Sprintf("schema %d", id), func(ctx context.Context) error {
		schema, err = r.client.SchemaByID(ctx, int(id))
		return err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.schemas[id] = schema
		delete(r.absent, id)
		return schema, nil
	}
	if status(err) == http.StatusNotFound {
		if len(r.absent) >= absencesKept {
			clear(r.absent)
		}
		r.absent[id] = absence{err: err, until: time.Now().Add(absenceKept)}
	}
	return sr.Schema{}, err
}

// register registers a schema under a subject, where that hasn't happened yet, and returns it with its id.
func (r *Registry) register(subject string, schema sr.Schema) (sr.SubjectSchema, error) {
	return r.remember(key("register", subject, schema), subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		id, err := r.client.RegisterSchema(ctx, subject, schema, -1, -1)
		return sr.SubjectSchema{Subject: subject, ID: id, Schema: schema}, err
	})
}

// find returns a schema that must be registered under a subject already, with its id and version.
func (r *Registry) find(subject string, schema sr.Schema) (sr.SubjectSchema, error) {
	return r.remember(key("find", subject, schema), subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		return r.client.LookupSchema(ctx, subject, schema)
	})
}

// latest returns a subject's latest schema. It isn't remembered: the next run shall see a newer one.
func (r *Registry) latest(subject string) (schema sr.SubjectSchema, err error) {
	err = r.ask("subject "+strconv.Quote(subject), func(ctx context.Context) error {
		schema, err = r.client.SchemaByVersion(ctx, subject, -1)
		return err
	})
	return schema, err
}

// version returns a version of a subject's schema.
func (r *Registry) version(subject string, version int) (sr.SubjectSchema, error) {
	return r.remember("version "+strconv.Itoa(version)+" "+subject, subject, func(ctx context.Context) (sr.SubjectSchema, error) {
		return r.client.SchemaByVersion(ctx, subject, version)
	})
}

// key tells questions about a schema and a subject from others.
func key(verb, subject string, schema sr.Schema) string {
	return verb + "\x00" + subject + "\x00" + schema.Type.String() + "\x00" + schema.Schema
}

// remember asks a question about a subject whose answer stays true, unless it has been asked before.
func (r *Registry) remember(
	key, subject string, ask func(context.Context) (sr.SubjectSchema, error),
) (sr.SubjectSchema, error) {
	if answer, known := r.knownAnswer(key); known {
		return answer, nil
	}
	return share(r, key, func() (answer sr.SubjectSchema, err error) {
		if answer, known := r.knownAnswer(key); known {
			return answer, nil
		}
		err = r.ask("subject "+strconv.Quote(subject), func(ctx context.Context) error {
			answer, err = ask(ctx)
			return err
		})
		if err == nil {
			r.mu.Lock()
			r.answers[key] = answer
			r.mu.Unlock()
		}
		return answer, err
	})
}

func (r *Registry) knownAnswer(key string) (sr.SubjectSchema, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer, known := r.answers[key]
	return answer, known
}

// share asks a question once for all who ask it at the same time.
func share[T any](r *Registry, key string, ask func() (T, error)) (T, error) {
	answer, err, _ := r.calls.Do(key, func() (any, error) { return ask() })
	return answer.(T), err
}

// ask asks the registry until it answers, the time is up, or its answer is final. An error begins with what was asked for.
func (r *Registry) ask(what string, call func(context.Context) error) error {
	timeout := cmp.Or(r.Timeout, registryTimeout)
	ctx, cancel := context.WithTimeout(r.ctx, timeout)
	defer cancel()
	for attempts, pause := 1, firstPause; ; attempts, pause = attempts+1, min(2*pause, longestPause) {
		err := call(ctx)
		if err == nil {
			return nil
		}
		if r.ctx.Err() != nil {
			return fmt.Errorf("schema registry, %s: %w", what, context.Cause(r.ctx))
		}
		if !passing(err) {
			return fmt.Errorf("schema registry, %s: %s%w", what, advice(err), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s: no answer within %s, attempts: %d: %w",
				ErrRegistryUnavailable, what, timeout, attempts, err)
		case <-time.After(pause):
		}
	}
}

// status returns the status of the registry's answer; 0 where there was none.
func status(err error) int {
	if refused := (*sr.ResponseError)(nil); errors.As(err, &refused) {
		return refused.StatusCode
	}
	return 0
}

// passing tells whether the same question may get another answer a little later.
func passing(err error) bool {
	if code := status(err); code != 0 {
		return code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout
	}
	if foreign := (*tls.CertificateVerificationError)(nil); errors.As(err, &foreign) {
		return false
	}
	unreachable := (*url.Error)(nil)
	return errors.As(err, &unreachable) || errors.Is(err, io.ErrUnexpectedEOF)
}

// advice says, before the registry's own words, what its answer means for the user.
func advice(err error) string {
	switch status(err) {
	case 0:
		return ""
	case http.StatusUnauthorized:
		return "it doesn't know who is asking (401); give NewRegistry sr.BasicAuth or sr.BearerToken: "
	case http.StatusForbidden:
		return "this user may not do that (403): "
	case http.StatusNotFound:
		return "it isn't there (404); is this the registry that the topic's writers use? "
	case http.StatusConflict:
		return "the schema doesn't fit the subject's earlier ones (409): "
	case http.StatusUnprocessableEntity:
		return "it refuses the schema (422): "
	}
	return fmt.Sprintf("it refuses the question (%d): ", status(err))
}
