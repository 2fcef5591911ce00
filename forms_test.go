package leat_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/expr"
)

func show(a Audio, videos []Video) string {
	text := fmt.Sprintf("%d/%g:", a.Time, a.Data)
	for _, v := range videos {
		text += fmt.Sprintf(" %d", v.Frame)
	}
	return text
}

// values returns what pointers point to.
func values[T any](pointers []*T) []T {
	list := make([]T, len(pointers))
	for i, p := range pointers {
		list[i] = *p
	}
	return list
}

// TestParameterForms has the same join by each form of parameters: every complete master, in order, with its matches
// (R2, R3).
func TestParameterForms(t *testing.T) {
	want := []string{"1/0.5: 1 2", "2/1.5: 3", "2/2.5: 3", "4/3.5: 5"}
	forms := map[string]any{
		"values":   func(a Audio, v []Video) Text { return Text{show(a, v)} },
		"pointers": func(a *Audio, v []*Video) *Text { return &Text{show(*a, values(v))} },
		"map":      func(a Audio, m map[Audio][]Video) Text { return Text{show(a, m[a])} },
		"map of pointers": func(a *Audio, m map[*Audio][]*Video) *Text {
			return &Text{show(*a, values(m[a]))}
		},
		"list and map": func(ctx context.Context, a Audio, v []Video, m map[Audio][]Video) (Text, error) {
			if !slices.Equal(v, m[a]) || len(m) != 1 {
				return Text{}, fmt.Errorf("list %v, map %v", v, m)
			}
			return Text{show(a, v)}, ctx.Err()
		},
		"other order": func(log *slog.Logger, v []Video, r leat.Record, a Audio) Text {
			if r.Stream != "audio" || r.Partition != 0 || log == nil {
				return Text{"wrong record"}
			}
			return Text{show(a, v)}
		},
	}
	for name, fn := range forms {
		t.Run(name, func(t *testing.T) {
			check(t, written(t, fn, leat.Join(audioTime, videoTime)), want)
		})
	}
}

// written runs a function over each of the brokers and returns the texts that it has written, which must be the same.
func written(t *testing.T, fn any, options ...leat.Option) []string {
	t.Helper()
	var first []string
	for name, newBroker := range brokers {
		b := newBroker(t)
		run(t, fn, append(options, leat.Broker(b))...)
		list, err := memory.Elements[Text](b, "texts", 0)
		must(t, err)
		got := texts(list)
		if first == nil {
			first = got
		}
		if !slices.Equal(got, first) {
			t.Errorf("with streams %s: %q, with the other ones: %q", name, got, first)
		}
	}
	return first
}

func texts(list []Text) []string {
	var words []string
	for _, t := range list {
		words = append(words, t.Text)
	}
	return words
}

func check[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestIdentity checks that an element is the same pointer wherever it comes (section 3: identity instead of value).
func TestIdentity(t *testing.T) {
	calls := 0
	fn := func(list []*Audio, videos map[*Audio][]*Video, boxes map[*Video][]*Box) error {
		calls++
		for _, a := range list {
			if len(videos[a]) == 0 {
				return fmt.Errorf("no videos for %v", *a)
			}
			for _, v := range videos[a] {
				if len(boxes[v]) == 0 {
					return fmt.Errorf("no boxes for %v", *v)
				}
			}
		}
		if len(videos) != len(list) {
			return fmt.Errorf("%d keys for %d masters", len(videos), len(list))
		}
		return nil
	}
	written(t, fn, leat.WindowCount(10), leat.Join(audioTime, videoTime), leat.Join(videoFrame, boxFrame))
	check(t, calls, len(brokers))
}

// TestResultForms has each form of results write the same.
func TestResultForms(t *testing.T) {
	twice := func(a Audio) []Text { return []Text{{fmt.Sprint(a.Time)}, {fmt.Sprint(a.Data)}} }
	want := []string{"1", "0.5", "2", "1.5", "2", "2.5", "4", "3.5"}
	forms := map[string]any{
		"list": twice,
		"list of pointers": func(a Audio) []*Text {
			list := twice(a)
			return []*Text{&list[0], nil, &list[1]}
		},
		"list and error": func(a Audio) ([]Text, error) { return twice(a), nil },
		"sequence":       func(a Audio) iter.Seq[Text] { return slices.Values(twice(a)) },
		"sequence of pointers": func(a Audio) (iter.Seq[*Text], error) {
			list := twice(a)
			return slices.Values([]*Text{&list[0], nil, &list[1]}), nil
		},
		"sequence with errors": func(a Audio) iter.Seq2[Text, error] {
			return func(yield func(Text, error) bool) {
				for _, text := range twice(a) {
					if !yield(text, nil) {
						return
					}
				}
			}
		},
		"two results": func(a Audio) (Text, *Text) { list := twice(a); return list[0], &list[1] },
	}
	for name, fn := range forms {
		t.Run(name, func(t *testing.T) {
			check(t, written(t, fn), want)
		})
	}
}

// TestSeveralResults writes each type to its own stream; a nil pointer writes nothing.
func TestSeveralResults(t *testing.T) {
	b := newBroker(t)
	fn := func(a Audio) (Text, *Count, error) {
		if a.Time != 2 {
			return Text{fmt.Sprint(a.Time)}, nil, nil
		}
		return Text{}, &Count{a.Time}, nil
	}
	run(t, fn, leat.Broker(b))
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, texts(got), []string{"1", "", "", "4"})
	counts, err := memory.Elements[Count](b, "counts", 0)
	must(t, err)
	check(t, counts, []Count{{2}, {2}})
}

