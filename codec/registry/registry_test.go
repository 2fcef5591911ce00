package codec_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec"
)

// A served is a registry that the test serves, with what it has been asked.
type served struct {
	*srfake.Registry
	mu    sync.Mutex
	asked map[string]int
}

func serve(t *testing.T, options ...srfake.Option) *served {
	s := &served{Registry: srfake.New(options...), asked: map[string]int{}}
	t.Cleanup(s.Close)
	s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked[r.Method+" "+r.URL.Path]++
		return false
	})
	return s
}

// refuse lets the registry refuse what is registered under a subject.
func (s *served) refuse(subject string, status int, message string) {
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		refused := r.Method == http.MethodPost && r.URL.Path == "/subjects/"+subject+"/versions"
		if refused {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error_code":%d,"message":%q}`, status, message)
		}
		return refused
	})
}

func (s *served) questions() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = map[string]int{}
	return asked
}

func (s *served) open(t *testing.T, options ...sr.ClientOpt) *codec.Registry {
	return openRegistry(t, append(options, sr.URLs(s.URL()))...)
}

func openRegistry(t *testing.T, options ...sr.ClientOpt) *codec.Registry {
	t.Helper()
	registry, err := codec.NewRegistry(t.Context(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

// encoded returns an element in a codec's form.
func encoded[T any](t *testing.T, c codec.Codec, element T) []byte {
	t.Helper()
	encode, err := c.Encoder(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	data, err := encode([]byte("before"), &element)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.TrimPrefix(string(data), "before"))
}

func decoded[T any](t *testing.T, c codec.Codec, data []byte) (*T, error) {
	t.Helper()
	decode, err := c.Decoder(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	into := new(T)
	return into, decode(data, into)
}

// wantError checks that an error says what it must.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error is\n\t%v\nwithout\n\t%s", err, part)
		}
	}
}

func TestSchemasAreAskedForOnce(t *testing.T) {
	s := serve(t)
	data := encoded(t, codec.Avro{Registry: s.open(t), Subject: "locations-value"}, Location{Time: 10})
	if asked := s.questions(); len(asked) != 1 || asked["POST /subjects/locations-value/versions"] != 1 {
		t.Errorf("registering asked %v", asked)
	}
	registry := s.open(t)
	var group sync.WaitGroup
	for range 8 { // eight decoders, as eight runs would have them, of one registry
		decode, err := codec.Avro{Registry: registry}.Decoder(reflect.TypeFor[Location]())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			group.Go(func() {
				for range 100 {
					var l Location
					if err := decode(data, &l); err != nil || l.Time != 10 {
						t.Error(l, err)
					}
				}
			})
		}
	}
	group.Wait()
	if asked := s.questions(); len(asked) != 1 || asked["GET /schemas/ids/1"] != 1 {
		t.Errorf("decoding asked %v", asked)
	}
	c := codec.Avro{Registry: registry, Subject: "locations-value"}
	for range 3 {
		encoded(t, c, Location{})
	}
	if asked := s.questions(); len(asked) != 1 || asked["POST /subjects/locations-value/versions"] != 1 {
		t.Errorf("three encoders asked %v", asked)
	}
}

func TestUnknownSchemaIsNotAskedForAgainAtOnce(t *testing.T) {
	s := serve(t)
	c := codec.Avro{Registry: s.open(t)}
	decode, err := c.Decoder(reflect.TypeFor[Location]())
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		err := decode([]byte{0, 0, 0, 0, 77, 1, 2}, new(Location))
		wantError(t, err, "schema registry, schema 77: it isn't there (404); is this the registry that the topic's writers use? ")
		if errors.Is(err, codec.ErrRegistryUnavailable) {
			t.Error("a schema that doesn't exist counts as a registry that is unavailable")
		}
	}
	if asked := s.questions(); asked["GET /schemas/ids/77"] != 1 {
		t.Errorf("asked %v", asked)
	}
}

// A fakeTransport answers questions without a network, so that time can be virtual.
type fakeTransport func(r *http.Request) (*http.Response, error)

func (f fakeTransport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/vnd.schemaregistry.v1+json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

// virtual returns a registry that answers by a function.
func virtual(t *testing.T, ctx context.Context, f fakeTransport) *codec.Registry {
	t.Helper()
	registry, err := codec.NewRegistry(ctx, sr.URLs("registry:8081"), sr.HTTPClient(&http.Client{Transport: f}))
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

const locationSchema = `{"type":"record","name":"Location","fields":[` +
	`{"name":"time","type":"long"},{"name":"x","type":"double"},{"name":"y","type":"double"}]}`

func TestRegistryInTroubleIsAskedAgain(t *testing.T) {
	for name, trouble := range map[string]func() (*http.Response, error){
		"connection refused": func() (*http.Response, error) { return nil, errors.New("connection refused") },
		"500":                func() (*http.Response, error) { return answer(500, `{"error_code":50001,"message":"store"}`), nil },
		"503 from a proxy":   func() (*http.Response, error) { return answer(503, "<html>"), nil },
		"429":                func() (*http.Response, error) { return answer(429, ""), nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var questions atomic.Int32
				registry := virtual(t, t.Context(), func(*http.Request) (*http.Response, error) {
					if questions.Add(1) <= 3 {
						return trouble()
					}
					schema, _ := json.Marshal(sr.Schema{Schema: locationSchema})
					return answer(200, string(schema)), nil
				})
				began := time.Now()
				data := append([]byte{0, 0, 0, 0, 7}, encoded(t, codec.Avro{}, Location{Time: 10, X: 1})...)
				l, err := decoded[Location](t, codec.Avro{Registry: registry}, data)
				if err != nil || l.Time != 10 || l.X != 1 {
					t.Error(l, err)
				}
				if passed := time.Since(began); questions.Load() != 4 || passed != 700*time.Millisecond {
					t.Errorf("%d questions in %s, want pauses of 100, 200 and 400 ms", questions.Load(), passed)
				}
			})
		})
	}
}

func TestRegistryThatStaysInTroubleIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := virtual(t, t.Context(), func(*http.Request) (*http.Response, error) {
			return answer(503, `{"error_code":50003,"message":"no leader"}`), nil
		})
		registry.Timeout = 10 * time.Second
		began := time.Now()
		_, err := decoded[Location](t, codec.Avro{Registry: registry}, []byte{0, 0, 0, 0, 7, 0})
		wantError(t, err, "the schema registry is unavailable: schema 7: no answer within 10s, attempts: 7: no leader")
		if !errors.Is(err, codec.ErrRegistryUnavailable) {
			t.Error("the error isn't ErrRegistryUnavailable")
		}
		if passed := time.Since(began); passed != 10*time.Second {
			t.Errorf("gave up after %s", passed)
		}
	})
}

func TestRegistryThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		registry := virtual(t, ctx, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		_, err := decoded[Location](t, codec.Avro{Registry: registry}, []byte{0, 0, 0, 0, 7, 0})
		wantError(t, err, "the schema registry is unavailable: schema 7: no answer within 30s, attempts: 1")
		stopped := errors.New("the service stops")
		time.AfterFunc(time.Second, func() { cancel(stopped) })
		began := time.Now()
		_, err = decoded[Location](t, codec.Avro{Registry: registry}, []byte{0, 0, 0, 0, 7, 0})
		if !errors.Is(err, stopped) || time.Since(began) != time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestRegistryAnswersThatAreFinal(t *testing.T) {
	for status, want := range map[int]string{
		401: `subject "locations-value": it doesn't know who is asking (401); give NewRegistry sr.BasicAuth or sr.BearerToken: because`,
		403: `subject "locations-value": this user may not do that (403): because`,
		404: `subject "locations-value": it isn't there (404)`,
		409: `subject "locations-value": the schema doesn't fit the subject's earlier ones (409): because`,
		422: `subject "locations-value": it refuses the schema (422): because`,
		418: `subject "locations-value": it refuses the question (418): because`,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var questions atomic.Int32
			registry := virtual(t, t.Context(), func(*http.Request) (*http.Response, error) {
				questions.Add(1)
				return answer(status, fmt.Sprintf(`{"error_code":%d,"message":"because"}`, status)), nil
			})
			_, err := codec.Avro{Registry: registry, Subject: "locations-value"}.Encoder(reflect.TypeFor[Location]())
			wantError(t, err, want)
			if questions.Load() != 1 || errors.Is(err, codec.ErrRegistryUnavailable) {
				t.Errorf("asked %d times: %v", questions.Load(), err)
			}
			if refused := (*sr.ResponseError)(nil); !errors.As(err, &refused) || refused.StatusCode != status {
				t.Errorf("%#v isn't the registry's error", err)
			}
		})
	}
}

func TestForeignServerIsNoRegistry(t *testing.T) {
	registry := virtual(t, t.Context(), func(*http.Request) (*http.Response, error) { return answer(200, "<html>"), nil })
	_, err := decoded[Location](t, codec.Avro{Registry: registry}, []byte{0, 0, 0, 0, 7, 0})
	wantError(t, err, "schema registry, schema 7: ")
}

func TestRegistryThatKnowsItsUsers(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		option sr.ClientOpt
	}{
		"basic":  {"Basic bWU6c2VjcmV0", sr.BasicAuth("me", "secret")},
		"bearer": {"Bearer token", sr.BearerToken("token")},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, srfake.WithAuth(c.header))
			encoded(t, codec.Avro{Registry: s.open(t, c.option), Subject: "a"}, Location{})
			_, err := codec.Avro{Registry: s.open(t), Subject: "a"}.Encoder(reflect.TypeFor[Location]())
			wantError(t, err, "(401)")
		})
	}
}

func TestRegistryOverTLS(t *testing.T) {
	s := serve(t)
	secure := httptest.NewTLSServer(s.Handler())
	defer secure.Close()
	trusting := secure.Client().Transport.(*http.Transport).TLSClientConfig
	encoded(t, codec.Avro{Registry: openRegistry(t, sr.URLs(secure.URL), sr.DialTLSConfig(trusting)), Subject: "a"}, Location{})
	_, err := codec.Avro{Registry: openRegistry(t, sr.URLs(secure.URL)), Subject: "a"}.Encoder(reflect.TypeFor[Location]())
	wantError(t, err, "certificate")
	if errors.Is(err, codec.ErrRegistryUnavailable) {
		t.Error("a certificate that isn't trusted is taken for a passing trouble")
	}
}
