package main

import "math"

// A Location is where a robot was; the first one is at time 0, and there is one every 10 units of time.
type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// NextLocation is the same stream, read one step ahead.
type NextLocation Location

// A Speed is how far a robot came from one location to the next.
type Speed struct {
	From  int64   `json:"time_from"`
	To    int64   `json:"time_to"`
	Speed float64 `json:"speed"`
}

// A Move is a location with the speed at which it was reached.
type Move struct {
	Time  int64   `json:"time"`
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Speed float64 `json:"speed"`
}

// Audio is one second of sound.
type Audio struct {
	Time int64   `json:"time_seconds"`
	Data float64 `json:"data"`
}

// A Frame is one of the 25 video frames of a second.
type Frame struct {
	Time       int64   `json:"time_ms"`
	Data       float64 `json:"data"`
	Index      int64   `json:"frame_index"`
	FirstFrame int64   `json:"first_frame_ts_seconds"`
}

// Frames tells about the video frames of one second of sound.
type Frames struct {
	Time  int64   `json:"time_seconds"`
	Count int     `json:"count"`
	Mean  float64 `json:"mean"`
}

// A Stay tells about the locations of one window of time.
type Stay struct {
	Window int64   `json:"window"`
	Count  int     `json:"count"`
	Mean   float64 `json:"mean"`
}

// step and period are the time from one location to the next, and that of a window.
const (
	step   = 10
	period = 300
)

// speedBetween is the work of the function in W1. The conversions forbid fused multiplication, and it isn't
// [math.Hypot], whose last digit differs from one language to another: outputs are compared exactly.
func speedBetween(prev Location, next NextLocation) Speed {
	dx, dy := next.X-prev.X, next.Y-prev.Y
	return Speed{prev.Time, next.Time, math.Sqrt(float64(dx*dx) + float64(dy*dy))}
}

// moveTo is the work of the function in W3.
func moveTo(next NextLocation, speed Speed) Move {
	return Move{next.Time, next.X, next.Y, speed.Speed}
}

// framesOf is the work of the function in W2.
func framesOf(audio Audio, frames []Frame) Frames {
	sum := 0.0
	for i := range frames {
		sum += frames[i].Data
	}
	return Frames{audio.Time, len(frames), sum / float64(len(frames))}
}

// stayOf is the work of the function in W4.
func stayOf(locations []Location) Stay {
	sum := 0.0
	for i := range locations {
		sum += locations[i].X
	}
	return Stay{locations[0].Time / period, len(locations), sum / float64(len(locations))}
}
