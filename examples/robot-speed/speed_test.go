package main

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/leattest"
)

func TestSpeed(t *testing.T) {
	for name, test := range map[string]struct {
		locations []Location
		want      []Speed
	}{
		"three steps": {[]Location{{0, 0, 0}, {10, 3, 4}, {20, 3, 14}}, []Speed{{0, 10, 5}, {10, 20, 10}}},
		"a gap":       {[]Location{{0, 0, 0}, {20, 3, 4}, {30, 3, 4}}, []Speed{{20, 30, 0}}},
		"one place":   {[]Location{{0, 0, 0}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := leattest.New(t,
				leattest.Stream(test.locations, leattest.ReadAs[NextLocation]()),
				leattest.Result[Speed](),
			)
			b.Run(newMill)
			if got := leattest.Results[Speed](b); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSpeedResumes(t *testing.T) {
	leattest.Resumes(t, newMill,
		leattest.Stream(leattest.Load[Location](t, "robot-locations.json"), leattest.ReadAs[NextLocation]()),
		leattest.Result[Speed](),
	)
}

// One function runs on every storage, and the same comes out.
func TestSpeedIsTheSameOnFilesAndInMemory(t *testing.T) {
	locations := leattest.Load[Location](t, "robot-locations.json")
	target := filepath.Join(t.TempDir(), "robot-speed.json")
	mill, err := newMill(leat.Broker(file.New(
		file.At[Location]("robot-locations.json"),
		file.At[NextLocation]("robot-locations.json"),
		file.At[Speed](target),
	)))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := leattest.Load[Speed](t, target)
	if len(want) != len(locations)-2 { // the last has no next location, nor has the one before the gap
		t.Fatalf("files give %d speeds of %d locations", len(want), len(locations))
	}
	b := leattest.New(t, // each partition holds a robot of its own that goes the same way
		leattest.Stream(locations, leattest.ReadAs[NextLocation]()),
		leattest.Stream(locations, leattest.Partition(1)),
		leattest.Stream(locations, leattest.Partition(2)),
		leattest.Result[Speed](),
	)
	b.Run(newMill)
	for p := range leattest.Partition(3) {
		if got := leattest.Results[Speed](b, p); !slices.Equal(got, want) {
			t.Errorf("partition %d: memory gives %v, files %v", p, got, want)
		}
	}
}
