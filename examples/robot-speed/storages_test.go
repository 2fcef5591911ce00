package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/jsonfile"
	"github.com/leat-go/leat/broker/memory"
)

// One function runs on every storage, and the same comes out.
func TestSpeedIsTheSameOnFilesAndInMemory(t *testing.T) {
	locations := load[Location](t, "robot-locations.json")
	want := onFiles(t)
	if len(want) != len(locations)-2 { // the last has no next location, nor has the one before the gap
		t.Fatalf("files give %d speeds of %d locations", len(want), len(locations))
	}
	const partitions = 3
	streams := memory.New(
		memory.Stream[Location]("robot-locations", memory.Partitions(partitions)),
		memory.Stream[NextLocation]("robot-locations"),
		memory.Stream[Speed]("robot-speed", memory.Partitions(partitions)),
	)
	for p := range partitions { // each holds a robot of its own that goes the same way
		check(t, memory.Append(streams, "robot-locations", p, locations...))
	}
	check(t, streams.End("robot-locations"))
	run(t, streams)
	for p := range partitions {
		got, err := memory.Sessions[Speed](streams, "robot-speed", p)
		check(t, err)
		if len(got) != 2 || !slices.Equal(got[0], want) || got[1] != nil {
			t.Errorf("partition %d: memory gives the sessions %v, files %v", p, got, want)
		}
	}
}

func onFiles(t *testing.T) []Speed {
	target := filepath.Join(t.TempDir(), "robot-speed.json")
	run(t, jsonfile.New(
		jsonfile.File[Location]("robot-locations.json"),
		jsonfile.File[NextLocation]("robot-locations.json"),
		jsonfile.File[Speed](target),
	))
	return load[Speed](t, target)
}

func run(t *testing.T, storage interface {
	broker.Source
	broker.Sink
}) {
	t.Helper()
	mill, err := leat.New(speed,
		leat.Broker(storage),
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(r NextLocation) int64 { return r.Time },
		),
	)
	check(t, err)
	check(t, mill.Run(t.Context()))
}

func load[T any](t *testing.T, path string) (list []T) {
	t.Helper()
	data, err := os.ReadFile(path)
	check(t, err)
	check(t, json.Unmarshal(data, &list))
	return list
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
