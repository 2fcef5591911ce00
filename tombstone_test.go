package leat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/leattest"
)

type (
	stone struct {
		N    int
		Text string
	}
	laterStone stone
	pair       struct {
		N, Later int
		Texts    string
	}
)

func newPairs(storage leat.Option) (*leat.Mill, error) {
	return leat.New(func(s stone, later []laterStone) pair {
		p := pair{s.N, len(later), s.Text}
		for _, l := range later {
			p.Texts += l.Text
		}
		return p
	}, storage, leat.Name("pairs"), leat.Join(func(s stone) int { return s.N }, func(l laterStone) int { return l.N }))
}

func stoneRecords(texts ...string) (records []broker.Record) {
	for _, text := range texts {
		key, value, valued := strings.Cut(text, "=")
		r := broker.Record{Key: []byte(key)}
		if valued {
			r.Value = []byte(value)
		}
		records = append(records, r)
	}
	return records
}

// A record without a value is no element, and an element made of its key where the stream says so.
func TestTombstones(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []leattest.StreamOption
		feed    []string
		want    []pair
		err     string
	}{
		{"passed over", nil, []string{`x={"N":1}`, `y`, `{"N":7}`, `x={"N":2}`, `z`}, []pair{{1, 1, ""}, {2, 1, ""}}, ""},
		{"taken", []leattest.StreamOption{leattest.Tombstones()}, []string{`x={"N":1}`, ` {"N":3, "Text":"gone"}`,
			`x={"N":5}`},
			[]pair{{1, 1, ""}, {3, 1, "gonegone"}, {5, 1, ""}}, ""},
		{"taken without fields", []leattest.StreamOption{leattest.Tombstones()}, []string{`no object`, ``, `x={"N":1}`},
			[]pair{{0, 2, ""}, {0, 2, ""}, {1, 1, ""}}, ""},
		{"taken out of order", []leattest.StreamOption{leattest.Tombstones()}, []string{`x={"N":1}`, `no object`}, nil, "@1"},
		{"taken with a key that can't be decoded", []leattest.StreamOption{leattest.Tombstones()}, []string{`{"N":"x"}`},
			nil, "@0"},
		{"an empty value", nil, []string{`x=`}, nil, "@0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := leattest.New(t, leattest.Stream[stone](nil, append(test.options, leattest.ReadAs[laterStone]())...),
				leattest.Result[pair]())
			leattest.FeedRecords[stone](b, stoneRecords(test.feed...))
			err := b.Try(newPairs)
			if test.err != "" {
				at, ok := errors.AsType[*broker.PositionError](err)
				if !ok || !strings.Contains(at.Position.String(), test.err) {
					t.Errorf("the error is %v, wanted is one at %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := leattest.Results[pair](b); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// A dead letter about an element that was made of a key says that its record has no value.
func TestLetterAboutATombstone(t *testing.T) {
	b := leattest.New(t, leattest.Stream[stone](nil, leattest.Tombstones(), leattest.ReadAs[laterStone]()),
		leattest.Result[pair](), leattest.Result[leat.Letter]())
	leattest.FeedRecords[stone](b, stoneRecords(`x={"N":1}`, `no object`))
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(s stone, _ []laterStone) pair { return pair{N: s.N} }, storage, leat.OnDisorder(leat.DeadLetter),
			leat.Join(func(s stone) int { return s.N }, func(l laterStone) int { return l.N }))
	})
	for _, l := range leattest.Results[leat.Letter](b) {
		if string(l.Element) != "null" || l.Offset != 1 {
			t.Errorf("the letter is %+v", l)
		}
	}
	if n := len(leattest.Results[leat.Letter](b)); n != 2 {
		t.Errorf("there are %d letters, wanted is one for each reading", n)
	}
}

// R8: wherever records without a value are, and whatever crashes, a join comes to what it does without them.
func TestTombstonesChangeNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var records, without []broker.Record
		n := 0
		for i := range rapid.IntRange(0, 30).Draw(rt, "records") {
			n += rapid.IntRange(0, 2).Draw(rt, "step")
			r := broker.Record{Value: fmt.Appendf(nil, `{"N":%d,"Text":"%d."}`, n, i)}
			without = append(without, r)
			records = append(records, r)
			for range rapid.SampledFrom([]int{0, 0, 1, 3, 700}).Draw(rt, "tombstones") {
				records = append(records, broker.Record{Key: []byte("k")})
			}
		}
		crash := rapid.IntRange(0, 8).Draw(rt, "crash")
		run := func(records []broker.Record, crash int) []pair {
			b := memory.New(memory.Stream[stone]("stones"), memory.Stream[laterStone]("stones"), memory.Stream[pair]("pairs"),
				memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
			must(t, b.AppendRecords("stones", 0, records...))
			must(t, b.End("stones"))
			died := errors.New("died")
			if crash > 0 {
				b.LoseCommit(crash, died)
			}
			for b.Progress("pairs", 0).Sessions == 0 {
				mill, err := newPairs(leat.Broker(b))
				must(t, err)
				if err := mill.Run(t.Context()); err != nil && !errors.Is(err, died) {
					rt.Fatal(err)
				}
			}
			all, err := memory.Elements[pair](b, "pairs", 0)
			must(t, err)
			return all
		}
		if got, want := run(records, crash), run(without, 0); !slices.Equal(got, want) {
			rt.Fatalf("got %v, want %v", got, want)
		}
	})
}

// The place of a stream that has nothing but records without a value moves on.
func TestPlaceBehindTombstones(t *testing.T) {
	b := memory.New(memory.Stream[stone]("stones"), memory.Stream[laterStone]("later"), memory.Stream[pair]("pairs"))
	must(t, b.AppendRecords("stones", 0, stoneRecords(`={"N":1}`, `={"N":2000}`)...))
	must(t, b.AppendRecords("later", 0, append(stoneRecords(`={"N":1}`, `={"N":2}`), make([]broker.Record, 40_000)...)...))
	mill, err := newPairs(leat.Broker(b))
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- mill.Run(ctx) }()
	for b.Progress("pairs", 0).Nodes == nil || b.Progress("pairs", 0).Nodes[1].Offset < 30_000 {
		select {
		case err := <-done:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	<-done
}
