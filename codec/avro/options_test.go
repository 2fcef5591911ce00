package avro_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/registry"
)

// Options that contradict each other, or that nothing would come of, are refused in both directions.
func TestOptionsThatDontGoTogether(t *testing.T) {
	client := codectest.Holding(t, nil)
	for want, c := range map[string]codec.Codec{
		"avro.Subject, AutoRegister and UseLatest have no effect without avro.Registry": avro.Codec(avro.Subject("a")),
		"AutoRegister and UseLatest have no effect without":                             avro.Codec(avro.AutoRegister(false)),
		"and UseLatest have no effect without avro.Registry":                            avro.Codec(avro.UseLatest()),
		"avro.Registry got a nil *registry.Client; has registry.New returned an error?": avro.Codec(
			avro.Registry((*registry.Client)(nil))),
		"avro.UseLatest takes the schema from the registry, and avro.Schema gives another; want avro.AutoRegister(false)": avro.Codec(
			avro.Registry(client), avro.Subject("a"), avro.UseLatest(), avro.Schema(`"long"`)),
	} {
		_, err := c.Decoder(reflect.TypeFor[Location]())
		codectest.WantError(t, err, want)
		_, err = c.Encoder(reflect.TypeFor[Location]())
		codectest.WantError(t, err, want)
	}
}

// With AutoRegister(false) a derived schema must be there, too, in any version, and the registry isn't written to.
func TestAutoRegisterFalse(t *testing.T) {
	s := codectest.Serve(t)
	s.SeedSchema("locations", 1, 4, sr.Schema{Schema: codectest.LocationSchema})
	s.SeedSchema("locations", 2, 5, sr.Schema{Schema: `"long"`})
	s.SeedSchema("others", 1, 6, sr.Schema{Schema: `"long"`})
	client := s.Client(t)
	lookup := func(subject string) codec.Codec {
		return avro.Codec(avro.Registry(client), avro.Subject(subject), avro.AutoRegister(false),
			avro.Schema(codectest.LocationSchema))
	}
	if data := codectest.Encode(t, lookup("locations"), Location{Time: 1}); data[4] != 4 {
		t.Errorf("%x was written with another schema than the registered one", data)
	}
	_, err := lookup("others").Encoder(reflect.TypeFor[Location]())
	codectest.WantError(t, err, `schema registry, subject "others": it isn't there (404)`)
	_, err = avro.Codec(avro.Registry(client), avro.Subject("missing"),
		avro.AutoRegister(false)).Encoder(reflect.TypeFor[Location]())
	codectest.WantError(t, err, `schema registry, subject "missing": it isn't there (404)`)
	want := map[string]int{"POST /subjects/locations": 1, "POST /subjects/others": 1, "POST /subjects/missing": 1}
	if diff := cmp.Diff(want, s.Requests()); diff != "" {
		t.Error(diff)
	}
}

// A schema that another refers to and the registry didn't deliver is requested again with the next record: the
// registry's trouble is over by then, and the record is good.
func TestReferenceIsRequestedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		client := codectest.Virtual(t.Context(), t, func(r *http.Request) (*http.Response, error) {
			switch {
			case strings.HasPrefix(r.URL.Path, "/schemas/ids/"):
				return codectest.AnswerJSON(sr.Schema{Schema: `{"type":"record","name":"R","fields":[{"name":"v","type":"Pose"}]}`,
					References: []sr.SchemaReference{{Name: "Pose", Subject: "pose", Version: 1}}})
			case down.Load():
				return codectest.Answer(503, "no leader"), nil
			}
			return codectest.AnswerJSON(sr.SubjectSchema{Subject: "pose", Version: 1, ID: 1, Schema: sr.Schema{
				Schema: `{"type":"record","name":"Pose","fields":[{"name":"a","type":"long"},{"name":"b","type":"long"}]}`}})
		})
		decode, err := avro.Codec(avro.Registry(client)).Decoder(reflect.TypeFor[with[pair]]())
		if err != nil {
			t.Fatal(err)
		}
		record := []byte{0, 0, 0, 0, 7, 2, 4}
		down.Store(true)
		err = decode(record, new(with[pair]))
		codectest.WantError(t, err, "schema 7, with which the record was written: ", `subject "pose": no answer within 30s`)
		if !errors.Is(err, codec.ErrUnavailable) {
			t.Error("the error isn't codec.ErrUnavailable")
		}
		down.Store(false)
		var got with[pair]
		if err := decode(record, &got); err != nil || got.V != (pair{1, 2}) {
			t.Error(got, err)
		}
	})
}
