package main

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// A liveTable shows results as a table on a terminal while they come: it is an [io.Writer] of lines, each a JSON object.
// The first rows wait for each other, for their columns' widths; those that come later are cut where they are wider.
type liveTable struct {
	out   io.Writer
	width int

	mu     sync.Mutex
	rest   []byte // a line without its end
	first  grid
	layout *layout // nil before the first rows are shown
	timer  *time.Timer
	err    error
}

// How many rows of a live table wait for each other, and how long.
const (
	firstRows = 100
	firstWait = 300 * time.Millisecond
)

// Write implements [io.Writer].
func (t *liveTable) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, text...)
	for {
		line, rest, ok := bytes.Cut(t.rest, []byte("\n"))
		if !ok {
			break
		}
		t.row(line)
		t.rest = rest
	}
	return len(text), t.err
}

// row shows a row, or keeps it for later. REQUIRES: t.mu is held.
func (t *liveTable) row(object []byte) {
	if t.layout != nil {
		t.first.rows = t.first.rows[:0]
	}
	t.first.add(object)
	switch {
	case t.layout != nil:
		t.show(t.first.rows)
	case len(t.first.rows) == firstRows:
		t.begin()
	case len(t.first.rows) == 1:
		t.timer = time.AfterFunc(firstWait, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.begin()
		})
	}
}

// begin shows the first rows. REQUIRES: t.mu is held.
func (t *liveTable) begin() {
	if t.layout != nil || len(t.first.rows) == 0 {
		return
	}
	l := t.first.layOut(nil, t.width)
	t.layout = &l
	if err := l.head(t.out, nil); err != nil {
		t.err = err
	}
	t.show(t.first.rows)
}

func (t *liveTable) show(rows []map[string]cell) {
	for _, row := range rows {
		if err := t.layout.line(t.out, func(name string) cell { return row[name] }); err != nil && t.err == nil {
			t.err = err
		}
	}
}

// end shows what is left.
func (t *liveTable) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.begin()
	if t.layout != nil && t.err == nil {
		all := t.first
		t.layout.left = len(all.names) - len(t.layout.names)
		t.err = t.layout.footer(t.out)
	}
	return t.err
}
