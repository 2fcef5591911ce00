package memory_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
}

type Speed struct {
	From int64 `json:"from"`
}

func Example() {
	streams := memory.New(
		memory.Stream[Location]("locations", memory.Partitions(2)),
	)
	if err := memory.Append(streams, "locations", 1, Location{Time: 0}, Location{Time: 10, X: 3}); err != nil {
		fmt.Println(err)
	}
	if err := streams.End("locations"); err != nil {
		fmt.Println(err)
	}
	sessions, err := memory.Sessions[Location](streams, "locations", 1)
	fmt.Println(sessions, err)
	// Output: [[{0 0} {10 3}] []] <nil>
}

// newBroker has two inputs and an output of n partitions.
func newBroker(n int, options ...memory.Option) *memory.Broker {
	return memory.New(append(options,
		memory.Stream[Location]("locations", memory.Partitions(n)),
		memory.Stream[Speed]("speeds", memory.Partitions(n)),
	)...)
}

func job(b *memory.Broker) *broker.Job {
	streams := b.Streams()
	return &broker.Job{
		Name:    "job",
		Inputs:  streams[:1],
		Outputs: streams[1:2],
		Logger:  slog.New(slog.DiscardHandler),
	}
}

func open(t *testing.T, b *memory.Broker) (broker.Input, broker.Output) {
	t.Helper()
	j := job(b)
	in, err := b.OpenSource(t.Context(), j)
	must(t, err)
	out, err := b.OpenSink(t.Context(), j)
	must(t, err)
	return in, out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func commitOf(partition int, values ...string) broker.Commit {
	c := broker.Commit{Partition: partition, Progress: broker.Progress{Sessions: int64(len(values))}}
	for _, v := range values {
		c.Results = append(c.Results, broker.Result{Value: []byte(v)})
	}
	return c
}

func TestMistakesAreExplained(t *testing.T) {
	b := memory.New(
		memory.Stream[Location]("locations", memory.Partitions(2)),
		memory.Stream[Speed]("speeds"),
	)
	streams := b.Streams()
	ctx := t.Context()
	for _, c := range []struct {
		want string
		err  func() error
	}{
		{`there is no stream "location"; declared are "locations", "speeds"`,
			func() error { return memory.Append(b, "location", 0, Location{}) }},
		{`stream "locations" holds memory_test.Location, not memory_test.Speed`,
			func() error { return memory.Append(b, "locations", 0, Speed{}) }},
		{`stream "speeds" has no partition 1, it has 1 partition`,
			func() error { return memory.Append(b, "speeds", 1, Speed{}) }},
		{"a read fails with an error, but it is nil", func() error { return b.FailRead("locations", 0, 0, nil) }},
		{"no read comes to the offset -1: offsets are counted from zero",
			func() error { return b.FailRead("locations", 0, -1, errors.New("x")) }},
		{`"locations" has 2, "speeds" has 1`, func() error {
			_, err := b.OpenSource(ctx, &broker.Job{Inputs: streams})
			return err
		}},
		{`stream "speeds" has 1 partition, but the inputs have 2: declare it with memory.Partitions(2)`, func() error {
			_, err := b.OpenSink(ctx, &broker.Job{Inputs: streams[:1], Outputs: streams[1:]})
			return err
		}},
		{`stream "speeds" has 1 partition, but there are results of partition 1`, func() error {
			out, err := b.OpenSink(ctx, &broker.Job{Outputs: streams[1:]})
			return errors.Join(err, out.Commit(ctx, []broker.Commit{commitOf(1)}))
		}},
	} {
		if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, wanted one with %s", err, c.want)
		}
	}
}

func TestContradictingDeclarationsPanic(t *testing.T) {
	defer func() {
		want := `memory.New: stream "x" is declared with 2 and with 3 partitions`
		if got := recover(); got != want {
			t.Errorf("panic %v, wanted %s", got, want)
		}
	}()
	memory.New(memory.Stream[Location]("x", memory.Partitions(2)), memory.Stream[Speed]("x", memory.Partitions(3)))
}

// One stream may be declared for several element types: they share its records and its partitions.
func TestStreamOfSeveralTypes(t *testing.T) {
	type Next Location
	b := memory.New(memory.Stream[Location]("locations", memory.Partitions(3)), memory.Stream[Next]("locations"))
	must(t, memory.Append(b, "locations", 2, Location{Time: 7}))
	got, err := memory.Elements[Next](b, "locations", 2)
	must(t, err)
	if want := []Next{{Time: 7}}; !slices.Equal(got, want) {
		t.Errorf("got %v, wanted %v", got, want)
	}
}

func TestOffsetsAndRawRecords(t *testing.T) {
	b := memory.New(memory.Stream[Location]("locations", memory.Gaps(2), memory.Key(func(l Location) []byte {
		return fmt.Append(nil, l.Time)
	})))
	must(t, memory.Append(b, "locations", 0, Location{Time: 5}, Location{Time: 6}))
	must(t, b.End("locations"))
	must(t, b.AppendRecords("locations", 0,
		broker.Record{Value: []byte("{broken")},
		broker.Record{Offset: 100, Value: []byte("{}"), Headers: []broker.Header{{Key: "h", Value: []byte("v")}}}))
	if err := b.AppendRecords("locations", 0, broker.Record{Offset: 50}); err == nil ||
		!strings.Contains(err.Error(), "at least 103") {
		t.Errorf("an offset that is taken gives %v", err)
	}
	entries, err := b.Entries("locations", 0)
	must(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprint(e.Record.Offset, " ", string(e.Record.Key), e.End))
	}
	if want := []string{"0 5false", "3 6false", "6 true", "9 false", "100 false"}; !slices.Equal(got, want) {
		t.Errorf("entries %q, wanted %q", got, want)
	}
	if _, err := memory.Elements[Location](b, "locations", 0); err == nil || !strings.Contains(err.Error(),
		"locations[0]@9") {
		t.Errorf("an undecodable record gives %v, wanted an error with its position", err)
	}
}

