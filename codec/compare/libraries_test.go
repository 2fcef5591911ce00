// Package compare measures the JSON libraries that codec.JSON was chosen from, and tests where they differ from
// encoding/json. The results are in docs/decoders.md.
package compare

import (
	"bytes"
	stdjson "encoding/json"
	"reflect"
	"testing"

	"github.com/bytedance/sonic"
	expjson "github.com/go-json-experiment/json"
	expv1 "github.com/go-json-experiment/json/v1"
	goccy "github.com/goccy/go-json"
	segmentio "github.com/segmentio/encoding/json"

	"github.com/leat-go/leat/codec"
)

// A library under its name, with the functions that Leat would use.
type library struct {
	name   string
	decode func(data []byte, into any) error
	encode func(dst []byte, element any) ([]byte, error)
}

// libraries returns codec.JSON for the type of element, and then the libraries, the reference first.
func libraries(tb testing.TB, element any) []library {
	typ := reflect.TypeOf(element).Elem()
	decode, err := codec.JSON.Decoder(typ)
	if err != nil {
		tb.Fatal(err)
	}
	encode, err := codec.JSON.Encoder(typ)
	if err != nil {
		tb.Fatal(err)
	}
	strict := sonic.Config{EscapeHTML: false, SortMapKeys: true, CompactMarshaler: true, CopyString: true,
		ValidateString: true}.Froze()
	return []library{
		{"JSON", decode, encode},
		{"encodingjson", stdjson.Unmarshal, std},
		{"goccy", func(b []byte, v any) error { return goccy.Unmarshal(b, v) }, func(dst []byte, v any) ([]byte, error) {
			b, err := goccy.MarshalWithOption(v, goccy.DisableHTMLEscape())
			return append(dst, b...), err
		}},
		{"segmentio", segmentio.Unmarshal, func(dst []byte, v any) ([]byte, error) {
			return segmentio.Append(dst, v, segmentio.SortMapKeys)
		}},
		{"sonic", sonic.Unmarshal, appended(sonic.Marshal)},
		{"sonicstrict", strict.Unmarshal, appended(strict.Marshal)},
		{"experimentv1", func(b []byte, v any) error { return expv1.Unmarshal(b, v) }, appended(expv1.Marshal)},
		{"experimentv2", func(b []byte, v any) error { return expjson.Unmarshal(b, v) },
			func(dst []byte, v any) ([]byte, error) {
				b, err := expjson.Marshal(v)
				return append(dst, b...), err
			}},
	}
}

// std encodes as encoding/json does without escaping for HTML.
func std(dst []byte, element any) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	e := stdjson.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(element); err != nil {
		return dst, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func appended(marshal func(any) ([]byte, error)) func([]byte, any) ([]byte, error) {
	return func(dst []byte, v any) ([]byte, error) {
		b, err := marshal(v)
		return append(dst, b...), err
	}
}
