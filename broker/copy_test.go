package broker_test

import (
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

type flat struct {
	ID   int `json:"id"`
	Name string
	At   time.Time
	Grid [2]struct{ X float64 }
}

type (
	sameFlat  flat
	otherTags struct {
		ID   int `json:"number"`
		Name string
		At   time.Time
		Grid [2]struct{ X float64 }
	}
	withMethod flat
	deep       struct{ List []int }
)

type otherCodec struct{ codec.Codec }

func (*withMethod) UnmarshalJSON([]byte) error { return nil }

// Elements are copied from one node to another only where that is the same as to decode them twice.
func TestCanCopy(t *testing.T) {
	from := broker.NewStream[flat]("a")
	coded := from
	coded.Codec = otherCodec{codec.JSON}
	for _, c := range []struct {
		name string
		to   broker.Stream
		want bool
	}{
		{"same", broker.NewStream[flat]("a"), true},
		{"another name for the type", broker.NewStream[sameFlat]("a"), true},
		{"another stream", broker.NewStream[flat]("b"), false},
		{"other tags", broker.NewStream[otherTags]("a"), false},
		{"a method", broker.NewStream[withMethod]("a"), false},
		{"another codec", coded, false},
	} {
		if got := from.CanCopyTo(c.to); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if d := broker.NewStream[deep]("a"); d.CanCopyTo(d) {
		t.Error("a list would be shared")
	}
}

func TestCopy(t *testing.T) {
	original := flat{ID: 1, Name: "one", At: time.Unix(1, 0)}
	same, named := &flat{ID: 9}, &sameFlat{ID: 9, Name: "nine"}
	broker.NewStream[flat]("a").Copy([]any{same}, []any{&original})
	broker.NewStream[sameFlat]("a").Copy([]any{named}, []any{&original})
	if *same != original || *named != sameFlat(original) {
		t.Errorf("copies are %+v and %+v", *same, *named)
	}
	elements := []any{same}
	broker.NewStream[flat]("a").Clear(elements)
	if *same != (flat{}) || original.ID != 1 {
		t.Errorf("cleared to %+v, original %+v", *same, original)
	}
}
