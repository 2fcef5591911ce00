package leat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// NextAudio is the stream of Audio, read a second time by a function with parameters.
type NextAudio Audio

func nextAudioTime(a NextAudio) int { return a.Time }

// boxed is a Video with its boxes, as the functions below write it.
func boxed(v Video, boxes []Box) string { return fmt.Sprint(v, boxes) }

// twins are pairs of functions that must write the same, with the options for both and those for either.
var twins = map[string]struct {
	parameters, typed      any
	both, forParams, forIn []leat.Option
}{
	"star": {
		parameters: func(a Audio, v []Video, next []NextAudio) Text { return Text{fmt.Sprint(a, v, next)} },
		typed: leat.Typed(func(_ context.Context, in *struct {
			Next []Audio
			Audio
			Videos []Video
		}) (Text, error) {
			return Text{fmt.Sprint(in.Audio, in.Videos, in.Next)}, nil
		}),
		both:      []leat.Option{leat.Join(audioTime, videoTime)},
		forParams: []leat.Option{leat.Join(audioTime, nextAudioTime)},
		forIn:     []leat.Option{leat.Join(audioTime, audioTime)},
	},
	"chain": {
		parameters: func(a Audio, videos []Video, boxes map[Video][]Box) []Text {
			list := []Text{{fmt.Sprint(a)}}
			for _, v := range videos {
				list = append(list, Text{boxed(v, boxes[v])})
			}
			return list
		},
		typed: leat.Typed(func(_ context.Context, in *struct {
			Audio
			Videos []struct {
				Video
				Boxes []Box
			}
		}) ([]Text, error) {
			list := []Text{{fmt.Sprint(in.Audio)}}
			for _, v := range in.Videos {
				list = append(list, Text{boxed(v.Video, v.Boxes)})
			}
			return list, nil
		}),
		both: []leat.Option{leat.Join(videoFrame, boxFrame), leat.Join(audioTime, videoTime)},
	},
	"window of pointers": {
		parameters: func(list []*Audio, videos map[*Audio][]*Video, boxes map[*Video][]*Box) Text {
			var text strings.Builder
			for _, a := range list {
				fmt.Fprint(&text, *a)
				for _, v := range videos[a] {
					fmt.Fprint(&text, boxed(*v, values(boxes[v])))
				}
			}
			return Text{text.String()}
		},
		typed: leat.Typed(func(_ context.Context, in *struct {
			List []struct {
				*Audio
				Videos []VideoRow
			}
		}) (Text, error) {
			var text strings.Builder
			for _, m := range in.List {
				fmt.Fprint(&text, *m.Audio)
				for _, v := range m.Videos {
					fmt.Fprint(&text, boxed(*v.Video, values(v.Boxes)))
				}
			}
			return Text{text.String()}, nil
		}),
		both: []leat.Option{leat.Window(audioTime), leat.Join(audioTime, videoTime), leat.Join(videoFrame, boxFrame)},
	},
	"named": {
		parameters: func(a Audio, v []Video) Text { return Text{fmt.Sprint(a, v)} },
		typed: leat.Typed(func(_ context.Context, in *struct {
			Audio
			First, Second []Video
		}) (Text, error) {
			return Text{fmt.Sprint(in.Audio, slices.Concat(in.First, in.Second))}, nil
		}),
		forParams: []leat.Option{leat.Join(audioTime, videoTime), leat.Join(audioTime, videoTime, leat.Named("second"))},
		forIn: []leat.Option{leat.Join(audioTime, videoTime, leat.Named("First")),
			leat.Join(audioTime, videoTime, leat.Named("Second"))},
	},
	"concurrent windows": {
		parameters: func(list []Audio, records []leat.Record) Text { return Text{fmt.Sprint(list, records)} },
		typed: leat.Typed(func(_ context.Context, in *struct {
			List []struct {
				Audio
				leat.Record
			}
		}) (Text, error) {
			var list []Audio
			var records []leat.Record
			for _, m := range in.List {
				list, records = append(list, m.Audio), append(records, m.Record)
			}
			return Text{fmt.Sprint(list, records)}, nil
		}),
		both: []leat.Option{leat.WindowCount(2), leat.Concurrency(3)},
	},
}

// TestTypedEquality checks over random streams, with equal keys, gaps and empty ones, that a function made by Typed
// gets what a function with parameters does (R2 to R4).
func TestTypedEquality(t *testing.T) {
	for name, twin := range twins {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				streams := drawStreams(t)
				want := streams.texts(t, twin.parameters, slices.Concat(twin.both, twin.forParams))
				got := streams.texts(t, twin.typed, slices.Concat(twin.both, twin.forIn))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("(-parameters +typed)\n%s", diff)
				}
			})
		})
	}
}

// twinStreams are the elements that both twins read.
type twinStreams struct {
	audio         []Audio
	video, second []Video
	boxes         []Box
}

func drawStreams(t *rapid.T) twinStreams {
	var s twinStreams
	for i, key := range drawKeys(t, "audio") {
		s.audio = append(s.audio, Audio{key, float64(i)})
	}
	for i, key := range drawKeys(t, "video") {
		s.video = append(s.video, Video{key * 1000, i / 2})
	}
	for i, key := range drawKeys(t, "second") {
		s.second = append(s.second, Video{key*1000 + 1, i})
	}
	for i, key := range drawKeys(t, "boxes") {
		s.boxes = append(s.boxes, Box{key, fmt.Sprint(i)})
	}
	return s
}

// drawKeys draws keys in order, of which many are equal.
func drawKeys(t *rapid.T, stream string) []int {
	keys := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 12).Draw(t, stream)
	slices.Sort(keys)
	return keys
}

// texts returns what a function writes over the streams.
func (s twinStreams) texts(t *rapid.T, fn any, options []leat.Option) []string {
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[NextAudio]("audio"), memory.Stream[Video]("video"),
		memory.Stream[Video]("second", memory.Named("second")), memory.Stream[Box]("boxes"), memory.Stream[Text]("texts"))
	mill, err := leat.New(fn, slices.Concat(options, []leat.Option{leat.Broker(b), quiet()})...)
	errs := []error{
		err,
		memory.Append(b, "audio", 0, s.audio...),
		memory.Append(b, "video", 0, s.video...),
		memory.Append(b, "second", 0, s.second...),
		memory.Append(b, "boxes", 0, s.boxes...),
	}
	for _, stream := range []string{"audio", "video", "second", "boxes"} {
		errs = append(errs, b.End(stream))
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := memory.Elements[Text](b, "texts", 0)
	if err != nil {
		t.Fatal(err)
	}
	return texts(got)
}
