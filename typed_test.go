package leat_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/expr"
)

type Videos []Video

// VideoRow is a struct of the matches in a typed function's input.
type VideoRow struct {
	*Video
	Boxes []*Box
}

// TestTypedForms has the same join by each form of inputs: every complete master, in order, with its matches (R2, R3).
func TestTypedForms(t *testing.T) {
	want := []string{"1/0.5: 1 2", "2/1.5: 3", "2/2.5: 3", "4/3.5: 5"}
	forms := map[string]any{
		"embedded": leat.Typed(func(_ context.Context, in *struct {
			Audio
			Videos []Video
		}) (Text, error) {
			return Text{show(in.Audio, in.Videos)}, nil
		}),
		"fields": leat.Typed(func(_ context.Context, in *struct {
			List  Videos
			Sound Audio
			_     int
		}) (Text, error) {
			return Text{show(in.Sound, in.List)}, nil
		}),
		"pointers": leat.Typed(func(_ context.Context, in *struct {
			*Audio
			Videos []*Video
		}) (*Text, error) {
			return &Text{show(*in.Audio, values(in.Videos))}, nil
		}),
		"structs": leat.Typed(func(_ context.Context, in *struct {
			Audio
			Videos []struct{ Video Video }
		}) (Text, error) {
			var list []Video
			for _, v := range in.Videos {
				list = append(list, v.Video)
			}
			return Text{show(in.Audio, list)}, nil
		}),
		"records": leat.Typed(func(ctx context.Context, in *struct {
			Audio
			leat.Record
			Log    *slog.Logger
			Videos []struct {
				Video
				At leat.Record
			}
		}) (Text, error) {
			var list []Video
			for _, v := range in.Videos {
				if v.At.Stream != "video" || v.At.Offset != int64(v.Frame)-1 {
					return Text{fmt.Sprint("wrong record ", v.At)}, nil
				}
				list = append(list, v.Video)
			}
			if in.Record.Stream != "audio" || in.Log == nil {
				return Text{fmt.Sprint("wrong record ", in.Record)}, nil
			}
			return Text{show(in.Audio, list)}, ctx.Err()
		}),
	}
	for name, fn := range forms {
		t.Run(name, func(t *testing.T) {
			check(t, written(t, fn, leat.Join(audioTime, videoTime)), want)
		})
	}
}

// TestTypedSingle reads one stream: the input is the element itself.
func TestTypedSingle(t *testing.T) {
	got := written(t, leat.Typed(func(_ context.Context, in *Audio) (Text, error) {
		return Text{fmt.Sprint(in.Time)}, nil
	}))
	check(t, got, []string{"1", "2", "2", "4"})
}

// TestTypedWindows has the masters of a window come as a list in each of its forms, with matches and records (R4).
func TestTypedWindows(t *testing.T) {
	join := leat.Join(audioTime, videoTime)
	want := []string{"1/0.5: 1 2", "2/1.5: 3; 2/2.5: 3", "4/3.5: 5"}
	rows := written(t, leat.Typed(func(_ context.Context, in *struct {
		Log  *slog.Logger
		List []struct {
			*Audio
			leat.Record
			Videos []Video
		}
	}) (Text, error) {
		var words []string
		for _, m := range in.List {
			if m.Stream != "audio" || in.Log == nil {
				return Text{}, errors.New("wrong record or logger")
			}
			words = append(words, show(*m.Audio, m.Videos))
		}
		return Text{strings.Join(words, "; ")}, nil
	}), leat.Window(audioTime), join)
	check(t, rows, want)
	values := written(t, leat.Typed(func(_ context.Context, in *struct{ List []Audio }) (Text, error) {
		return Text{fmt.Sprint(in.List)}, nil
	}), expr.Window[Audio]("time"))
	check(t, values, []string{"[{1 0.5}]", "[{2 1.5} {2 2.5}]", "[{4 3.5}]"})
	pointers := written(t, leat.Typed(func(_ context.Context, in *struct{ List []*Audio }) (Text, error) {
		return Text{fmt.Sprint(len(in.List))}, nil
	}), leat.WindowCount(3))
	check(t, pointers, []string{"3", "1"})
}

