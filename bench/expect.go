package main

import (
	"fmt"
	"iter"
	"reflect"

	"github.com/leat-go/leat/codec"
)

// A check compares results, as they were written, with those of the definition for so many elements, and returns how
// many they are. Where the order of the results isn't fixed, all that counts is that each is there once.
type check func(elements int, results iter.Seq2[[]byte, error], ordered bool) (int, error)

func checkAgainst[T comparable](want func(elements int) iter.Seq[T]) check {
	return func(elements int, results iter.Seq2[[]byte, error], ordered bool) (int, error) {
		decode, err := codec.JSON.Decoder(reflect.TypeFor[T]())
		if err != nil {
			return 0, err
		}
		got := decoded[T](results, decode, &err)
		compare := sameInOrder[T]
		if !ordered {
			compare = sameSets[T]
		}
		n, differ := compare(want(elements), got)
		if err != nil {
			return n, err
		}
		return n, differ
	}
}

// decoded decodes results; an error ends them.
func decoded[T any](results iter.Seq2[[]byte, error], decode codec.Decode, failed *error) iter.Seq[T] {
	return func(yield func(T) bool) {
		for result, err := range results {
			var element T
			if err == nil {
				err = decode(result, &element)
			}
			if err != nil {
				*failed = err
				return
			}
			if !yield(element) {
				return
			}
		}
	}
}

func sameInOrder[T comparable](want, got iter.Seq[T]) (n int, err error) {
	next, stop := iter.Pull(want)
	defer stop()
	for g := range got {
		w, ok := next()
		if !ok {
			return n, fmt.Errorf("result %d, %v, is one too many", n, g)
		}
		if g != w {
			return n, fmt.Errorf("result %d is %v, but should be %v", n, g, w)
		}
		n++
	}
	if w, ok := next(); ok {
		return n, fmt.Errorf("there are %d results: %v is missing", n, w)
	}
	return n, nil
}

func sameSets[T comparable](want, got iter.Seq[T]) (n int, err error) {
	missing := map[T]int{}
	wanted := 0
	for w := range want {
		missing[w]++
		wanted++
	}
	for g := range got {
		if missing[g]--; missing[g] < 0 {
			return n, fmt.Errorf("result %v is wrong, or there too often", g)
		}
		n++
	}
	if n < wanted {
		return n, fmt.Errorf("of %d results %d are missing", wanted, wanted-n)
	}
	return n, nil
}

func wantSpeeds(elements int) iter.Seq[Speed] {
	return func(yield func(Speed) bool) {
		walk := newWalk()
		prev := walk.next(0)
		for i := 1; i < elements; i++ {
			next := walk.next(i)
			if !yield(speedBetween(prev, NextLocation(next))) {
				return
			}
			prev = next
		}
	}
}

func wantFrames(elements int) iter.Seq[Frames] {
	return func(yield func(Frames) bool) {
		audio, video := newSound(), newSound()
		frames := make([]Frame, framesPerSecond)
		for i := range elements / (framesPerSecond + 1) {
			for k := range frames {
				frames[k] = video.frame(i*framesPerSecond + k)
			}
			if !yield(framesOf(audio.audio(i), frames)) {
				return
			}
		}
	}
}

func wantMoves(elements int) iter.Seq[Move] {
	return func(yield func(Move) bool) {
		walk := newWalk()
		prev := walk.next(0)
		for i := 1; i < max(1, (elements+1)/2); i++ {
			next := NextLocation(walk.next(i))
			if !yield(moveTo(next, speedBetween(prev, next))) {
				return
			}
			prev = Location(next)
		}
	}
}

func wantStays(elements int) iter.Seq[Stay] {
	return func(yield func(Stay) bool) {
		walk := newWalk()
		var window []Location
		for i := range elements {
			if window = append(window, walk.next(i)); len(window) == period/step || i == elements-1 {
				if !yield(stayOf(window)) {
					return
				}
				window = window[:0]
			}
		}
	}
}
