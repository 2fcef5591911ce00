package leat_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// Frame and Caption are joined by their time.
type Frame struct {
	Time float64 `json:"time"`
	Name string  `json:"name"`
}

type Caption struct {
	Time float64 `json:"time"`
}

func captioned(Frame, []Caption) {}

// unmatchedBroker has two frames that match, and elements of every other fate.
func unmatchedBroker(t *testing.T) *memory.Broker {
	t.Helper()
	b := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"),
		memory.Stream[leat.Unmatched]("unmatched"))
	must(t, memory.Append(b, "frames", 0, Frame{Time: 1}, Frame{2, "x"}, Frame{Time: 4}))
	must(t, b.AppendRecords("frames", 0, broker.Record{Offset: 3, Value: []byte("{")}))
	must(t, memory.Append(b, "frames", 0, Frame{Time: 3}, Frame{Time: 6}, Frame{Time: 8}))
	must(t, memory.Append(b, "captions", 0, Caption{0}, Caption{1}, Caption{3}, Caption{6}))
	must(t, b.End("frames"))
	must(t, b.End("captions"))
	return b
}

func skipping(b *memory.Broker, options ...leat.Option) []leat.Option {
	return append(options, leat.Broker(b), leat.OnDisorder(leat.Skip), leat.OnDecodeError(leat.Skip),
		leat.Join(func(f Frame) float64 { return f.Time }, func(c Caption) float64 { return c.Time }))
}

var wantUnmatched = []string{
	"Caption captions[0]@0: behind at Frame, key 0 before 1",
	"Caption captions[0]@2: gap at Frame, key 3 between 2 and 4",
	"Frame frames[0]@1: gap at Caption, key 2 between 1 and 3",
	"Frame frames[0]@2: gap at Caption, key 4 between 3 and 6",
	"Frame frames[0]@3: undecodable: ",
	"Frame frames[0]@4: out_of_order: ",
	"Frame frames[0]@6: ended at Caption, key 8 after 6",
}

func checkUnmatched(t *testing.T, got []leat.Unmatched) {
	t.Helper()
	var texts []string
	for _, u := range got {
		texts = append(texts, u.String())
	}
	slices.Sort(texts)
	if !slices.EqualFunc(texts, wantUnmatched, strings.HasPrefix) {
		t.Errorf("unmatched:\n got %s\nwant %s", strings.Join(texts, "\n     "), strings.Join(wantUnmatched, "\n     "))
	}
}

// OnUnmatched is told of each element that isn't handed over, with the element itself.
func TestOnUnmatched(t *testing.T) {
	var got []leat.Unmatched
	run(t, captioned, skipping(unmatchedBroker(t), leat.OnUnmatched(func(u leat.Unmatched) { got = append(got, u) }))...)
	checkUnmatched(t, got)
	for _, u := range got {
		if frame, ok := u.Value.(*Frame); u.Node == "Frame" && u.Offset == 1 && (!ok || frame.Name != "x") {
			t.Errorf("the value is %#v", u.Value)
		}
	}
}

// WriteUnmatched writes them to the stream that is declared for them, as JSON.
func TestWriteUnmatched(t *testing.T) {
	b := unmatchedBroker(t)
	run(t, captioned, skipping(b, leat.WriteUnmatched())...)
	got, err := memory.Elements[leat.Unmatched](b, "unmatched", 0)
	must(t, err)
	checkUnmatched(t, got)
	entries, err := b.Entries("unmatched", 0)
	must(t, err)
	for _, entry := range entries {
		var members map[string]json.RawMessage
		if entry.End || json.Unmarshal(entry.Record.Value, &members) != nil || string(members["offset"]) != "1" {
			continue
		}
		delete(members, "time")
		text, err := json.Marshal(members)
		must(t, err)
		check(t, string(text), `{"after":3,"before":1,"element":{"time":2,"name":"x"},"key":2,"node":"Frame","offset":1,`+
			`"other":"Caption","partition":0,"stream":"frames","verdict":"gap"}`)
		return
	}
	t.Error("there is no letter about the frame at 2")
}

