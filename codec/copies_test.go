package codec_test

import (
	"encoding/json"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/leat-go/leat/codec"
)

// TestCopies writes over records that were decoded: elements of a [codec.Copier] don't change by that.
func TestCopies(t *testing.T) {
	type inner struct {
		Text string `json:"text"`
	}
	type flat struct {
		Text  string `json:"text"`
		Long  string `json:"long"`
		Count int64  `json:"count"`
	}
	type rich struct {
		Text     string            `json:"text"`
		Escaped  string            `json:"escaped"`
		Pointer  *string           `json:"pointer"`
		Bytes    []byte            `json:"bytes"`
		Raw      json.RawMessage   `json:"raw"`
		Number   json.Number       `json:"number"`
		Any      any               `json:"any"`
		Map      map[string]string `json:"map"`
		Inner    inner             `json:"inner"`
		List     []inner           `json:"list"`
		Time     time.Time         `json:"time"`
		Big      *big.Int          `json:"big"`
		Embedded                   // with a member that decodes itself
	}
	const plain = `{"text":"short","long":"a text that is too long to be shared with others","count":17}`
	const text = `{"text":"short","long":"` + "a text that is too long to be shared with others" + `","count":17,"escaped":"a\nb",` +
		`"pointer":"pointed","bytes":"aGVsbG8gd29ybGQ=","raw":{"a":["raw", 1]},"number":12345678901234567890,` +
		`"any":{"k":["v",1.5,{"x":"y"}]},"map":{"key":"value"},"inner":{"text":"within"},"list":[{"text":"one"},{"text":"two"}],` +
		`"time":"2026-11-30T10:00:00Z","big":123456789012345678901234567890,"own":"kept as it is"}`
	for of, text := range map[reflect.Type]string{
		reflect.TypeFor[flat](): plain, reflect.TypeFor[rich](): text, reflect.TypeFor[map[string]any](): text,
		reflect.TypeFor[json.RawMessage](): text, reflect.TypeFor[map[string]json.RawMessage](): text,
	} {
		if !codec.JSON.(codec.Copier).Copies(of) {
			t.Fatalf("%v: elements aren't copies", of)
		}
		decode, err := codec.JSON.Decoder(of)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // texts that come again are shared
			data, element, want := []byte(text), reflect.New(of), reflect.New(of)
			if err := decode(data, element.Interface()); err != nil {
				t.Fatalf("%v: %v", of, err)
			}
			for i := range data {
				data[i] = '?'
			}
			if err := decode([]byte(text), want.Interface()); err != nil {
				t.Fatalf("%v: %v", of, err)
			}
			if !reflect.DeepEqual(element.Interface(), want.Interface()) {
				t.Errorf("%v: the element changes with the record:\n%+v, want\n%+v", of, element.Elem(), want.Elem())
			}
		}
	}
}

// An Embedded decodes a member of its own.
type Embedded struct {
	Own Own `json:"own"`
}

// Own keeps a copy of its text, as json.Unmarshaler has it.
type Own struct{ text string }

// UnmarshalJSON implements [json.Unmarshaler].
func (o *Own) UnmarshalJSON(text []byte) error {
	o.text = string(text)
	return nil
}
