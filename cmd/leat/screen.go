package main

import (
	"io"
	"sync"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8/cwriter"
)

// A screen keeps lines in place at the end of a terminal. What is written to it meanwhile appears above them. It is
// safe for concurrent use.
type screen struct {
	mu    sync.Mutex
	out   *cwriter.Writer
	lines []string
}

// The size of a terminal that doesn't tell its own.
const (
	usualWidth  = 80
	usualHeight = 24
)

func newScreen(out io.Writer) *screen { return &screen{out: cwriter.New(out)} }

// show draws lines for a width, instead of what was drawn before.
func (s *screen) show(lines func(width int) []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	width, height, err := s.out.GetTermSize()
	if err != nil || width <= 0 || height <= 0 {
		width, height = usualWidth, usualHeight
	}
	s.lines = lines(width)
	// A line that leaves the screen at its top can't be drawn again.
	s.lines = s.lines[:min(len(s.lines), max(1, height-1))]
	s.draw()
}

// Write implements [io.Writer]: it appends above the lines that stay. What it gets are whole lines.
func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.Write(text) // into a buffer
	return len(text), s.draw()
}

// clear takes the lines away.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = nil
	_ = s.draw()
}

// draw draws the lines instead of the last ones. REQUIRES: s.mu is held.
func (s *screen) draw() error {
	for _, line := range s.lines {
		s.out.WriteString(line + "\n")
	}
	return s.out.Flush(len(s.lines))
}

// fit cuts a line that is wider than the terminal: were it wrapped, it would be two.
func fit(line string, width int) string { return runewidth.Truncate(line, max(1, width-1), "…") }