// What an element misses further down the tree is told as its cause.
func TestUnmatchedCause(t *testing.T) {
	type Author struct {
		Time float64 `json:"time"`
	}
	b := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"), memory.Stream[Author]("authors"))
	must(t, memory.Append(b, "frames", 0, Frame{Time: 1}, Frame{Time: 2}))
	must(t, memory.Append(b, "captions", 0, Caption{1}, Caption{2}))
	must(t, memory.Append(b, "authors", 0, Author{0}, Author{2}))
	for _, name := range []string{"frames", "captions", "authors"} {
		must(t, b.End(name))
	}
	var got []string
	run(t, func(Frame, []Caption, map[Caption][]Author) {}, leat.Broker(b),
		leat.OnUnmatched(func(u leat.Unmatched) { got = append(got, u.String()) }),
		leat.Join(func(f Frame) float64 { return f.Time }, func(c Caption) float64 { return c.Time }),
		leat.Join(func(c Caption) float64 { return c.Time }, func(a Author) float64 { return a.Time }))
	slices.Sort(got)
	check(t, got, []string{
		"Author authors[0]@0: behind at Caption, key 0 before 1",
		"Caption captions[0]@0: incomplete at Author, key 1 between 0 and 2, because of " +
			"Caption captions[0]@0: gap at Author, key 1 between 0 and 2",
		"Frame frames[0]@0: incomplete at Caption, key 1, because of " +
			"Caption captions[0]@0: incomplete at Author, key 1 between 0 and 2, because of " +
			"Caption captions[0]@0: gap at Author, key 1 between 0 and 2",
	})
}

// A callback that panics ends the run with an error.
func TestOnUnmatchedPanics(t *testing.T) {
	mill, err := leat.New(captioned, skipping(unmatchedBroker(t),
		leat.OnUnmatched(func(leat.Unmatched) { panic("boom") }))...)
	must(t, err)
	if err := mill.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "OnUnmatched: panic: boom") {
		t.Errorf("the run returns %v", err)
	}
}

// Mistakes are answered with what would be right.
func TestUnmatchedMistakes(t *testing.T) {
	b := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"))
	_, err := leat.New(captioned, skipping(b, leat.WriteUnmatched())...)
	if err == nil || !strings.Contains(err.Error(), `declare one, for example by `+
		`file.At[leat.Unmatched]("unmatched.jsonl")`) {
		t.Errorf("without a stream: %v", err)
	}
	_, err = leat.New(captioned, skipping(b, leat.OnUnmatched(nil))...)
	if err == nil || !strings.Contains(err.Error(), "the function is nil; leave the option out") {
		t.Errorf("without a function: %v", err)
	}
}

// In a join with a reach the reason says how far away the nearest is, in words and as JSON, or what keeps apart those that
// are within reach.
func TestUnmatchedSaysHowFarTheNearestIs(t *testing.T) {
	type frame struct{ At time.Time }
	type sample struct{ At time.Time }
	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	b := memory.New(memory.Stream[frame]("frames"), memory.Stream[sample]("samples"))
	if err := errors.Join(memory.Append(b, "frames", 0, frame{noon}), b.End("frames"),
		memory.Append(b, "samples", 0, sample{noon.Add(-30 * time.Millisecond)}, sample{noon.Add(27 * time.Millisecond)}),
		b.End("samples")); err != nil {
		t.Fatal(err)
	}
	var told []leat.Unmatched
	mill, err := leat.New(func(frame, sample) {}, leat.Broker(b), leat.Logger(slog.New(slog.DiscardHandler)),
		leat.Join(func(f frame) time.Time { return f.At }, func(s sample) time.Time { return s.At },
			leat.Within(20*time.Millisecond, 20*time.Millisecond), leat.Nearest()),
		leat.OnUnmatched(func(u leat.Unmatched) { told = append(told, u) }))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(told, func(u leat.Unmatched) bool { return u.Stream == "frames" })
	if i < 0 {
		t.Fatalf("the frame isn't among %v", told)
	}
	if text := told[i].String(); !strings.HasSuffix(text, ": the nearest is 27ms later, within is 20ms") {
		t.Error(text)
	}
	data, err := json.Marshal(told[i])
	if err != nil || !strings.Contains(string(data), `"distance":{"by":"27ms","later":true,"within":"20ms"}`) {
		t.Errorf("%s, %v", data, err)
	}
}
