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

// TestCopy copies among streams declared for T and for *T, and clears what they hold.
func TestCopy(t *testing.T) {
	original := flat{ID: 1, Name: "one", At: time.Unix(1, 0)}
	for _, streams := range [][2]broker.Stream{
		{broker.NewStream[flat]("a"), broker.NewStream[sameFlat]("a")},
		{broker.NewStream[*flat]("a"), broker.NewStream[*sameFlat]("a")},
	} {
		elements := make([]any, 2)
		streams[0].Allocate(elements)
		one, two := elements[0].(*flat), elements[1].(*flat)
		if *one != (flat{}) || one == two {
			t.Errorf("allocated %+v", *one)
		}
		named := &sameFlat{ID: 9, Name: "nine"}
		if !streams[0].CanCopyTo(streams[1]) || !broker.NewStream[flat]("a").CanCopyTo(streams[0]) {
			t.Error("the elements can't be copied")
		}
		streams[0].Copy(elements, []any{&original, &original})
		streams[1].Copy([]any{named}, []any{&original})
		if *one != original || *two != original || *named != sameFlat(original) {
			t.Errorf("copies are %+v, %+v and %+v", *one, *two, *named)
		}
		streams[0].Clear(elements)
		if *one != (flat{}) || *two != (flat{}) || original.ID != 1 {
			t.Errorf("cleared to %+v and %+v, original %+v", *one, *two, original)
		}
	}
}
