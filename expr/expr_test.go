package expr_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

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