// TestEndOfStream checks what is written beside EndOfStream (R6).
func TestEndOfStream(t *testing.T) {
	wrapped := fmt.Errorf("enough: %w", leat.EndOfStream)
	forms := map[string]struct {
		fn   any
		want []string
	}{
		"value": {func(a Audio) (Text, error) { return Text{"last"}, leat.EndOfStream }, []string{"last"}},
		"zero value": {func(a Audio) (Text, error) {
			if a.Time == 1 {
				return Text{"first"}, nil
			}
			return Text{}, wrapped
		}, []string{"first"}},
		"zero value without it": {func(a Audio) (Text, error) { return Text{}, nil }, []string{"", "", "", ""}},
		"list":                  {func(a Audio) ([]Text, error) { return []Text{{"a"}, {"b"}}, wrapped }, []string{"a", "b"}},
		"nil":                   {func(a Audio) (*Text, error) { return nil, leat.EndOfStream }, nil},
		"sequence": {func(a Audio) iter.Seq2[Text, error] {
			return func(yield func(Text, error) bool) {
				_ = yield(Text{"a"}, nil) && yield(Text{"b"}, leat.EndOfStream) && yield(Text{"c"}, nil)
			}
		}, []string{"a", "b"}},
		"sequence with a zero value": {func(a Audio) iter.Seq2[Text, error] {
			return func(yield func(Text, error) bool) {
				_ = yield(Text{"a"}, nil) && yield(Text{}, wrapped)
			}
		}, []string{"a"}},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			run(t, form.fn, leat.Broker(b))
			got, err := memory.Sessions[Text](b, "texts", 0)
			must(t, err)
			// A mark ends the first session, and nothing is behind it.
			check(t, len(got), 2)
			check(t, texts(got[0]), form.want)
			check(t, len(got[1]), 0)
		})
	}
}

// TestNamed has the matches of several nodes of a type come in one list, in the order of the joins.
func TestNamed(t *testing.T) {
	named := memory.Stream[Video]("video 2", memory.Named("second"))
	fill := func(t *testing.T) *memory.Broker {
		b := newBroker(t, named)
		must(t, memory.Append(b, "video 2", 0, Video{1000, 11}, Video{2000, 12}, Video{4000, 13}))
		must(t, b.End("video 2"))
		return b
	}
	second := leat.Join(audioTime, videoTime, leat.Named("second"))
	first := leat.Join(audioTime, videoTime)
	for name, form := range map[string]struct {
		joins []leat.Option
		want  []string
	}{
		"in order": {[]leat.Option{first, second}, []string{"1/0.5: 1 2 11", "2/1.5: 3 12", "2/2.5: 3 12",
			"4/3.5: 5 13"}},
		"other order": {[]leat.Option{second, first}, []string{"1/0.5: 11 1 2", "2/1.5: 12 3", "2/2.5: 12 3",
			"4/3.5: 13 5"}},
		"only a named": {[]leat.Option{second}, []string{"1/0.5: 11", "2/1.5: 12", "2/2.5: 12", "4/3.5: 13"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := fill(t)
			fn := func(a Audio, v []Video) Text { return Text{show(a, v)} }
			run(t, fn, append(form.joins, leat.Broker(b))...)
			got, err := memory.Elements[Text](b, "texts", 0)
			must(t, err)
			check(t, texts(got), form.want)
		})
	}
}

