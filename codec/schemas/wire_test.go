package schemas_test

import (
	"errors"
	"math"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/schemas"
)

// The header is the one that other clients write and read.
func TestHeader(t *testing.T) {
	for _, id := range []int{0, 1, 300, math.MaxInt32} {
		record := schemas.AppendHeader([]byte("before"), id)[len("before"):]
		theirs, err := new(sr.ConfluentHeader).AppendEncode(nil, id, nil)
		if err != nil || string(record) != string(theirs) {
			t.Errorf("%d: %x, want %x, %v", id, record, theirs, err)
		}
		got, rest, err := schemas.CutHeader(append(record, "element"...))
		if got != id || string(rest) != "element" || err != nil {
			t.Errorf("%d: %d, %q, %v", id, got, rest, err)
		}
	}
}

func TestHeadersThatAreWrong(t *testing.T) {
	for name, c := range map[string]struct {
		record string
		offset int
		want   string
	}{
		"empty":       {"", 0, "the record is empty, want the magic byte 0 and a schema's id"},
		"JSON":        {` {"time":10}`, 0, "begins with '{' and may be JSON; use codec.JSON for it"},
		"a JSON list": {`[1]`, 0, "begins with '[' and may be JSON"},
		"wrong magic byte": {"\x01\x00\x00\x00\x01", 0, "begins with 0x01; was it written without the registry? Then use " +
			"the codec without one"},
		"magic byte only": {"\x00", 1, "the record ends within its schema's id, after 1 bytes"},
		"id cut off":      {"\x00\x00\x00\x00", 4, "the record ends within its schema's id, after 4 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := schemas.CutHeader([]byte(c.record))
			codectest.WantError(t, err, c.want)
			if where := (*codec.Error)(nil); !errors.As(err, &where) || where.Offset != c.offset {
				t.Errorf("%#v, want offset %d", where, c.offset)
			}
		})
	}
}
