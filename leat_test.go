package leat_test

import (
	"log/slog"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

type Audio struct {
	Time int     `json:"time"`
	Data float64 `json:"data"`
}

type Video struct {
	Time  int `json:"time_ms"`
	Frame int `json:"frame"`
}

type Box struct {
	Frame int    `json:"frame"`
	Label string `json:"label"`
}

type Text struct {
	Text string `json:"text"`
}

type Count struct {
	N int `json:"n"`
}

func audioTime(a Audio) int  { return a.Time }
func videoTime(v *Video) int { return v.Time / 1000 }
func videoFrame(v Video) int { return v.Frame }
func boxFrame(b Box) int     { return b.Frame }

// newBroker returns a memory broker with a few streams whose session has ended.
func newBroker(t testing.TB, more ...memory.Option) *memory.Broker {
	t.Helper()
	options := []memory.Option{
		memory.Stream[Audio]("audio"),
		memory.Stream[Video]("video"),
		memory.Stream[Box]("boxes"),
		memory.Stream[Text]("texts"),
		memory.Stream[Count]("counts"),
	}
	return fill(t, memory.New(append(options, more...)...))
}

// brokers make the broker of newBroker with its streams declared for elements and for pointers to them: every function
// must get and write the same on both.
var brokers = map[string]func(t testing.TB) *memory.Broker{
	"declared for T": func(t testing.TB) *memory.Broker { return newBroker(t) },
	"declared for *T": func(t testing.TB) *memory.Broker {
		return fill(t, memory.New(
			memory.Stream[*Audio]("audio"),
			memory.Stream[*Video]("video"),
			memory.Stream[*Box]("boxes"),
			memory.Stream[*Text]("texts"),
			memory.Stream[*Count]("counts"),
		))
	},
}

func fill(t testing.TB, b *memory.Broker) *memory.Broker {
	t.Helper()
	must(t, memory.Append(b, "audio", 0, Audio{1, 0.5}, Audio{2, 1.5}, Audio{2, 2.5}, Audio{4, 3.5}))
	must(t, memory.Append(b, "video", 0, Video{1000, 1}, Video{1500, 2}, Video{2000, 3}, Video{3000, 4}, Video{4000, 5}))
	must(t, memory.Append(b, "boxes", 0, Box{1, "cat"}, Box{3, "dog"}, Box{3, "hen"}, Box{5, "cow"}))
	for _, stream := range []string{"audio", "video", "boxes"} {
		must(t, b.End(stream))
	}
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func quiet() leat.Option { return leat.Logger(slog.New(slog.DiscardHandler)) }

// run builds a mill and runs it to its end.
func run(t testing.TB, fn any, options ...leat.Option) {
	t.Helper()
	mill, err := leat.New(fn, append(options, quiet())...)
	must(t, err)
	must(t, mill.Run(t.Context()))
}
