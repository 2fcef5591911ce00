package expr_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/expr"
)

type Audio struct {
	Time int `json:"time"`
}

type Video struct {
	Time int  `json:"time_ms"`
	Shot *int `json:"shot"`
}

type Text struct {
	Text string `json:"text"`
}

func storage() leat.Option {
	return leat.Broker(memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"),
		memory.Stream[Text]("texts")))
}

// TestMistakes checks that what is wrong with an expression is told by New, with the option, its place and the type.
func TestMistakes(t *testing.T) {
	misfit := func(Audio, []Video) {}
	typed := leat.Typed(func(context.Context, *struct {
		Audio
		Videos []Video
	}) (struct{}, error) {
		return struct{}{}, nil
	})
	const streams = `expr_test.Audio ("audio"), expr_test.Video ("video") and expr_test.Text ("texts")`
	for _, c := range []struct {
		name   string
		fn     any
		option leat.Option
		want   string
	}{
		{"unknown field", misfit, expr.Join[Audio, Video]("tme", "time_ms"),
			`expr.Join (expr_test.go:N): left key, over expr_test.Audio: expression "tme", column 1: ` +
				`unknown name tme, did you mean time?`},
		{"unknown field on the right", misfit, expr.Join[Audio, Video]("time", "time_m"),
			`expr.Join (expr_test.go:N): right key, over expr_test.Video: expression "time_m", column 1: unknown name time_m, ` +
				`did you mean time_ms?`},
		{"unknown field, typed", typed, expr.Join[Audio, Video]("tme", "time_ms"),
			`expr.Join (expr_test.go:N): left key, over expr_test.Audio: expression "tme", column 1: ` +
				`unknown name tme, did you mean time?`},
		{"no struct", misfit, expr.Join[Audio, int]("time", "time_ms"), "3 mistakes:\n" +
			"\texpr.Join (expr_test.go:N): the source has no stream of int; it has " + streams + "\n" +
			"\texpr.Join (expr_test.go:N): right key, over int: expression \"time_ms\", column 1: " +
			"expressions need a struct, and int is none\n" +
			"\tparameter 2 ([]expr_test.Video): no join has expr_test.Video on its right; " +
			"add leat.Join(func(expr_test.Audio) K, func(expr_test.Video) K)"},
		{"kinds of keys", func(Audio, []Text) {}, expr.Join[Audio, Text]("time", "text"),
			"expr.Join (expr_test.go:N): keys must be of one kind, but left is a number (time) and right is text (text)"},
		{"reach of text", func(Text, []Video) {}, expr.Join[Text, Video]("text", "string(time_ms)", leat.Within(5, 0)),
			"expr.Join (expr_test.go:N): leat.Within(5, 0): text is text, and texts have no distances: a reach needs numbers " +
				"or times, such as date(…)"},
		{"reach of numbers by a duration", misfit, expr.Join[Audio, Video]("time", "time_ms", leat.Within(time.Second, 0)),
			"expr.Join (expr_test.go:N): leat.Within(1s, 0): time is a number, but the reach is given as a duration: " +
				"give it as a number in the keys' units"},
		{"reach that is none", misfit, expr.Join[Audio, Video]("time", "time_ms", leat.Within("5", 0)),
			"expr.Join (expr_test.go:N): leat.Within(5, 0): 5, of type string, is no distance; give a number, or a duration " +
				"where keys are times"},
		{"reach in two units", misfit, expr.Join[Audio, Video]("time", "time_ms", leat.Within(5, time.Second)),
			"expr.Join (expr_test.go:N): leat.Within(5, 1s): one bound is a number and the other is a duration: " +
				"give both in the keys' units"},
		{"reach of nothing", misfit, expr.Join[Audio, Video]("time", "time_ms", leat.Within(-0.5, 0.1)),
			"expr.Join (expr_test.go:N): leat.Within(-0.5, 0.1) reaches nothing: it begins above its end; both count away from " +
				"the left key, before to lower keys and after to higher ones, and a negative number to the other side"},
		{"match key with an unknown field", misfit,
			expr.Join[Audio, Video]("time", "time_ms", expr.By[Audio, Video]("time", "shoot")),
			"expr.Join (expr_test.go:N): expr.By: right key, over expr_test.Video: expression \"shoot\", column 1: " +
				"unknown name shoot, did you mean shot?"},
		{"match key of two kinds", misfit,
			expr.Join[Audio, Video]("time", "time_ms", expr.By[Audio, Video]("time", "string(shot)")),
			"expr.Join (expr_test.go:N): expr.By: keys must be of one kind, but left is a number (time) and right is text " +
				"(string(shot))"},
		{"nil option of a join", misfit, expr.Join[Audio, Video]("time", "time_ms", nil),
			"expr.Join (expr_test.go:N): option 1 of the join is nil; leave it out"},
		{"window", func([]Audio) {}, expr.Window[Audio]("floor(tim / 2)"),
			`expr.Window (expr_test.go:N): window key, over expr_test.Audio: expression "floor(tim / 2)", column 7: ` +
				`unknown name tim, did you mean time?`},
		{"window over another type", func([]Audio) {}, expr.Window[Video]("time_ms"),
			"expr.Window (expr_test.go:N): the window key is over expr_test.Video, but the master is expr_test.Audio; " +
				"make it a function of expr_test.Audio"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := leat.New(c.fn, storage(), c.option)
			if err == nil {
				t.Fatal("no error")
			}
			got := regexp.MustCompile(`expr_test\.go:\d+`).ReplaceAllString(err.Error(), "expr_test.go:N")
			if _, rest, _ := strings.Cut(got, "(expr_test.go:N): "); rest != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", rest, c.want)
			}
		})
	}
}

