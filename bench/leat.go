package main

import (
	"context"
	"log/slog"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/kafka"
)

// endpoints are where the streams of a run are.
type endpoints struct {
	// in is the folder of the input files, or what the names of the input topics begin with; out is the output.
	in, out string
	// kafka is the address of the Kafka to use, if any, and options are more options of Leat's broker.
	kafka   string
	options []kafka.Option
}

// input returns the path or the topic of an input stream.
func (p endpoints) input(stream string) string {
	if p.kafka != "" {
		return p.in + stream
	}
	return listPath(p.in, stream)
}

// run runs a function as a user would, but without its log. Nothing is set but the joins and the window.
func (p endpoints) run(fn any, streams []broker.Stream, options ...leat.Option) error {
	options = append(options, leat.Logger(slog.New(slog.DiscardHandler)))
	if p.kafka != "" {
		all := append([]kafka.Option{kafka.Streams(streams...), kafka.Group(p.out)}, p.options...)
		options = append(options, leat.Broker(kafka.New([]string{p.kafka}, all...)))
	} else {
		options = append(options, leat.Broker(file.New(file.Streams(streams...))))
	}
	mill, err := leat.New(fn, options...)
	if err != nil {
		return err
	}
	return mill.Run(context.Background())
}

// lines: W1 W3

func nextTime(l Location) int64       { return l.Time + step }
func timeOfNext(n NextLocation) int64 { return n.Time }

// lines: W1

func leatSpeeds(p endpoints) error {
	type input struct {
		Location
		Next []NextLocation
	}
	speed := func(_ context.Context, in *input) (Speed, error) { return speedBetween(in.Location, in.Next[0]), nil }
	return p.run(leat.Typed(speed), []broker.Stream{
		broker.NewStream[Location](p.input(locationsStream)),
		broker.NewStream[NextLocation](p.input(locationsStream)),
		broker.NewStream[Speed](p.out),
	}, leat.Join(nextTime, timeOfNext, leat.Unique()))
}

// lines: W2

func leatFrames(p endpoints) error {
	type input struct {
		Audio
		Frames []Frame
	}
	frames := func(_ context.Context, in *input) (Frames, error) { return framesOf(in.Audio, in.Frames), nil }
	return p.run(leat.Typed(frames), []broker.Stream{
		broker.NewStream[Audio](p.input(audioStream)),
		broker.NewStream[Frame](p.input(framesStream)),
		broker.NewStream[Frames](p.out),
	}, leat.Join(
		func(a Audio) int64 { return a.Time },
		func(f Frame) int64 { return f.Time / 1000 },
	))
}

// lines: W3

func leatMoves(p endpoints) error {
	type input struct {
		Location
		Next []struct {
			NextLocation
			Speeds []Speed
		}
	}
	move := func(_ context.Context, in *input) (Move, error) {
		next := &in.Next[0]
		return moveTo(next.NextLocation, next.Speeds[0]), nil
	}
	return p.run(leat.Typed(move), []broker.Stream{
		broker.NewStream[Location](p.input(locationsStream)),
		broker.NewStream[NextLocation](p.input(locationsStream)),
		broker.NewStream[Speed](p.input(speedsStream)),
		broker.NewStream[Move](p.out),
	},
		leat.Join(nextTime, timeOfNext, leat.Unique()),
		leat.Join(timeOfNext, func(s Speed) int64 { return s.To }, leat.Unique()),
	)
}

// lines: W4

func leatStays(p endpoints) error {
	type input struct{ Locations []Location }
	stay := func(_ context.Context, in *input) (Stay, error) { return stayOf(in.Locations), nil }
	return p.run(leat.Typed(stay), []broker.Stream{
		broker.NewStream[Location](p.input(locationsStream)),
		broker.NewStream[Stay](p.out),
	}, leat.Window(func(l Location) int64 { return l.Time / period }))
}
