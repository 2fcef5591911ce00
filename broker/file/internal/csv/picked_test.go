package csv

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
)

// A placer keeps objects and what is said of their members.
type placer struct {
	codec.Codec
	asked []string
}

// A placed is an element of a placer.
type placed struct {
	object string
	values []string
}

func (p placer) Placed() ([]string, codec.DecodePlaced) {
	return p.asked, func(object []byte, places []codec.Place, into any) error {
		to := into.(*placed)
		to.object = string(object)
		for _, place := range places {
			to.values = append(to.values, string(object[place.Start:place.End]))
		}
		if strings.Contains(to.object, `"refused"`) {
			return errRefused
		}
		return nil
	}
}

var errRefused = errors.New("refused")

// TestPicked: an object of the members that are needed has them as the object of all has them, where the places say.
func TestPicked(t *testing.T) {
	picked := 0
	rapid.Check(t, func(t *rapid.T) {
		columns := []string{"a", "b", "c", "däß", "e"}[:rapid.IntRange(1, 5).Draw(t, "columns")]
		pick := func(label string) (some []string) {
			for _, name := range columns {
				if rapid.Bool().Draw(t, label) {
					some = append(some, name)
				}
			}
			return some
		}
		needed, d := pick("needed"), Dialect{Delimiter: '\t'}
		if rapid.IntRange(0, 3).Draw(t, "text") == 0 {
			d.Text = columns[:1]
		}
		asked := append(slices.Clone(needed), "missing")
		decoder, all := NewDecoder(d, nil, nil), NewDecoder(d, nil, nil)
		decoder.ForObjects(needed, placer{asked: asked}, 1<<20)
		for _, of := range []*Decoder{decoder, all} {
			if err := of.Header([]byte(strings.Join(columns, "\t"))); err != nil {
				t.Fatal(err)
			}
		}
		cells := rapid.SliceOfN(rapid.SampledFrom(usualCells), len(columns), len(columns)).Draw(t, "cells")
		row, rows, got := []byte(strings.Join(cells, "\t")), decoder.Rows(), placed{}
		if !rows.Fits(row) {
			return
		}
		if ok, err := decodeRow(rows, row, &got); !ok || err != nil {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		picked++
		object, err := all.Append(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		var want, members map[string]json.RawMessage
		if err := errors.Join(json.Unmarshal(object, &want), json.Unmarshal([]byte(got.object), &members)); err != nil {
			t.Fatalf("%s: %s: %v", row, got.object, err)
		}
		for name := range want {
			if !slices.Contains(needed, name) {
				delete(want, name)
			}
		}
		if !reflect.DeepEqual(members, want) {
			t.Fatalf("%s: %s, and all is %s", row, got.object, object)
		}
		for i, name := range asked {
			if got.values[i] != string(want[name]) {
				t.Fatalf("%s: %s is said to be %q in %s", row, name, got.values[i], got.object)
			}
		}
	})
	if picked == 0 && !testing.Short() { // which draws a few
		t.Error("no object was made of the members that are needed")
	}
}

// TestPickedOfOthers: all members are in objects where one that is needed has no column, and one that somebody refuses is.
func TestPickedOfOthers(t *testing.T) {
	decoder := NewDecoder(Dialect{}, nil, nil)
	decoder.ForObjects([]string{"a", "x"}, placer{}, 1000)
	if err := decoder.Header([]byte("a,b")); err != nil || decoder.Rows() != nil {
		t.Errorf("x has no column: %v, %v", decoder.Rows(), err)
	}
	decoder = NewDecoder(Dialect{}, nil, nil)
	decoder.ForObjects([]string{"a"}, placer{asked: []string{"a", "refused"}}, 1000)
	if err := decoder.Header([]byte("a,refused")); err != nil {
		t.Fatal(err)
	}
	if _, err := decodeRow(decoder.Rows(), []byte("1,2"), &placed{}); !errors.Is(err, errRefused) {
		t.Errorf("a member that is refused: %v", err)
	}
}
