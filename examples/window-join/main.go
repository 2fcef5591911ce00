// Window-join joins each second of audio with its video frames and hands them over in scenes of three seconds: a list
// of the seconds, and a map of each one's frames. A second without frames is left out of its scene.
//
//	go run ./examples/window-join
package main

import (
	"context"
	"log"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Audio is one second of sound.
type Audio struct {
	Second int     `json:"time_seconds"`
	Level  float64 `json:"level"`
}

// Frame is one picture, of several in a second.
type Frame struct {
	Millisecond int     `json:"time_ms"`
	Brightness  float64 `json:"brightness"`
}

// Scene sums up three seconds.
type Scene struct {
	From       int     `json:"time_seconds"`
	Seconds    int     `json:"seconds"`
	Frames     int     `json:"frames"`
	Loudest    float64 `json:"loudest"`
	Brightness float64 `json:"brightness"` // of the average frame
}

func scene(seconds []Audio, frames map[Audio][]Frame) Scene {
	s := Scene{From: seconds[0].Second, Seconds: len(seconds)}
	sum := 0.0
	for _, second := range seconds {
		s.Loudest = max(s.Loudest, second.Level)
		s.Frames += len(frames[second])
		for _, frame := range frames[second] {
			sum += frame.Brightness
		}
	}
	s.Brightness = sum / float64(s.Frames)
	return s
}

func main() {
	folder.Enter() // where the files lie
	mill, err := leat.New(scene,
		leat.Broker(file.New(
			file.At[Audio]("audio.jsonl"),
			file.At[Frame]("frames.jsonl"),
			file.At[Scene]("-"), // standard output
		)),
		leat.Window(func(a Audio) int { return a.Second / 3 }),
		leat.Join(
			func(a Audio) int { return a.Second },
			func(f Frame) int { return f.Millisecond / 1000 },
		),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
