package leat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/observe"
)

// Elements that Where leaves out aren't there: of masters and children, by T and *T, by name, and with a typed function.
func TestWhere(t *testing.T) {
	join := leat.AsOf(tradeAt, quoteAt, leat.Optional())
	last := func(tr Trade, q *Quote) Fill { return fillOf(tr, quoteText(q)) }
	isA := func(q *Quote) bool { return q.Ticker == "a" }
	for _, c := range []struct {
		name    string
		fn      any
		options []leat.Option
		want    []string
	}{
		{"child", last, []leat.Option{join, leat.Where(isA)}, []string{"2a none", "5b 40", "7a 70", "9a 70"}},
		{"all of a child", last, []leat.Option{join, leat.Where(func(Quote) bool { return false })},
			[]string{"2a none", "5b none", "7a none", "9a none"}},
		{"master", last, []leat.Option{join, leat.Where(func(tr Trade) bool { return tr.At != 7 })},
			[]string{"2a none", "5b 40", "9a 80"}},
		{"two", last, []leat.Option{join, leat.Where(isA), leat.Where(func(q Quote) bool { return q.Bid < 70 })},
			[]string{"2a none", "5b 40", "7a 40", "9a 40"}},
		{"typed", leat.Typed(func(_ context.Context, in *struct {
			Trade
			Last *Quote
		}) (Fill, error) {
			return fillOf(in.Trade, quoteText(in.Last)), nil
		}), []leat.Option{join, leat.Where(isA, leat.Named("last"))}, []string{"2a none", "5b 40", "7a 70", "9a 70"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fills(t, c.fn, c.options...); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// What is left out takes no part in the order, is counted, and not reported; a run behind it doesn't count it again
// among those read.
func TestWhereIsBeforeTheOrder(t *testing.T) {
	b := memory.New(memory.Stream[Trade]("trades"))
	if err := memory.Append(b, "trades", 0, Trade{5, "b"}, Trade{1, "a"}, Trade{2, "x"}, Trade{2, "a"}); err != nil {
		t.Fatal(err)
	}
	if err := b.End("trades"); err != nil {
		t.Fatal(err)
	}
	var snapshot func() observe.Snapshot
	observer := observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
		snapshot = run.Snapshot
		return observe.Watch{}, nil
	})
	var got []string
	mill, err := leat.New(func(tr Trade) { got = append(got, fmt.Sprint(tr.At, tr.Ticker)) }, leat.Broker(b),
		leat.Name("where"), leat.Where(func(tr Trade) bool { return tr.Ticker == "a" }), leat.Observe(observer))
	if err != nil {
		t.Fatal(err)
	}
	if plan := mill.Plan().String(); !strings.Contains(plan, "trades where where_test.go:") {
		t.Errorf("the plan is\n%s", plan)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"1a", "2a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s := snapshot()
	if n := s.Totals()[0]; n.Filtered != 2 || n.Read != 2 || n.Matched != 2 || len(n.Unmatched) != 0 {
		t.Errorf("got %+v", n)
	}
}

// A panic of the function is an error that says where the element lies, and goes by OnDecodeError.
func TestWherePanics(t *testing.T) {
	where := leat.Where(func(q Quote) bool {
		if q.Ticker == "b" {
			panic("no ticker b")
		}
		return true
	})
	last := func(tr Trade, q *Quote) Fill { return fillOf(tr, quoteText(q)) }
	join := leat.AsOf(tradeAt, quoteAt, leat.Optional())
	want := []string{"2a none", "5b 40", "7a 70", "9a 70"}
	if got := fills(t, last, join, where, leat.OnDecodeError(leat.Skip)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Mistakes in Where are told by New.
func TestWhereMistakes(t *testing.T) {
	b := memory.New(memory.Stream[Trade]("trades"), memory.Stream[Quote]("quotes"))
	for _, c := range []struct {
		option leat.Option
		want   string
	}{
		{leat.Where[Trade](nil), "the function is nil"},
		{leat.Where(func(Quote) bool { return true }), "no node is leat_test.Quote; the tree has leat_test.Trade"},
		{leat.Where(func(Trade) bool { return true }, leat.Named("x")), `no node is leat_test.Trade named "x"`},
	} {
		_, err := leat.New(func(Trade) {}, leat.Broker(b), c.option)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// A stream that Sort puts in order has none of what is left out, so that it isn't late.
func TestWhereIsBeforeSort(t *testing.T) {
	last := func(tr Trade, q *Quote) Fill { return fillOf(tr, quoteText(q)) }
	sorted := leat.Sort(func(q Quote) int64 {
		if q.Ticker == "b" {
			return -q.At // late, wherever it comes
		}
		return q.At
	}, 2)
	got := fills(t, last, leat.AsOf(tradeAt, quoteAt, leat.Optional()), sorted,
		leat.Where(func(q Quote) bool { return q.Ticker == "a" }))
	if want := []string{"2a none", "5b 40", "7a 70", "9a 70"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
