package registry_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/registry"
	"github.com/leat-go/leat/codec/schemas"
)

func TestURLsAndUsersThatAreWrong(t *testing.T) {
	basic := registry.BasicAuth("me", "secret")
	for name, c := range map[string]struct {
		address string
		options []registry.Option
		want    string
	}{
		"no URL": {"", nil, `schema registry: its URL is "http:", want one like https://localhost:8081`},
		"another scheme": {"kafka://localhost:9092", nil, `its URL is "kafka://localhost:9092", ` +
			`want one like https://localhost:8081`},
		"no host": {"https:///subjects", nil, `its URL is "https:///subjects", want one like`},
		"no port": {"http://me:secret@localhost:x", nil, "its URL can't be parsed, want one like"},
		"a wrong replica": {"localhost:8081", []registry.Option{registry.Replicas("ftp://me:secret@b")},
			`its URL is "ftp://me:xxxxx@b"`},
		"two users": {"http://you:secret@a", []registry.Option{basic},
			`the URL "http://you:xxxxx@a" has another user than the one that is given otherwise`},
		"user and token": {"a", []registry.Option{basic, registry.BearerToken("secret")},
			"a user and a token are given, want one of registry.BasicAuth and registry.BearerToken"},
		"negative timeout": {"a", []registry.Option{registry.Timeout(-1)}, "registry.Timeout is negative: -1ns"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := registry.New(t.Context(), c.address, c.options...)
			codectest.WantError(t, err, c.want)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// A user in the URL logs in, and isn't shown by an error.
func TestUserInURL(t *testing.T) {
	s := codectest.Serve(t, srfake.WithAuth("Basic bWU6c2VjcmV0"))
	url := strings.Replace(s.URL(), "://", "://me:secret@", 1)
	client, err := registry.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Register("a", schemas.Schema{Type: schemas.Avro, Text: `"long"`}); err != nil {
		t.Error(err)
	}
	s.Close()
	impatient, err := registry.New(t.Context(), url, registry.Timeout(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	_, err = impatient.Latest("a")
	codectest.WantError(t, err, "the schema registry is unavailable", s.URL())
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the password: %v", err)
	}
}

// A replica is asked where the instance before it doesn't answer, without a pause.
func TestReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := codectest.Virtual(t.Context(), t, func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "second:8081" {
				return nil, http.ErrServerClosed
			}
			return codectest.AnswerJSON(sr.Schema{Schema: `"long"`})
		}, registry.Replicas("http://second:8081"))
		began := time.Now()
		schema, err := client.SchemaByID(1)
		if err != nil || schema.Text != `"long"` || time.Since(began) > 0 {
			t.Errorf("%v, %v after %s", schema, err, time.Since(began))
		}
	})
}

// What isn't there may be there later: after ten seconds it is requested again.
func TestSchemaThatComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var requests int
		there := false
		client := codectest.Virtual(t.Context(), t, func(*http.Request) (*http.Response, error) {
			requests++
			if !there {
				return codectest.Answer(404, `{"error_code":40403,"message":"Schema not found"}`), nil
			}
			return codectest.AnswerJSON(sr.Schema{Schema: `"long"`})
		})
		_, err := client.SchemaByID(7)
		codectest.WantError(t, err, "schema registry, schema 7: it isn't there (404)")
		there = true
		time.Sleep(9 * time.Second)
		if _, err = client.SchemaByID(7); err == nil || requests != 1 {
			t.Errorf("%v after %d requests", err, requests)
		}
		time.Sleep(2 * time.Second)
		if schema, err := client.SchemaByID(7); err != nil || schema.Text != `"long"` || requests != 2 {
			t.Errorf("%v, %v after %d requests", schema, err, requests)
		}
	})
}