// TestGivenTwice checks that a mill may have several joins by expressions, but one window.
func TestGivenTwice(t *testing.T) {
	window := expr.Window[Audio]("time")
	_, err := leat.New(func([]Audio) {}, storage(), window, window)
	if err == nil || !strings.Contains(err.Error(), "expr.Window (expr_test.go:") ||
		!strings.Contains(err.Error(), "was given before; give it once") {
		t.Errorf("got %v", err)
	}
	_, err = leat.New(func(Audio, []Video, map[Video][]Text) {}, storage(),
		expr.Join[Audio, Video]("time", "time_ms"), expr.Join[Video, Text]("time_ms", "float(text)"))
	if err != nil {
		t.Errorf("got %v", err)
	}
}

// TestOptionsOfJoins has an option of the root package work with a join of this one: a second element for a key is
// disorder.
func TestOptionsOfJoins(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"))
	err := errors.Join(memory.Append(b, "audio", 0, Audio{1}, Audio{2}),
		memory.Append(b, "video", 0, Video{Time: 1000}, Video{Time: 1000}),
		b.End("audio"), b.End("video"))
	if err != nil {
		t.Fatal(err)
	}
	mill, err := leat.New(func(Audio, []Video) {}, leat.Broker(b),
		expr.Join[Audio, Video]("time", "time_ms / 1000", leat.Unique()))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err == nil || !strings.Contains(err.Error(),
		"repeats, but the join is declared unique") {
		t.Errorf("got %v", err)
	}
}

// TestReaches joins by expressions within a reach: distances are exact, where floating numbers' are not, and match keys
// are equal as values.
func TestReaches(t *testing.T) {
	type Trade struct {
		Time   float64 `json:"time"`
		Ticker int     `json:"ticker"`
	}
	type Quote struct {
		Time   float64 `json:"time"`
		Ticker string  `json:"ticker"`
		Bid    int     `json:"bid"`
	}
	b := memory.New(memory.Stream[Trade]("trades"), memory.Stream[Quote]("quotes"))
	err := errors.Join(
		// 0.3 - 0.1 is above 0.2 in floating numbers.
		memory.Append(b, "trades", 0, Trade{0.3, 1}, Trade{0.3, 2}, Trade{0.5, 2}),
		memory.Append(b, "quotes", 0, Quote{0.0999, "1", 1}, Quote{0.1, "1.0", 2}, Quote{0.2, "2", 3}),
		b.End("trades"), b.End("quotes"))
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	mill, err := leat.New(func(_ Trade, quotes []Quote) {
		got = append(got, len(quotes), quotes[0].Bid)
	}, leat.Broker(b), expr.Join[Trade, Quote]("time", "time", leat.Within(0.2, 0),
		expr.By[Trade, Quote]("ticker", "float(ticker)")))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []int{1, 2, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	const how = "on time == time, within 0.2 before, by ticker == float(ticker)"
	if plan := mill.Plan().String(); !strings.Contains(plan, how) {
		t.Errorf("got %s", plan)
	}
}

// TestReachesOfTimes has a reach over times by expressions be a time.Duration.
func TestReachesOfTimes(t *testing.T) {
	type Order struct{ At time.Time }
	type Payment struct {
		At *time.Time
		ID int
	}
	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	late := noon.Add(time.Hour + 1)
	b := memory.New(memory.Stream[Order]("orders"), memory.Stream[Payment]("payments"))
	err := errors.Join(memory.Append(b, "orders", 0, Order{noon}, Order{noon.Add(1)}),
		memory.Append(b, "payments", 0, Payment{nil, 1}, Payment{&late, 2}), b.End("orders"), b.End("payments"))
	if err != nil {
		t.Fatal(err)
	}
	var got []time.Time
	mill, err := leat.New(func(o Order) { got = append(got, o.At) }, leat.Broker(b),
		expr.Join[Order, Payment]("At", "At", leat.Within(0, time.Hour), leat.Absent()))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !got[0].Equal(noon) {
		t.Errorf("without a payment within an hour: %v", got)
	}
}