func TestCommitFaults(t *testing.T) {
	crash := errors.New("crash")
	for name, c := range map[string]struct {
		inject  func(b *memory.Broker)
		want    error
		visible int
	}{
		"abort": {func(b *memory.Broker) { b.AbortCommit(2) }, broker.ErrAborted, 2},
		"fail":  {func(b *memory.Broker) { b.FailCommit(2, crash) }, crash, 2},
		"lose":  {func(b *memory.Broker) { b.LoseCommit(2, crash) }, crash, 3},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(1)
			c.inject(b)
			_, out := open(t, b)
			must(t, out.Commit(t.Context(), []broker.Commit{commitOf(0, `{"from":1}`)}))
			if err := out.Commit(t.Context(), []broker.Commit{commitOf(0, `{"from":2}`)}); !errors.Is(err, c.want) {
				t.Errorf("the second commit returns %v, wanted %v", err, c.want)
			}
			must(t, out.Commit(t.Context(), []broker.Commit{commitOf(0, `{"from":3}`)}))
			speeds, err := memory.Elements[Speed](b, "speeds", 0)
			must(t, err)
			if len(speeds) != c.visible || b.Commits() != c.visible {
				t.Errorf("visible are %v of %d commits, wanted %d", speeds, b.Commits(), c.visible)
			}
		})
	}
}

func TestSlowCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(1)
		b.SlowCommits(time.Minute)
		_, out := open(t, b)
		start := time.Now()
		must(t, out.Commit(t.Context(), nil))
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the commit took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := out.Commit(ctx, []broker.Commit{commitOf(0, "{}")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a cancelled commit returns %v", err)
		}
		if b.Commits() != 1 {
			t.Errorf("%d commits are visible, wanted 1", b.Commits())
		}
	})
}

func TestReadFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(1)
		must(t, memory.Append(b, "locations", 0, make([]Location, 10)...))
		must(t, b.End("locations"))
		crash := errors.New("crash")
		must(t, b.FailRead("locations", 0, 3, crash))
		release, err := b.BlockRead("locations", 0, 6)
		must(t, err)
		in, _ := open(t, b)
		r, err := in.Reader(t.Context(), 0, 0, 0)
		must(t, err)

		expectRead(t, r, 3, nil)
		_, err = r.Read(t.Context())
		var at *broker.PositionError
		if !errors.Is(err, crash) || !errors.As(err, &at) || at.Position.Offset != 3 {
			t.Errorf("Read at the fault returns %v", err)
		}
		expectRead(t, r, 3, nil)
		time.AfterFunc(time.Minute, release)
		start := time.Now()
		expectRead(t, r, 4, nil)
		if waited := time.Since(start); waited != time.Minute {
			t.Errorf("the blocked Read waited for %v", waited)
		}
		expectRead(t, r, 0, io.EOF)
		if in.Close() == nil {
			t.Error("an input closes although a reader is open")
		}
		must(t, r.Close())
		must(t, in.Close())
	})
}

// A run that is killed at a read commits nothing any more, and the next one passes.
func TestCrashRead(t *testing.T) {
	b := newBroker(1)
	must(t, memory.Append(b, "locations", 0, make([]Location, 3)...))
	crash := errors.New("crash")
	must(t, b.CrashRead("locations", 0, 2, crash))
	b.AbortCommit(3)
	job := &broker.Job{Name: "crash", Inputs: b.Streams()[:1], Outputs: b.Streams()[1:]}
	for life, want := range []error{crash, nil} {
		if left := b.FaultsLeft(); left != 2-life {
			t.Errorf("life %d begins with %d faults", life, left)
		}
		in, err := b.OpenSource(t.Context(), job)
		must(t, err)
		out, err := b.OpenSink(t.Context(), job)
		must(t, err)
		must(t, out.Commit(t.Context(), []broker.Commit{commitOf(0, "{}")}))
		r, err := in.Reader(t.Context(), 0, 0, 2)
		must(t, err)
		if _, err := r.Read(t.Context()); !errors.Is(err, want) {
			t.Errorf("life %d: Read returns %v, wanted %v", life, err, want)
		}
		if want != nil {
			if err := out.Commit(t.Context(), []broker.Commit{commitOf(0, "{}")}); !errors.Is(err, want) {
				t.Errorf("life %d: Commit returns %v, wanted %v", life, err, want)
			}
			if err := in.(broker.Saver).Save(t.Context(), nil); !errors.Is(err, want) {
				t.Errorf("life %d: Save returns %v, wanted %v", life, err, want)
			}
		}
		must(t, errors.Join(r.Close(), out.Close(), in.Close()))
	}
	if b.Commits() != 2 {
		t.Errorf("%d commits are visible, wanted 2", b.Commits())
	}
}

func expectRead(t *testing.T, r broker.Reader, n int, want error) {
	t.Helper()
	records, err := r.Read(t.Context())
	if len(records) != n || err != want {
		t.Fatalf("Read returns %d records and %v, wanted %d and %v", len(records), err, n, want)
	}
}

func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(1)
		go func() {
			time.Sleep(time.Hour)
			if err := errors.Join(memory.Append(b, "speeds", 0, Speed{}, Speed{}), b.End("speeds")); err != nil {
				t.Error(err)
			}
		}()
		must(t, b.WaitRecords(t.Context(), "speeds", 0, 2))
		must(t, b.WaitEnds(t.Context(), "speeds", 0, 1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.WaitRecords(ctx, "speeds", 0, 3); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for what doesn't come returns %v", err)
		}
	})
}
