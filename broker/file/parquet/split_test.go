package parquet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/broker/internal/member"
)

// What a splitter splits it splits as member.Split does, and leaves the rest to that.
func TestSplitterSplitsAsMemberSplit(t *testing.T) {
	s := newSplitter([]*column{{name: "a"}, {name: `b"`}})
	for object, plain := range map[string]bool{
		`{"a":1,"b\"":"x"}`:         true,
		`{"a":"","b\"":null}`:       true,
		`{"a":-1.5e3,"b\"":true}`:   true,
		`{"a":"é, }","b\"":"{[:"}`:  true,
		`{"a":1}`:                   false,
		`{"b\"":1,"a":1}`:           false,
		`{"a":1,"b\"":1,"c":1}`:     false,
		`{"a": 1,"b\"":1}`:          false,
		`{"a":1 ,"b\"":1}`:          false,
		`{"a":1,"b\"":1 }`:          false,
		`{"a":"\"","b\"":1}`:        false,
		`{"a":[1,2],"b\"":1}`:       false,
		`{"a":1,"b\"":{"c":1}}`:     false,
		`{"a":1,"b\"":"x`:           false,
		`{"a":1,"b\"":2`:            false,
		`{}`:                        false,
		`{"a":1,"b\"":"x"},{"a":1}`: false,
	} {
		if got := s.split([]byte(object)); got != plain {
			t.Errorf("%s is split: %v", object, got)
		}
		if !plain {
			continue
		}
		want, err := member.Split([]byte(object), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.members); diff != "" {
			t.Errorf("%s: %s", object, diff)
		}
	}
	if newSplitter(nil).split([]byte(`{}`)) {
		t.Error("no columns")
	}
}
