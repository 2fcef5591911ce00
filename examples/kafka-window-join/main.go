// Kafka-window-join joins each second of audio with its video frames and hands them over in scenes of three seconds,
// from Kafka to Kafka.
//
//	go run ./examples/kafka-window-join -demo
package main

import (
	"context"
	_ "embed"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
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

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(scene,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Audio]("audio"),
			kafka.Topic[Frame]("frames"),
			kafka.Topic[Scene]("scenes"),
			kafka.Group("scenes"),
		)),
		leat.Window(func(a Audio) int { return a.Second / 3 }),
		leat.Join(
			func(a Audio) int { return a.Second },
			func(f Frame) int { return f.Millisecond / 1000 },
		),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed audio.jsonl
var audio string

//go:embed frames.jsonl
var frames string

func program() demo.Program {
	return demo.Program{
		Run: run,
		Data: map[string]string{
			"audio":  audio,
			"frames": frames,
		},
		Show: []string{"scenes"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