// TestTypedResults has each form of results write the same, and R6 hold for it.
func TestTypedResults(t *testing.T) {
	twice := func(a Audio) []Text { return []Text{{fmt.Sprint(a.Time)}, {fmt.Sprint(a.Data)}} }
	want := []string{"1", "0.5", "2", "1.5", "2", "2.5", "4", "3.5"}
	forms := map[string]any{
		"list": leat.Typed(func(_ context.Context, in *Audio) ([]Text, error) { return twice(*in), nil }),
		"list of pointers": leat.Typed(func(_ context.Context, in *Audio) ([]*Text, error) {
			list := twice(*in)
			return []*Text{&list[0], nil, &list[1]}, nil
		}),
		"sequence": leat.Typed(func(_ context.Context, in *Audio) (iter.Seq[Text], error) {
			return slices.Values(twice(*in)), nil
		}),
		"sequence with errors": leat.Typed(func(_ context.Context, in *Audio) (iter.Seq2[Text, error], error) {
			return func(yield func(Text, error) bool) {
				for _, text := range twice(*in) {
					if !yield(text, nil) {
						return
					}
				}
			}, nil
		}),
	}
	for name, fn := range forms {
		t.Run(name, func(t *testing.T) { check(t, written(t, fn), want) })
	}
	ends := map[string]struct {
		fn   any
		want []string
	}{
		"none": {leat.Typed(func(context.Context, *Audio) (struct{}, error) { return struct{}{}, nil }), nil},
		"end with a value": {leat.Typed(func(context.Context, *Audio) (Text, error) {
			return Text{"last"}, leat.EndOfStream
		}), []string{"last"}},
		"end with a zero value": {leat.Typed(func(_ context.Context, in *Audio) (Text, error) {
			if in.Time == 1 {
				return Text{"first"}, nil
			}
			return Text{}, fmt.Errorf("enough: %w", leat.EndOfStream)
		}), []string{"first"}},
		"end of a sink": {leat.Typed(func(context.Context, *Audio) (struct{}, error) {
			return struct{}{}, leat.EndOfStream
		}), nil},
		"zero value without end": {leat.Typed(func(context.Context, *Audio) (Text, error) { return Text{}, nil }),
			[]string{"", "", "", ""}},
		"nil": {leat.Typed(func(_ context.Context, in *Audio) (*Text, error) {
			if in.Time == 2 {
				return nil, nil
			}
			return &Text{fmt.Sprint(in.Time)}, nil
		}), []string{"1", "4"}},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) { check(t, written(t, end.fn), end.want) })
	}
}

// TestTypedError checks that an error or panic of the function stops the run, and that a retry gets its input anew
// (R10).
func TestTypedError(t *testing.T) {
	failure := errors.New("no luck")
	mill, err := leat.New(leat.Typed(func(context.Context, *Audio) (Text, error) { return Text{"x"}, failure }),
		leat.Broker(newBroker(t)), quiet())
	must(t, err)
	if err := mill.Run(t.Context()); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	attempts := 0
	got := written(t, leat.Typed(func(_ context.Context, in *struct {
		Audio
		Videos []Video
	}) (Text, error) {
		text := show(in.Audio, in.Videos)
		in.Audio, in.Videos = Audio{}, append(in.Videos[:0], Video{})[:0]
		if attempts++; attempts%2 == 1 {
			panic("try again")
		}
		return Text{text}, nil
	}), leat.Join(audioTime, videoTime), leat.OnError(leat.Retry(1, 0)))
	check(t, got, []string{"1/0.5: 1 2", "2/1.5: 3", "2/2.5: 3", "4/3.5: 5"})
	check(t, attempts, 8*len(brokers))
}

// TestTypedConcurrency checks that calls that run at a time have an input each, and write in order.
func TestTypedConcurrency(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"), memory.Stream[Text]("texts"))
	var want []string
	for i := range 200 {
		videos := []Video{{i * 1000, i}, {i * 1000, -i}}
		must(t, memory.Append(b, "audio", 0, Audio{Time: i}))
		must(t, memory.Append(b, "video", 0, videos...))
		want = append(want, show(Audio{Time: i}, videos))
	}
	must(t, b.End("audio"))
	must(t, b.End("video"))
	run(t, leat.Typed(func(_ context.Context, in *struct {
		Audio
		Videos []struct{ *Video }
	}) (Text, error) {
		return Text{show(in.Audio, []Video{*in.Videos[0].Video, *in.Videos[1].Video})}, nil
	}), leat.Broker(b), leat.Join(audioTime, videoTime), leat.Concurrency(4))
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, texts(got), want)
}

// TestTypedSelfJoin joins a stream with itself, twice, without further types: the fields tell the nodes apart.
func TestTypedSelfJoin(t *testing.T) {
	b := memory.New(memory.Stream[Count]("counts"), memory.Stream[Text]("texts"))
	must(t, memory.Append(b, "counts", 0, Count{1}, Count{2}, Count{3}, Count{4}))
	must(t, b.End("counts"))
	same := func(c Count) int { return c.N }
	next := func(c Count) int { return c.N + 1 }
	run(t, leat.Typed(func(_ context.Context, in *struct {
		Count
		Next []struct {
			Count
			Later []Count
		}
		Same []Count
	}) (Text, error) {
		return Text{fmt.Sprint(*in)}, nil
	}), leat.Broker(b),
		leat.Join(next, same, leat.Named("next")),
		leat.Join(next, same, leat.Named("Next.Later")),
		leat.Join(same, same, leat.Named("Same"), leat.Left("Count")))
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, texts(got), []string{"{{1} [{{2} [{3}]}] [{1}]}", "{{2} [{{3} [{4}]}] [{2}]}"})
}

