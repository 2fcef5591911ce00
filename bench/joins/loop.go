package main

import (
	"errors"
	"fmt"
	"os"
)

// loop does a workload as one writes it by hand for this one purpose: one goroutine, decoders that know the members'
// order, no check of the keys' order, no positions, and no waiting for the disk.
func loop(j job) error {
	l, err := openStream(j, "left")
	if err != nil {
		return err
	}
	r, err := openStream(j, "right")
	if err != nil {
		return err
	}
	file, err := os.Create(j.path("output"))
	if err != nil {
		return err
	}
	w := resultWriter(j.format, file)
	rights := rights{stream: r}
	rights.next()
	switch j.workload {
	case "as-of":
		loopAsOf(l, &rights, w)
	case "by":
		loopBy(l, &rights, w)
	case "interval":
		loopInterval(l, &rights, w)
	case "left":
		loopLeft(l, &rights, w)
	case "nearest":
		loopNearest(l, &rights, w)
	default:
		return fmt.Errorf("there is no workload %q", j.workload)
	}
	return errors.Join(l.failed(), r.failed(), w.close(), file.Close())
}

// A stream goes through the elements of a file, which are of one kind; false says that there are no more, or that it has
// failed.
type stream interface {
	left() (left, bool)
	right() (right, bool)
	failed() error
}

// results are what a loop writes; close returns the error of all.
type results interface {
	result(number, value int64, has bool)
	close() error
}

func openStream(j job, name string) (stream, error) {
	file, err := os.Open(j.path(name)) // ends with the process
	if err != nil {
		return nil, err
	}
	switch j.format {
	case "csv":
		return openCells(file), nil
	case "parquet":
		return openRows(file)
	default:
		return openObjects(file), nil
	}
}

func resultWriter(format string, file *os.File) results {
	switch format {
	case "csv":
		return newCellWriter(file)
	case "parquet":
		return newRowWriter(file)
	default:
		return newLineWriter(file)
	}
}

func loopAsOf(l stream, r *rights, w results) {
	var last right
	has := false
	for {
		e, ok := l.left()
		if !ok {
			return
		}
		for ; r.has && r.at.Time <= e.Time; r.next() {
			last, has = r.at, true
		}
		w.result(e.Number, last.Value, has && last.Time >= e.Time-asOfWithin)
	}
}

func loopBy(l stream, r *rights, w results) {
	last := map[string]right{}
	for {
		e, ok := l.left()
		if !ok {
			return
		}
		for ; r.has && r.at.Time <= e.Time; r.next() {
			last[r.at.Symbol] = r.at
		}
		match, has := last[e.Symbol]
		w.result(e.Number, match.Value, has && match.Time >= e.Time-byWithin)
	}
}

func loopInterval(l stream, r *rights, w results) {
	var window []right
	for {
		e, ok := l.left()
		if !ok {
			return
		}
		for ; r.has && r.at.Time <= e.Time+intervalWithin; r.next() {
			window = append(window, r.at)
		}
		first := 0
		for first < len(window) && window[first].Time < e.Time-intervalWithin {
			first++
		}
		window = append(window[:0], window[first:]...)
		total := int64(0)
		for i := range window {
			total += window[i].Value
		}
		if len(window) > 0 {
			w.result(e.Number, total, true)
		}
	}
}

func loopLeft(l stream, r *rights, w results) {
	for {
		e, ok := l.left()
		if !ok {
			return
		}
		for r.has && r.at.Time < e.Time {
			r.next()
		}
		w.result(e.Number, r.at.Value, r.has && r.at.Time == e.Time)
	}
}

func loopNearest(l stream, r *rights, w results) {
	var last right
	has := false
	for {
		e, ok := l.left()
		if !ok {
			return
		}
		for ; r.has && r.at.Time <= e.Time; r.next() {
			last, has = r.at, true
		}
		before, after := has && last.Time >= e.Time-nearestWithin, r.has && r.at.Time <= e.Time+nearestWithin
		if before && (!after || e.Time-last.Time <= r.at.Time-e.Time) {
			w.result(e.Number, last.Value, true)
		} else {
			w.result(e.Number, r.at.Value, after)
		}
	}
}

// rights go through the right stream.
type rights struct {
	stream
	at  right
	has bool
}

func (r *rights) next() { r.at, r.has = r.right() }

// names are texts that occur often, each once.
type names map[string]string

func (n names) of(text []byte) string {
	name, ok := n[string(text)]
	if !ok {
		name = string(text)
		n[name] = name
	}
	return name
}

// integer parses a number.
func integer(digits []byte) (n int64) {
	negative := len(digits) > 0 && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	for _, d := range digits {
		n = n*10 + int64(d-'0')
	}
	if negative {
		return -n
	}
	return n
}
