package leat_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

type (
	Trade struct {
		At     int64
		Ticker string
	}
	Quote struct {
		At     int64
		Ticker string
		Bid    int
	}
	Halt struct{ At int64 }
	Fill struct{ Text string }
)

func tradeAt(t Trade) int64      { return t.At }
func quoteAt(q Quote) int64      { return q.At }
func haltAt(h Halt) int64        { return h.At }
func tickerOf(t Trade) string    { return t.Ticker }
func quoteTicker(q Quote) string { return q.Ticker }
func fillOf(t Trade, b any) Fill { return Fill{fmt.Sprint(t.At, t.Ticker, " ", b)} }
func quoteText(q *Quote) any {
	if q == nil {
		return "none"
	}
	return q.Bid
}

// fills runs a mill over trades, quotes and halts, and returns what it writes.
func fills(t *testing.T, fn any, options ...leat.Option) []string {
	t.Helper()
	b := memory.New(memory.Stream[Trade]("trades"), memory.Stream[Quote]("quotes"), memory.Stream[Halt]("halts"),
		memory.Stream[Fill]("fills"))
	for _, err := range []error{
		memory.Append(b, "trades", 0, Trade{2, "a"}, Trade{5, "b"}, Trade{7, "a"}, Trade{9, "a"}),
		memory.Append(b, "quotes", 0, Quote{3, "b", 30}, Quote{4, "a", 40}, Quote{7, "a", 70}, Quote{8, "b", 80}),
		memory.Append(b, "halts", 0, Halt{6}),
		b.End("trades"), b.End("quotes"), b.End("halts"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	mill, err := leat.New(fn, append(options, leat.Broker(b))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	written, err := memory.Elements[Fill](b, "fills", 0)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range written {
		texts = append(texts, f.Text)
	}
	return texts
}

// R2, R3: each option of a join says which matches the function gets, in every form.
func TestOptionsOfJoins(t *testing.T) {
	by := leat.By(tickerOf, quoteTicker)
	single := func(t Trade, q *Quote) Fill { return fillOf(t, quoteText(q)) }
	list := func(t Trade, quotes []Quote) Fill {
		var bids []int
		for _, q := range quotes {
			bids = append(bids, q.Bid)
		}
		return fillOf(t, bids)
	}
	for _, c := range []struct {
		name string
		fn   any
		join leat.Option
		want []string
	}{
		{"the last before", single, leat.AsOf(tradeAt, quoteAt), []string{"5b 40", "7a 70", "9a 80"}},
		{"optional", single, leat.AsOf(tradeAt, quoteAt, leat.Optional()), []string{"2a none", "5b 40", "7a 70", "9a 80"}},
		{"of the same ticker", single, leat.AsOf(tradeAt, quoteAt, by, leat.Within(2, 0), leat.Optional()),
			[]string{"2a none", "5b 30", "7a 70", "9a 70"}},
		{"below the key", single, leat.AsOf(tradeAt, quoteAt, leat.Unequal()), []string{"5b 40", "7a 40", "9a 80"}},
		{"the first behind", single, leat.Join(tradeAt, quoteAt, leat.Within(0, leat.Any), leat.First()),
			[]string{"2a 30", "5b 70", "7a 70"}},
		{"the nearest", single, leat.Join(tradeAt, quoteAt, leat.Within(2, 2), leat.Nearest()),
			[]string{"2a 30", "5b 40", "7a 70", "9a 80"}},
		{"all within", list, leat.Join(tradeAt, quoteAt, leat.Within(1, 1), leat.Optional()),
			[]string{"2a [30]", "5b [40]", "7a [70 80]", "9a [80]"}},
		{"the only one as a list", list, leat.AsOf(tradeAt, quoteAt), []string{"5b [40]", "7a [70]", "9a [80]"}},
		{"by value", func(t Trade, q Quote) Fill { return fillOf(t, q.Bid) }, leat.AsOf(tradeAt, quoteAt),
			[]string{"5b 40", "7a 70", "9a 80"}},
		{"absent", func(t Trade) Fill { return fillOf(t, "") }, leat.Join(tradeAt, haltAt, leat.Within(2, 0), leat.Absent()),
			[]string{"2a ", "5b ", "9a "}},
		{"typed", leat.Typed(func(_ context.Context, in *struct {
			Trade
			Quote *Quote
		}) (Fill, error) {
			return fillOf(in.Trade, quoteText(in.Quote)), nil
		}), leat.AsOf(tradeAt, quoteAt, leat.Optional()), []string{"2a none", "5b 40", "7a 70", "9a 80"}},
		{"typed, absent", leat.Typed(func(_ context.Context, in *struct{ Trade }) (Fill, error) {
			return fillOf(in.Trade, ""), nil
		}), leat.Join(tradeAt, haltAt, leat.Within(2, 0), leat.Absent()), []string{"2a ", "5b ", "9a "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fills(t, c.fn, c.join); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// R3: the only match of a match comes in a map, and in a typed function beside it.
func TestSingleMatchesBelowOthers(t *testing.T) {
	joins := []leat.Option{
		leat.AsOf(tradeAt, quoteAt),
		leat.AsOf(quoteAt, haltAt, leat.Optional()),
	}
	text := func(h *Halt) any {
		if h == nil {
			return "none"
		}
		return h.At
	}
	want := []string{"5b none", "7a 6", "9a 6"}
	if got := fills(t, func(t Trade, q Quote, halts map[Quote]*Halt) Fill { return fillOf(t, text(halts[q])) },
		joins...); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	typed := leat.Typed(func(_ context.Context, in *struct {
		Trade
		Quote *struct {
			Quote
			Halt *Halt
		}
	}) (Fill, error) {
		return fillOf(in.Trade, text(in.Quote.Halt)), nil
	})
	if got := fills(t, typed, joins...); !slices.Equal(got, want) {
		t.Errorf("typed: got %q, want %q", got, want)
	}
}

// What can't match, is never certain or would keep a whole stream is told by New, with what would be right.
func TestMistakesInOptionsOfJoins(t *testing.T) {
	list := func(Trade, []Quote) {}
	tradeTime, quoteTime := func(Trade) time.Time { return time.Time{} }, func(Quote) time.Time { return time.Time{} }
	by := leat.By(tickerOf, quoteTicker)
	for _, c := range []struct {
		name string
		fn   any
		join leat.Option
		want string
	}{
		{"nothing in reach", list, leat.Join(tradeAt, quoteAt, leat.Within(-5, 2)),
			"leat.Within(-5, 2) reaches nothing"},
		{"equal keys left out", list, leat.Join(tradeAt, quoteAt, leat.Unequal()),
			"without a reach no others match; add leat.Within"},
		{"all of a stream", list, leat.Join(tradeAt, quoteAt, leat.Within(leat.Any, 0)),
			"leat.Within(leat.Any, 0) takes all of a stream"},
		{"the last of a stream", list, leat.Join(tradeAt, quoteAt, leat.Within(1, leat.Any), leat.Last()),
			"waits for the end of the stream"},
		{"the first of a ticker", list, leat.Join(tradeAt, quoteAt, leat.Within(0, leat.Any), leat.First(), by),
			"leat.First and leat.By waits for ever"},
		{"the nearest of a ticker", list, leat.Join(tradeAt, quoteAt, leat.Within(5, leat.Any), leat.Nearest(), by),
			"leat.Nearest and leat.By waits for ever"},
		{"one for each ticker", list, leat.AsOf(tradeAt, quoteAt, by),
			"say by leat.Within(leat.Any, 0) that this is meant"},
		{"absent for ever", func(Trade) {}, leat.Join(tradeAt, quoteAt, leat.Within(0, leat.Any), leat.Absent()),
			"leat.Absent waits for the end of the stream"},
		{"a take of none", func(Trade) {}, leat.AsOf(tradeAt, quoteAt, leat.Absent()),
			"there is none to take; leave leat.Last out"},
		{"two takes", list, leat.AsOf(tradeAt, quoteAt, leat.First()), "leat.First contradicts leat.Last"},
		{"two needs", list, leat.AsOf(tradeAt, quoteAt, leat.Absent(), leat.Optional()),
			"leat.Optional contradicts another option"},
		{"two reaches", list, leat.AsOf(tradeAt, quoteAt, leat.Within(1, 0), leat.Within(2, 0)),
			"leat.Within(2, 0) contradicts leat.Within(1, 0)"},
		{"optional by value", func(Trade, Quote) {}, leat.AsOf(tradeAt, quoteAt, leat.Optional()),
			"parameter 2 (leat_test.Quote): with leat.Optional there may be no match; make it *leat_test.Quote"},
		{"a parameter for none", func(Trade, []Halt) {}, leat.Join(tradeAt, haltAt, leat.Absent()),
			"parameter 2 ([]leat_test.Halt): leat_test.Halt must be absent (leat.Absent)"},
		{"a duration for numbers", list, leat.Join(tradeAt, quoteAt, leat.Within(time.Second, 0)),
			"1s is a time.Duration, but the keys are numbers of type int64"},

		{"a number for times", list, leat.Join(tradeTime, quoteTime, leat.Within(2, 0)), "give a time.Duration, such as 2*time.Second"},
		{"a reach of texts", list, leat.Join(tickerOf, quoteTicker, leat.Within(2, 0)),
			"the keys are texts, which have no distances"},
		{"a nil bound", list, leat.Join(tradeAt, quoteAt, leat.Within(nil, 0)), "a bound is nil"},
		{"a match key that can't be hashed", list, leat.Join(tradeAt, quoteAt,
			leat.By(func(Trade) any { return 1 }, func(Quote) any { return 1 })), "interface {} is an interface"},
		{"a match key of others", list, leat.Join(tradeAt, quoteAt,
			leat.By(func(Halt) int { return 1 }, func(Quote) int { return 1 })),
			"leat.By is over leat_test.Halt and leat_test.Quote"},
		{"a comparison with a reach", list, leat.JoinFunc(func(Trade, Quote) int { return 0 }, leat.Within(1, 0)),
			"use leat.Join with keys for leat.Within"},
		{"a typed field for all", leat.Typed(func(context.Context, *struct {
			Trade
			Quote *Quote
		}) (struct{}, error) {
			return struct{}{}, nil
		}), leat.Join(tradeAt, quoteAt), "make it []"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := memory.New(memory.Stream[Trade]("trades"), memory.Stream[Quote]("quotes"), memory.Stream[Halt]("halts"))
			_, err := leat.New(c.fn, c.join, leat.Broker(b))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// The plan says what an edge takes, needs and how far it reaches, and what its node retains at most.
func TestPlanOfOptions(t *testing.T) {
	list, one := func(Trade, []Quote) {}, func(Trade, Quote) {}
	by := leat.By(tickerOf, quoteTicker)
	const forEver = "one element for each value of its match key, for ever"
	for _, c := range []struct {
		fn            any
		join          leat.Option
		how, retained string
	}{
		{list, leat.Join(tradeAt, quoteAt), "", "all elements of one key"},
		{list, leat.Join(tradeAt, quoteAt, leat.Unique()), "unique", "one element of one key"},
		{one, leat.Join(tradeAt, quoteAt, leat.Last()), "last", "the last element of one key"},
		{one, leat.Join(tradeAt, quoteAt, leat.Nearest(), by), "nearest, by KEYS",
			"the last element for each value of its match key, of one key"},
		{func(Trade, *Quote) {}, leat.AsOf(tradeAt, quoteAt, by, leat.Within(2, 0), leat.Optional()),
			"last within 2 before, by KEYS, optional", "the last element for each value of its match key within 2 before"},
		{one, leat.AsOf(tradeAt, quoteAt), "last within any time before", "the last element"},
		{one, leat.AsOf(tradeAt, quoteAt, leat.Within(9, 0), leat.Unequal()), "last within 9 before, not at equal keys",
			"the last element within 9 before, and those of the key at hand"},
		{one, leat.AsOf(tradeAt, quoteAt, by, leat.Within(leat.Any, 0)), "last within any time before, by KEYS", forEver},
		{one, leat.Join(tradeAt, quoteAt, leat.Within(leat.Any, 2), leat.Nearest(), by),
			"nearest within any time before and 2 after, by KEYS", forEver + ", and all elements within 2 after"},
		{one, leat.Join(tradeAt, quoteAt, leat.Within(2, 2), leat.Nearest()), "nearest within 2 before and 2 after",
			"the nearest element on each side"},
		{one, leat.Join(tradeAt, quoteAt, leat.Within(2, 2), leat.Nearest(), by),
			"nearest within 2 before and 2 after, by KEYS", "all elements within 2 before and 2 after"},
		{one, leat.Join(tradeAt, quoteAt, leat.Within(0, leat.Any), leat.First()), "first within any time after",
			"the first element within any time after"},
		{one, leat.Join(tradeAt, quoteAt, leat.Within(leat.Any, leat.Any), leat.First()),
			"first within any time before and any time after", "the first element"},
		{list, leat.Join(tradeAt, quoteAt, leat.Within(60, 0)), "within 60 before", "all elements within 60 before"},
		{func(Trade) {}, leat.Join(tradeAt, quoteAt, leat.Within(60, 0), leat.Absent()), "within 60 before, absent",
			"one element within 60 before"},
		{func(Trade) {}, leat.Join(tradeAt, quoteAt, leat.Within(leat.Any, 0), leat.Absent(), by),
			"within any time before, by KEYS, absent", forEver},
		{list, leat.JoinFunc(func(Trade, Quote) int { return 0 }), "", "all elements that match one of the other side"},
	} {
		b := memory.New(memory.Stream[Trade]("trades"), memory.Stream[Quote]("quotes"))
		mill, err := leat.New(c.fn, leat.Broker(b), c.join)
		if err != nil {
			t.Errorf("%s: %v", c.retained, err)
			continue
		}
		plan := mill.Plan()
		keys := regexp.MustCompile(`by \w+\.go:\d+ == \w+\.go:\d+`)
		text := keys.ReplaceAllString(plan.String(), "by KEYS")
		if c.how != "" && !strings.Contains(text, ", "+c.how+"\n") || !strings.Contains(text, "Quote: "+c.retained+"\n") {
			t.Errorf("%s, and retained %s: %s", c.how, c.retained, text)
		}
		warns := strings.Contains(c.retained, "for ever")
		for _, form := range []string{plan.String(), plan.Mermaid(), plan.DOT()} {
			form = keys.ReplaceAllString(form, "by KEYS")
			if !strings.Contains(form, c.how) || !strings.Contains(form, c.retained) {
				t.Errorf("%s isn't said, or not what is retained: %s", c.how, form)
			}
			if strings.Contains(form, "warning") != warns {
				t.Errorf("that this isn't bounded: %s", form)
			}
		}
	}
}
