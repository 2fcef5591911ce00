package main

import (
	"bufio"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"reflect"

	"github.com/leat-go/leat/codec"
)

// framesPerSecond is the number of video frames for each second of sound.
const framesPerSecond = 25

// generateLocations writes a random walk, the same for the same number of elements.
func generateLocations(dir string, elements int) (int, error) {
	walk := newWalk()
	return elements, writeList(in(dir, locationsFile), elements, walk.next)
}

// generateSpeeds writes a random walk and the speeds on it, half of the elements each.
func generateSpeeds(dir string, elements int) (int, error) {
	locations := max(1, (elements+1)/2)
	if _, err := generateLocations(dir, locations); err != nil {
		return 0, err
	}
	walk := newWalk()
	prev := walk.next(0)
	err := writeList(in(dir, speedsFile), locations-1, func(i int) Speed {
		next := walk.next(i + 1)
		speed := speedBetween(prev, NextLocation(next))
		prev = next
		return speed
	})
	return 2*locations - 1, err
}

// generateVideo writes sound, and 25 video frames for each second of it.
func generateVideo(dir string, elements int) (int, error) {
	seconds := elements / (framesPerSecond + 1)
	random := rand.New(rand.NewPCG(1, 2))
	err := writeList(in(dir, audioFile), seconds, func(i int) Audio {
		return Audio{Time: int64(i), Data: round(random.Float64())}
	})
	if err != nil {
		return 0, err
	}
	err = writeList(in(dir, framesFile), seconds*framesPerSecond, func(i int) Frame {
		second, index := int64(i/framesPerSecond), int64(i%framesPerSecond)
		return Frame{Time: second*1000 + index*40, Data: round(random.Float64()), Index: index}
	})
	return seconds * (framesPerSecond + 1), err
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

// round leaves three digits behind the point, as a sensor would.
func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// writeList writes a JSON list of n elements, one a line.
func writeList[T any](path string, n int, element func(i int) T) (err error) {
	encode, err := codec.JSON.Encoder(reflect.TypeFor[T]())
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to := bufio.NewWriter(file)
	line := []byte("[\n")
	if n <= 0 {
		to.Write(line)
	}
	for i := range n {
		e := element(i)
		if line, err = encode(line, &e); err != nil {
			return err
		}
		to.Write(line)
		line = append(line[:0], ",\n"...)
	}
	to.WriteString("\n]\n")
	return to.Flush()
}
