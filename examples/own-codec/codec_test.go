package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestEnvelopesSayWhatIsWrong(t *testing.T) {
	decode, err := envelopes{"order"}.Decoder(reflect.TypeFor[Order]())
	if err != nil {
		t.Fatal(err)
	}
	for record, want := range map[string]string{
		`{"type":"refund","data":{}}`:                   `field type: "refund" stands where "order" is wanted`,
		`{"type":"order","data":{"number":"first"}}`:    `field data.number: `,
		`{"type":"order","data":[]}`:                    `field data: `,
		`{"type":"order"`:                               `unexpected end`,
		`{"type":"order","data":{"number":1,"total":}}`: `invalid character`,
	} {
		var order Order
		if err := decode([]byte(record), &order); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got the error %v, want one with %q", record, err, want)
		}
	}
}