// TestMatchMap checks that elements that are equal as keys have their matches once, and that the matches of several
// left nodes come together.
func TestMatchMap(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"), memory.Stream[Box]("boxes"),
		memory.Stream[Video]("video 2", memory.Named("second")), memory.Stream[Box]("boxes 2", memory.Named("second")))
	must(t, memory.Append(b, "audio", 0, Audio{Time: 1}, Audio{Time: 1}))
	must(t, memory.Append(b, "video", 0, Video{1000, 7}, Video{1000, 7}))
	must(t, memory.Append(b, "boxes", 0, Box{7, "cat"}, Box{7, "dog"}))
	must(t, memory.Append(b, "video 2", 0, Video{1000, 7}, Video{1000, 8}))
	must(t, memory.Append(b, "boxes 2", 0, Box{7, "hen"}, Box{8, "cow"}))
	for _, stream := range []string{"audio", "video", "boxes", "video 2", "boxes 2"} {
		must(t, b.End(stream))
	}
	var got []string
	fn := func(list []Audio, videos map[Audio][]Video, boxes map[Video][]Box) {
		got = append(got, fmt.Sprint(list, videos, boxes))
	}
	run(t, fn, leat.Broker(b), leat.WindowCount(2),
		leat.Join(audioTime, videoTime),
		leat.Join(audioTime, videoTime, leat.Named("second")),
		leat.Join(videoFrame, boxFrame),
		leat.Join(videoFrame, boxFrame, leat.Left("second"), leat.Named("second")))
	check(t, got, []string{"[{1 0} {1 0}] map[{1 0}:[{1000 7} {1000 7} {1000 7} {1000 8}]] " +
		"map[{1000 7}:[{7 cat} {7 dog} {7 hen}] {1000 8}:[{8 cow}]]"})
}

// TestKeptLists checks that lists are the function's own: it may keep them, and append to them.
func TestKeptLists(t *testing.T) {
	var kept [][]Video
	run(t, func(a Audio, v []Video) {
		kept = append(kept, append(v, Video{Frame: -1})[:len(v)])
	}, leat.Broker(newBroker(t)), expr.Join[Audio, Video]("time", "floor(time_ms / 1000)"))
	check(t, kept, [][]Video{{{1000, 1}, {1500, 2}}, {{2000, 3}}, {{2000, 3}}, {{4000, 5}}})
}

// TestWindows has the windows by key come as R4 says.
func TestWindows(t *testing.T) {
	want := []string{"1", "2 2", "4"}
	for name, window := range map[string]leat.Option{
		"key":        leat.Window(audioTime),
		"pointer":    leat.Window(func(a *Audio) string { return fmt.Sprint(a.Time) }),
		"expression": expr.Window[Audio]("time"),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			fn := func(list []Audio, records []leat.Record) Text {
				var words []string
				for i, a := range list {
					words = append(words, fmt.Sprint(a.Time))
					if records[i].Stream != "audio" {
						words = append(words, "wrong record")
					}
				}
				return Text{strings.Join(words, " ")}
			}
			run(t, fn, leat.Broker(b), window)
			got, err := memory.Elements[Text](b, "texts", 0)
			must(t, err)
			check(t, texts(got), want)
		})
	}
}

// TestJoinFunc joins by a comparison.
func TestJoinFunc(t *testing.T) {
	b := newBroker(t)
	run(t, func(a *Audio, v []Video) Text { return Text{show(*a, v)} }, leat.Broker(b),
		leat.JoinFunc(func(a Audio, v *Video) int { return a.Time - v.Time/1000 }))
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, texts(got), []string{"1/0.5: 1 2", "2/1.5: 3", "2/2.5: 3", "4/3.5: 5"})
}
