package codectest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec/registry"
)

// A Registry is one that the test serves, with the requests that it has got.
type Registry struct {
	*srfake.Registry
	mu       sync.Mutex
	requests map[string]int
}

// Serve serves a registry until the test ends.
func Serve(t testing.TB, options ...srfake.Option) *Registry {
	r := &Registry{Registry: srfake.New(options...), requests: map[string]int{}}
	t.Cleanup(r.Close)
	r.Intercept(func(_ http.ResponseWriter, request *http.Request) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests[request.Method+" "+request.URL.Path]++
		return false
	})
	return r
}

// Client returns a new client of the registry, which has got nothing yet.
func (r *Registry) Client(t testing.TB, options ...registry.Option) *registry.Client {
	t.Helper()
	return newClient(t.Context(), t, r.URL(), options...)
}

// Refuse lets the registry refuse what is registered under a subject.
func (r *Registry) Refuse(subject string, status int, message string) {
	r.Intercept(func(w http.ResponseWriter, request *http.Request) bool {
		refused := request.Method == http.MethodPost && request.URL.Path == "/subjects/"+subject+"/versions"
		if refused {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error_code":%d,"message":%q}`, status, message)
		}
		return refused
	})
}

// Requests returns how often each request has come since the last call.
func (r *Registry) Requests() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	requests := r.requests
	r.requests = map[string]int{}
	return requests
}

// A Transport answers requests without a network, so that time can be virtual.
type Transport func(r *http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f Transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Answer returns a registry's answer.
func Answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/vnd.schemaregistry.v1+json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

// AnswerJSON returns a registry's answer of a value.
func AnswerJSON(value any) (*http.Response, error) {
	body, err := json.Marshal(value)
	return Answer(http.StatusOK, string(body)), err
}

// Virtual returns the client of a registry that answers by a function.
func Virtual(ctx context.Context, t testing.TB, f Transport, options ...registry.Option) *registry.Client {
	t.Helper()
	transport := registry.Options(sr.HTTPClient(&http.Client{Transport: f}))
	return newClient(ctx, t, "registry:8081", append(options, transport)...)
}

// Holding returns the client of a registry that holds schemas by their ids, without a network.
func Holding(t testing.TB, schemas map[string]sr.Schema) *registry.Client {
	t.Helper()
	return Virtual(t.Context(), t, func(r *http.Request) (*http.Response, error) {
		schema, ok := schemas[path.Base(r.URL.Path)]
		if !ok {
			return Answer(http.StatusNotFound, `{"error_code":40403,"message":"Schema not found"}`), nil
		}
		return AnswerJSON(schema)
	})
}

func newClient(ctx context.Context, t testing.TB, address string, options ...registry.Option) *registry.Client {
	t.Helper()
	client, err := registry.New(ctx, address, options...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
