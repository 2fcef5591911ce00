package main

import (
	"fmt"
	"iter"
)

// The streams of the workloads: files of these names, or topics.
const (
	locationsStream = "locations"
	speedsStream    = "speeds"
	audioStream     = "audio"
	framesStream    = "frames"
)

// A workload is one thing that all programs do.
type workload struct {
	name, what string
	// inputs returns the input streams, of about so many elements in all. A stream that a program reads twice counts once.
	inputs func(elements int) []input
	// leat and loop do the work.
	leat func(endpoints) error
	loop func(*session)
	// check compares results, as they were written, with those of the definition.
	check check
	// results returns how many results there are for so many elements.
	results func(elements int) int
}

func workloads() []workload {
	return []workload{
		{
			"W1", "locations, self-join, speed out", locationInputs, leatSpeeds, loopSpeeds, checkAgainst(wantSpeeds),
			func(elements int) int { return elements - 1 },
		},
		{
			"W2", "audio with 25 video frames each, count and mean out", videoInputs, leatFrames, loopFrames,
			checkAgainst(wantFrames), func(elements int) int { return elements / (framesPerSecond + 1) },
		},
		{
			"W3", "location → next location → speed, move out", speedInputs, leatMoves, loopMoves, checkAgainst(wantMoves),
			func(elements int) int { return (elements - 1) / 2 },
		},
		{
			"W4", "locations in windows of 30, count and mean out", locationInputs, leatStays, loopStays,
			checkAgainst(wantStays), func(elements int) int { return (elements*step + period - 1) / period },
		},
	}
}

// tpchWorkload is the workload of leat run, without Go.
func tpchWorkload() workload {
	return workload{name: "TPC-H", what: "orders and their line items, joined elements out", inputs: tpchInputs}
}

func findWorkload(name string) (workload, error) {
	for _, w := range append(workloads(), tpchWorkload()) {
		if w.name == name {
			return w, nil
		}
	}
	return workload{}, fmt.Errorf("no workload %q: there are W1, W2, W3, W4 and TPC-H", name)
}

// elements returns how many elements the input streams have for the number that was asked for.
func (w workload) elements(asked int) (n int) {
	for _, in := range w.inputs(asked) {
		n += in.elements
	}
	return n
}

// An input is one input stream of a workload.
type input struct {
	stream   string
	elements int
	// appendElement appends element i as JSON. It is called once for each, in order.
	appendElement func(dst []byte, i int) ([]byte, error)
}

// lines returns the elements, each valid until the next. An error ends them.
func (in input) lines() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var line []byte
		var err error
		for i := range in.elements {
			if line, err = in.appendElement(line[:0], i); !yield(line, err) || err != nil {
				return
			}
		}
	}
}
