package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/registry"
	"github.com/leat-go/leat/codec/schemas"
)

type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

func TestSchemasAreRequestedOnce(t *testing.T) {
	s := codectest.Serve(t)
	data := codectest.Encode(t, avro.Codec(avro.Registry(s.Client(t)), avro.Subject("locations-value")),
		Location{Time: 10})
	if requests := s.Requests(); len(requests) != 1 || requests["POST /subjects/locations-value/versions"] != 1 {
		t.Errorf("registering sent %v", requests)
	}
	client := s.Client(t)
	var group sync.WaitGroup
	for range 8 { // eight decoders, as eight runs would have them, of one registry
		decode, err := avro.Codec(avro.Registry(client)).Decoder(reflect.TypeFor[Location]())
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
	if requests := s.Requests(); len(requests) != 1 || requests["GET /schemas/ids/1"] != 1 {
		t.Errorf("decoding sent %v", requests)
	}
	c := avro.Codec(avro.Registry(client), avro.Subject("locations-value"))
	for range 3 {
		codectest.Encode(t, c, Location{})
	}
	if requests := s.Requests(); len(requests) != 1 || requests["POST /subjects/locations-value/versions"] != 1 {
		t.Errorf("three encoders sent %v", requests)
	}
}

func TestUnknownSchemaIsNotRequestedAgainAtOnce(t *testing.T) {
	s := codectest.Serve(t)
	c := avro.Codec(avro.Registry(s.Client(t)))
	decode, err := c.Decoder(reflect.TypeFor[Location]())
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		err := decode([]byte{0, 0, 0, 0, 77, 1, 2}, new(Location))
		codectest.WantError(t, err, "schema registry, schema 77: it isn't there (404); "+
			"is this the registry that the topic's writers use? ")
		if errors.Is(err, codec.ErrUnavailable) {
			t.Error("a schema that doesn't exist counts as a registry that is unavailable")
		}
	}
	if requests := s.Requests(); requests["GET /schemas/ids/77"] != 1 {
		t.Errorf("sent %v", requests)
	}
}

func TestRegistryInTroubleIsRetried(t *testing.T) {
	for name, trouble := range map[string]func() (*http.Response, error){
		"connection refused": func() (*http.Response, error) { return nil, errors.New("connection refused") },
		"500": func() (*http.Response, error) {
			return codectest.Answer(500, `{"error_code":50001,"message":"store"}`), nil
		},
		"503 from a proxy": func() (*http.Response, error) { return codectest.Answer(503, "<html>"), nil },
		"429":              func() (*http.Response, error) { return codectest.Answer(429, ""), nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				client := codectest.Virtual(t.Context(), t, func(*http.Request) (*http.Response, error) {
					if requests.Add(1) <= 3 {
						return trouble()
					}
					return codectest.AnswerJSON(sr.Schema{Schema: codectest.LocationSchema})
				})
				began := time.Now()
				data := append([]byte{0, 0, 0, 0, 7}, codectest.Encode(t, avro.Codec(), Location{Time: 10, X: 1})...)
				l, err := codectest.Decode[Location](t, avro.Codec(avro.Registry(client)), data)
				if err != nil || l.Time != 10 || l.X != 1 {
					t.Error(l, err)
				}
				if passed := time.Since(began); requests.Load() != 4 || passed != 700*time.Millisecond {
					t.Errorf("%d requests in %s, want pauses of 100, 200 and 400 ms", requests.Load(), passed)
				}
			})
		})
	}
}

func TestRegistryThatStaysInTroubleIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := codectest.Virtual(t.Context(), t, func(*http.Request) (*http.Response, error) {
			return codectest.Answer(503, `{"error_code":50003,"message":"no leader"}`), nil
		}, registry.Timeout(10*time.Second))
		began := time.Now()
		_, err := codectest.Decode[Location](t, avro.Codec(avro.Registry(client)), []byte{0, 0, 0, 0, 7, 0})
		codectest.WantError(t, err, "the schema registry is unavailable: schema 7: no answer within 10s, attempts: 7: "+
			"no leader")
		if !errors.Is(err, codec.ErrUnavailable) {
			t.Error("the error isn't ErrUnavailable")
		}
		if passed := time.Since(began); passed != 10*time.Second {
			t.Errorf("gave up after %s", passed)
		}
	})
}

func TestRegistryThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		client := codectest.Virtual(ctx, t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		_, err := codectest.Decode[Location](t, avro.Codec(avro.Registry(client)), []byte{0, 0, 0, 0, 7, 0})
		codectest.WantError(t, err, "the schema registry is unavailable: schema 7: no answer within 30s, attempts: 1")
		stopped := errors.New("the service stops")
		time.AfterFunc(time.Second, func() { cancel(stopped) })
		began := time.Now()
		_, err = codectest.Decode[Location](t, avro.Codec(avro.Registry(client)), []byte{0, 0, 0, 0, 7, 0})
		if !errors.Is(err, stopped) || time.Since(began) != time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestRegistryAnswersThatAreFinal(t *testing.T) {
	for status, want := range map[int]string{
		401: `subject "locations-value": it doesn't know who is asking (401); ` +
			`give a user with a password, or a token (registry.BasicAuth, registry.BearerToken): because`,
		403: `subject "locations-value": this user may not do that (403): because`,
		404: `subject "locations-value": it isn't there (404)`,
		409: `subject "locations-value": the schema is incompatible with the subject's earlier ones (409): ` +
			`keep their fields and give new ones a default, write under another subject, or change the subject's compatibility: because`,
		422: `subject "locations-value": it finds the schema invalid (422): because`,
		418: `subject "locations-value": it refuses the request (418): because`,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var requests atomic.Int32
			client := codectest.Virtual(t.Context(), t, func(*http.Request) (*http.Response, error) {
				requests.Add(1)
				return codectest.Answer(status, fmt.Sprintf(`{"error_code":%d,"message":"because"}`, status)), nil
			})
			_, err := avro.Codec(avro.Registry(client), avro.Subject("locations-value")).Encoder(reflect.TypeFor[Location]())
			codectest.WantError(t, err, want)
			if requests.Load() != 1 || errors.Is(err, codec.ErrUnavailable) {
				t.Errorf("%d requests: %v", requests.Load(), err)
			}
			if refused := (*sr.ResponseError)(nil); !errors.As(err, &refused) || refused.StatusCode != status {
				t.Errorf("%#v isn't the registry's error", err)
			}
		})
	}
}

func TestForeignServerIsNoRegistry(t *testing.T) {
	client := codectest.Virtual(t.Context(), t, func(*http.Request) (
		*http.Response, error,
	) {
		return codectest.Answer(200, "<html>"), nil
	})
	_, err := codectest.Decode[Location](t, avro.Codec(avro.Registry(client)), []byte{0, 0, 0, 0, 7, 0})
	codectest.WantError(t, err, "schema registry, schema 7: ")
}

func TestRegistryThatKnowsItsUsers(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		option registry.Option
	}{
		"basic":  {"Basic bWU6c2VjcmV0", registry.BasicAuth("me", "secret")},
		"bearer": {"Bearer token", registry.BearerToken("token")},
	} {
		t.Run(name, func(t *testing.T) {
			s := codectest.Serve(t, srfake.WithAuth(c.header))
			codectest.Encode(t, avro.Codec(avro.Registry(s.Client(t, c.option)), avro.Subject("a")), Location{})
			_, err := avro.Codec(avro.Registry(s.Client(t)), avro.Subject("a")).Encoder(reflect.TypeFor[Location]())
			codectest.WantError(t, err, "(401)")
		})
	}
}

func TestRegistryOverTLS(t *testing.T) {
	secure := httptest.NewTLSServer(codectest.Serve(t).Handler())
	defer secure.Close()
	trusting := registry.TLS(secure.Client().Transport.(*http.Transport).TLSClientConfig)
	client, err := registry.New(t.Context(), secure.URL, trusting)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Register("a", schemas.Schema{Type: schemas.Avro, Text: codectest.LocationSchema}); err != nil {
		t.Error(err)
	}
	if client, err = registry.New(t.Context(), secure.URL); err != nil {
		t.Fatal(err)
	}
	_, err = client.Latest("a")
	codectest.WantError(t, err, "certificate")
	if errors.Is(err, codec.ErrUnavailable) {
		t.Error("a certificate that isn't trusted is taken for a passing trouble")
	}
}
