package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// loop does a workload as one writes it by hand for this one purpose: one goroutine, decoders that know the members'
// order, no check of the keys' order, no positions, and no waiting for the disk.
func loop(workload, folder string) error {
	l, err := open(filepath.Join(folder, leftName))
	if err != nil {
		return err
	}
	r, err := open(filepath.Join(folder, rightName))
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(folder, outputName))
	if err != nil {
		return err
	}
	w := writer{Writer: bufio.NewWriterSize(file, 64<<10)}
	rights := rights{lines: r}
	rights.next()
	switch workload {
	case "as-of":
		loopAsOf(l, &rights, &w)
	case "by":
		loopBy(l, &rights, &w)
	case "interval":
		loopInterval(l, &rights, &w)
	case "left":
		loopLeft(l, &rights, &w)
	case "nearest":
		loopNearest(l, &rights, &w)
	}
	return errors.Join(l.err, r.err, w.Flush(), file.Close())
}

func loopAsOf(l *lines, r *rights, w *writer) {
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

func loopBy(l *lines, r *rights, w *writer) {
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

func loopInterval(l *lines, r *rights, w *writer) {
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

func loopLeft(l *lines, r *rights, w *writer) {
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

func loopNearest(l *lines, r *rights, w *writer) {
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
	lines *lines
	at    right
	has   bool
}

func (r *rights) next() { r.at, r.has = r.lines.right() }

// lines go through the elements of a file.
type lines struct {
	scanner *bufio.Scanner
	names   map[string]string // symbols, each once
	line    []byte
	err     error
}

func open(path string) (*lines, error) {
	file, err := os.Open(path) // ends with the process
	if err != nil {
		return nil, err
	}
	s := bufio.NewScanner(file)
	s.Buffer(make([]byte, 64<<10), 1<<20)
	return &lines{scanner: s, names: map[string]string{}}, nil
}

func (l *lines) next() bool {
	if l.err != nil || !l.scanner.Scan() {
		l.err = errors.Join(l.err, l.scanner.Err())
		return false
	}
	l.line = l.scanner.Bytes()
	return true
}

func (l *lines) left() (e left, ok bool) {
	if !l.next() {
		return e, false
	}
	return left{l.integer(), l.integer(), l.text()}, l.err == nil
}

func (l *lines) right() (e right, ok bool) {
	if !l.next() {
		return e, false
	}
	return right{l.integer(), l.text(), l.integer()}, l.err == nil
}

// member returns what stands behind the next colon.
func (l *lines) member() []byte {
	i := bytes.IndexByte(l.line, ':')
	end := bytes.IndexAny(l.line[i+1:], ",}")
	if i < 0 || end < 0 {
		l.err = errors.Join(l.err, io.ErrUnexpectedEOF)
		return nil
	}
	value := l.line[i+1 : i+1+end]
	l.line = l.line[i+1+end:]
	return value
}

func (l *lines) integer() (n int64) {
	digits := l.member()
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

func (l *lines) text() string {
	quoted := l.member()
	if len(quoted) < 2 {
		return ""
	}
	name, ok := l.names[string(quoted[1:len(quoted)-1])]
	if !ok {
		name = string(quoted[1 : len(quoted)-1])
		l.names[name] = name
	}
	return name
}

type writer struct {
	*bufio.Writer
	text []byte
}

func (w *writer) result(number, value int64, has bool) {
	w.text = append(w.text[:0], `{"n":`...)
	w.text = strconv.AppendInt(w.text, number, 10)
	w.text = append(w.text, `,"value":`...)
	if has {
		w.text = strconv.AppendInt(w.text, value, 10)
	} else {
		w.text = append(w.text, "null"...)
	}
	w.text = append(w.text, '}', '\n')
	_, _ = w.Write(w.text) // Flush returns the error
}
