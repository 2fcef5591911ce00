package compare

import (
	stdjson "encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

type all struct {
	F32 float32        `json:"f32"`
	S   string         `json:"s"`
	Byt []byte         `json:"byt"`
	Num stdjson.Number `json:"num"`
	Q   int            `json:"q,string"`
	A   [2]int         `json:"a"`
	Any any            `json:"any"`
}

// A text has its own text form.
type text string

func (t *text) UnmarshalText(b []byte) error { *t = text(b); return nil }

type quoted struct {
	S text           `json:"s,string"`
	N stdjson.Number `json:"n,string"`
}

type inner struct{ X int }

type Middle struct{ *inner }

type outer struct{ *Middle }

type folded struct {
	AB int
	Ab int `json:"ab"`
}

// TestWrong states for each record which libraries don't do with it what encoding/json does; JSON always does.
func TestWrong(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		name, record string
		element      any
		wrong        string
	}{
		{"largest float32", `{"f32":3.4028235e38}`, all{}, "goccy"},
		{"float32 rounded twice", `{"f32":1.0000000596046447753906250000000001}`, all{}, "goccy sonic sonicstrict"},
		{"bytes, then null", `{"byt":"AQID","byt":null}`, all{}, "goccy experimentv2"},
		{"embedded pointer to unexported", `{"X":1}`, outer{}, "goccy sonic sonicstrict"},
		{"string option on own text", `{"s":""}`, quoted{}, "goccy experimentv1 experimentv2"},
		{"string option on json.Number", `{"n":"1x"}`, quoted{},
			"goccy segmentio sonic sonicstrict experimentv1 experimentv2"},
		{"number in a string", `{"num":"12"}`, all{}, "segmentio"},
		{"json.Number", `{"num":1.50}`, all{}, "experimentv1 experimentv2"},
		{"word as json.Number", `{"num":"x"}`, all{}, "experimentv1 experimentv2"},
		{"nesting over 10000", `{"any":` + deep(10000) + `}`, all{}, "segmentio"},
		{"skipped nesting over 10000", `{"skipped":` + deep(10000) + `}`, all{}, "segmentio"},
		{"nesting of 9000", `{"any":` + deep(9000) + `}`, all{}, "sonic sonicstrict"},
		{"control character", "{\"s\":\"a\nb\"}", all{}, "sonic"},
		{"skipped escape", `{"skipped":"\x"}`, all{}, "sonic"},
		{"skipped control character", "{\"skipped\":\"\n\"}", all{}, "sonic"},
		{"invalid UTF-8", "{\"s\":\"\xff\"}", all{}, "sonic experimentv2"},
		{"lone surrogate", `{"s":"\ud800"}`, all{}, "experimentv2"},
		{"quoted leading zero", `{"q":"01"}`, all{}, "sonic sonicstrict experimentv2"},
		{"name by Unicode folding", `{"ſ":"x"}`, all{}, "sonic sonicstrict experimentv2"},
		{"name by case", `{"S":"x"}`, all{}, "experimentv2"},
		{"duplicate member", `{"s":"a","s":"b"}`, all{}, "experimentv2"},
		{"long list into array", `{"a":[1,2,3]}`, all{}, "experimentv2"},
		{"names that differ in case", `{"aB":1}`, folded{}, "experimentv2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			typ := reflect.TypeOf(c.element)
			want, wantErr := attempt(stdjson.Unmarshal, typ, c.record)
			var wrong []string
			for _, l := range libraries(t, reflect.New(typ).Interface()) {
				got, gotErr := attempt(l.decode, typ, c.record)
				if (wantErr == nil) != (gotErr == nil) || wantErr == nil && !reflect.DeepEqual(want, got) {
					wrong = append(wrong, l.name)
				}
			}
			if !slices.Equal(wrong, strings.Fields(c.wrong)) {
				t.Errorf("wrong are %q, want %s", wrong, c.wrong)
			}
		})
	}
}

func attempt(decode func([]byte, any) error, typ reflect.Type, record string) (element any, err error) {
	into := reflect.New(typ)
	err = decode([]byte(record), into.Interface())
	return into.Interface(), err
}
