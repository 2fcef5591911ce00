// Sensor-sync puts together what a robot's sensors measured at about the same time: to each frame of a camera the
// nearest sample of an inertial unit, at most 10 ms away, and the nearest depth image, if there is one so near. From
// the root of the repository:
//
//	go run ./examples/sensor-sync
//
// The camera has 30 frames a second, the inertial unit 100 samples, the depth sensor 10 images. The inertial unit was
// silent for 50 ms: camera-4.png has no sample and is left out.
package main

import (
	"context"
	"log"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Frame is an image of the camera, an element of the master stream.
type Frame struct {
	Time  time.Time `json:"time"`
	Image string    `json:"image"`
}

// Sample is what the inertial unit measured.
type Sample struct {
	Time time.Time `json:"time"`
	Turn float64   `json:"turn"` // radians a second
}

// Depth is an image of distances.
type Depth struct {
	Time  time.Time `json:"time"`
	Image string    `json:"image"`
}

// Scene is what was seen at the time of a frame.
type Scene struct {
	Time    time.Time `json:"time"`
	Image   string    `json:"image"`
	Turn    float64   `json:"turn"`
	TurnOff float64   `json:"turn_off_ms"` // how much later the sample is, in milliseconds
	Depth   *string   `json:"depth"`       // null where there is none
}

func see(frame Frame, sample Sample, depth *Depth) Scene {
	later := sample.Time.Sub(frame.Time)
	scene := Scene{Time: frame.Time, Image: frame.Image, Turn: sample.Turn, TurnOff: float64(later.Microseconds()) / 1000}
	if depth != nil {
		scene.Depth = &depth.Image
	}
	return scene
}

// newMill makes the mill on the storage given: files below, memory in the tests.
func newMill(storage leat.Option) (*leat.Mill, error) {
	const tolerance = 10 * time.Millisecond
	at := func(f Frame) time.Time { return f.Time }
	return leat.New(see, storage,
		leat.Join(at, func(s Sample) time.Time { return s.Time },
			leat.Nearest(), leat.Within(tolerance, tolerance)),
		leat.Join(at, func(d Depth) time.Time { return d.Time },
			leat.Nearest(), leat.Within(tolerance, tolerance), leat.Optional()),
	)
}

func main() {
	folder.Enter() // where the files lie
	mill, err := newMill(leat.Broker(file.New(
		file.At[Frame]("camera.jsonl"),
		file.At[Sample]("imu.jsonl"),
		file.At[Depth]("depth.jsonl"),
		file.At[Scene]("-"), // standard output
	)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
