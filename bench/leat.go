package main

import (
	"context"
	"log/slog"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/jsonfile"
)

// runMill runs a function as a user would, but without its log.
func runMill(fn any, files *jsonfile.Broker, options ...leat.Option) error {
	options = append(options, leat.Broker(files), leat.Logger(slog.New(slog.DiscardHandler)))
	mill, err := leat.New(fn, options...)
	if err != nil {
		return err
	}
	return mill.Run(context.Background())
}

func leatSpeeds(dir, out string) error {
	files := jsonfile.New(
		jsonfile.File[Location](in(dir, locationsFile)),
		jsonfile.File[NextLocation](in(dir, locationsFile)),
		jsonfile.File[Speed](out),
	)
	type input struct {
		Location
		Next []NextLocation
	}
	speed := func(_ context.Context, in *input) (Speed, error) { return speedBetween(in.Location, in.Next[0]), nil }
	return runMill(leat.Typed(speed), files, leat.Join(nextTime, timeOfNext))
}

func nextTime(l Location) int64       { return l.Time + step }
func timeOfNext(n NextLocation) int64 { return n.Time }

func leatFrames(dir, out string) error {
	files := jsonfile.New(
		jsonfile.File[Audio](in(dir, audioFile)),
		jsonfile.File[Frame](in(dir, framesFile)),
		jsonfile.File[Frames](out),
	)
	type input struct {
		Audio
		Frames []Frame
	}
	frames := func(_ context.Context, in *input) (Frames, error) { return framesOf(in.Audio, in.Frames), nil }
	return runMill(leat.Typed(frames), files, leat.Join(
		func(a Audio) int64 { return a.Time },
		func(f Frame) int64 { return f.Time / 1000 },
	))
}

func leatMoves(dir, out string) error {
	files := jsonfile.New(
		jsonfile.File[Location](in(dir, locationsFile)),
		jsonfile.File[NextLocation](in(dir, locationsFile)),
		jsonfile.File[Speed](in(dir, speedsFile)),
		jsonfile.File[Move](out),
	)
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
	return runMill(leat.Typed(move), files,
		leat.Join(nextTime, timeOfNext),
		leat.Join(timeOfNext, func(s Speed) int64 { return s.To }),
	)
}

func leatStays(dir, out string) error {
	files := jsonfile.New(
		jsonfile.File[Location](in(dir, locationsFile)),
		jsonfile.File[Stay](out),
	)
	type input struct{ Locations []Location }
	stay := func(_ context.Context, in *input) (Stay, error) { return stayOf(in.Locations), nil }
	return runMill(leat.Typed(stay), files, leat.Window(func(l Location) int64 { return l.Time / period }))
}