// TestTypedNames has fields read the streams that the broker declares under their names or tags, and the others those
// without a name.
func TestTypedNames(t *testing.T) {
	b := newBroker(t, memory.Stream[Video]("video 2", memory.Named("second")),
		memory.Stream[Video]("video 3", memory.Named("no. 3")))
	must(t, memory.Append(b, "video 2", 0, Video{1000, 11}, Video{2000, 12}))
	must(t, memory.Append(b, "video 3", 0, Video{2000, 13}))
	must(t, b.End("video 2"))
	must(t, b.End("video 3"))
	var got []string
	mill, err := leat.New(leat.Typed(func(_ context.Context, in *struct {
		Audio
		Third  []Video `leat:"no. 3"`
		First  []Video
		Second []Video
	}) (struct{}, error) {
		got = append(got, fmt.Sprint(*in))
		return struct{}{}, nil
	}), leat.Broker(b), quiet(), leat.Name("names"),
		leat.Join(audioTime, videoTime, leat.Named("first")),
		leat.Join(audioTime, videoTime, leat.Named("second")),
		leat.Join(audioTime, videoTime, leat.Named("no. 3"), leat.Unique()))
	must(t, err)
	must(t, mill.Run(t.Context()))
	check(t, got, []string{"{{2 1.5} [{2000 13}] [{2000 3}] [{2000 12}]}", "{{2 2.5} [{2000 13}] [{2000 3}] [{2000 12}]}"})
	for _, want := range []string{"Audio", "Third", "First", "Second"} {
		if !strings.Contains(mill.Plan().String(), want) {
			t.Errorf("the plan has no node %s:\n%s", want, mill.Plan())
		}
	}
}

// TestTypedReuse checks that what In holds is right when matches grow and shrink, whatever the function does to it,
// that it holds nothing old, and that pointers to elements stay what they were.
func TestTypedReuse(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"), memory.Stream[Box]("boxes"))
	sizes := []int{1, 7, 2, 40, 1, 3}
	for i, n := range sizes {
		must(t, memory.Append(b, "audio", 0, Audio{Time: i}))
		for k := range n {
			must(t, memory.Append(b, "video", 0, Video{i * 1000, i*100 + k}))
			for range k%3 + 1 {
				must(t, memory.Append(b, "boxes", 0, Box{i*100 + k, fmt.Sprint(k)}))
			}
		}
	}
	for _, stream := range []string{"audio", "video", "boxes"} {
		must(t, b.End(stream))
	}
	var kept []*Video
	call := 0
	run(t, leat.Typed(func(_ context.Context, in *struct {
		Audio
		Videos []VideoRow
	}) (struct{}, error) {
		if len(in.Videos) != sizes[call] {
			return struct{}{}, fmt.Errorf("%d matches, want %d", len(in.Videos), sizes[call])
		}
		for k, v := range in.Videos {
			if v.Frame != call*100+k || len(v.Boxes) != k%3+1 || v.Boxes[0].Frame != v.Frame {
				return struct{}{}, fmt.Errorf("match %d of call %d is %v with %d boxes", k, call, *v.Video, len(v.Boxes))
			}
			kept = append(kept, v.Video)
		}
		for _, old := range in.Videos[len(in.Videos):cap(in.Videos)] {
			if old.Video != nil || len(old.Boxes) > 0 {
				return struct{}{}, errors.New("old elements are held behind the list")
			}
		}
		call++
		in.Videos = nil
		return struct{}{}, nil
	}), leat.Broker(b), leat.Join(audioTime, videoTime), leat.Join(videoFrame, boxFrame))
	at := 0
	for i, n := range sizes {
		for k := range n {
			check(t, *kept[at], Video{i * 1000, i*100 + k})
			at++
		}
	}
}

// TestTypedInjection has fields get values of each kind.
func TestTypedInjection(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	mill, err := leat.New(leat.Typed(func(_ context.Context, in *struct {
		Audio
		Log    *slog.Logger
		Cause  error
		Number int
		Tail   []Video
	}) (struct{}, error) {
		if in.Log != log || in.Cause.Error() != "why" || in.Number != 7 || len(in.Tail) != 1 {
			return struct{}{}, fmt.Errorf("got %+v", *in)
		}
		return struct{}{}, leat.EndOfStream
	}), leat.Broker(newBroker(t)), leat.Logger(log), leat.Provide(errors.New("why"), 7, []Video{{1, 2}}))
	must(t, err)
	must(t, mill.Run(t.Context()))
}
