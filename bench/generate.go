package main

import (
	"bufio"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"

	"github.com/leat-go/leat/codec"
)

// framesPerSecond is the number of video frames for each second of sound.
const framesPerSecond = 25

// locationInputs is a random walk, the same for the same number of elements.
func locationInputs(elements int) []input {
	return []input{inputOf(locationsStream, elements, newWalk().next)}
}

// speedInputs is a random walk and the speeds on it, half of the elements each.
func speedInputs(elements int) []input {
	locations := max(1, (elements+1)/2)
	walk := newWalk()
	prev := walk.next(0)
	return append(locationInputs(locations), inputOf(speedsStream, locations-1, func(i int) Speed {
		next := walk.next(i + 1)
		speed := speedBetween(prev, NextLocation(next))
		prev = next
		return speed
	}))
}

// videoInputs is sound, and 25 video frames for each second of it.
func videoInputs(elements int) []input {
	seconds := elements / (framesPerSecond + 1)
	return []input{
		inputOf(audioStream, seconds, newSound().audio),
		inputOf(framesStream, seconds*framesPerSecond, newSound().frame),
	}
}

func inputOf[T any](stream string, elements int, element func(i int) T) input {
	encode, err := codec.JSON.Encoder(reflect.TypeFor[T]())
	return input{stream, elements, func(dst []byte, i int) ([]byte, error) {
		if err != nil {
			return dst, err
		}
		e := element(i)
		return encode(dst, &e)
	}}
}

// A walk is a robot's random walk.
type walk struct {
	random *rand.Rand
	x, y   float64
}

func newWalk() *walk { return &walk{random: rand.New(rand.NewPCG(3, 4))} }

// next returns the location i of the walk, after it was called for all before.
func (w *walk) next(i int) Location {
	w.x = round(w.x + w.random.NormFloat64())
	w.y = round(w.y + w.random.NormFloat64())
	return Location{Time: int64(i) * step, X: w.x, Y: w.y}
}

// A sound makes either audio or video frames.
type sound struct{ random *rand.Rand }

func newSound() *sound { return &sound{rand.New(rand.NewPCG(1, 2))} }

func (s *sound) audio(i int) Audio { return Audio{Time: int64(i), Data: round(s.random.Float64())} }

func (s *sound) frame(i int) Frame {
	second, index := int64(i/framesPerSecond), int64(i%framesPerSecond)
	return Frame{Time: second*1000 + index*40, Data: round(s.random.Float64()), Index: index}
}

// round leaves three digits behind the point, as a sensor would.
func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// generateFiles writes the inputs of a workload into a folder, a JSON list each, and returns how many elements they
// have.
func generateFiles(w workload, dir string, elements int) (int, error) {
	for _, in := range w.inputs(elements) {
		if err := writeList(listPath(dir, in.stream), in); err != nil {
			return 0, err
		}
	}
	return w.elements(elements), nil
}

// listPath returns the path of a stream's file.
func listPath(dir, stream string) string { return filepath.Join(dir, stream+".json") }

// writeList writes a JSON list, one element a line.
func writeList(path string, in input) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to := bufio.NewWriter(file)
	before := "[\n"
	for line, err := range in.lines() {
		if err != nil {
			return err
		}
		to.WriteString(before)
		to.Write(line)
		before = ",\n"
	}
	if in.elements == 0 {
		to.WriteString(before)
	}
	to.WriteString("\n]\n")
	return to.Flush()
}
