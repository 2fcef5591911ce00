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
	speed := func(prev Location, next []NextLocation) Speed { return speedBetween(prev, next[0]) }
	return runMill(speed, files, leat.Join(nextTime, timeOfNext))
}

func nextTime(l Location) int64       { return l.Time + step }
func timeOfNext(n NextLocation) int64 { return n.Time }

func leatFrames(dir, out string) error {
	files := jsonfile.New(
		jsonfile.File[Audio](in(dir, audioFile)),
		jsonfile.File[Frame](in(dir, framesFile)),
		jsonfile.File[Frames](out),
	)
	return runMill(framesOf, files, leat.Join(
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
	move := func(prev Location, next []NextLocation, speeds map[NextLocation][]Speed) Move {
		return moveTo(next[0], speeds[next[0]][0])
	}
	return runMill(move, files,
		leat.Join(nextTime, timeOfNext),
		leat.Join(timeOfNext, func(s Speed) int64 { return s.To }),
	)
}

func leatStays(dir, out string) error {
	files := jsonfile.New(
		jsonfile.File[Location](in(dir, locationsFile)),
		jsonfile.File[Stay](out),
	)
	return runMill(stayOf, files, leat.Window(func(l Location) int64 { return l.Time / period }))
}
