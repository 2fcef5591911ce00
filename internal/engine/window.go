package engine

import (
	"fmt"
	"time"
)

// A window collects consecutive complete masters (R4).
type window struct {
	key   func(master any) (changed bool, err error) // nil for windows by the clock and by count
	every time.Duration
	count int

	masters []Element
	last    int // the size of the last window, a good guess at that of the next
	// positions are those from which the open window can be collected again (R8), and before those of the master that is
	// being evaluated: it may open the next window.
	positions, before []position
	// deadline is when an open window by the clock ends, and timer fires then.
	deadline time.Time
	timer    *time.Timer
}

func newWindow(spec *Window, nodes int) *window {
	w := &window{
		every:     spec.Every,
		count:     spec.Count,
		positions: make([]position, nodes),
		before:    make([]position, nodes),
	}
	if spec.NewKey != nil {
		w.key = spec.NewKey()
	}
	if w.every > 0 {
		w.timer = time.NewTimer(w.every)
		w.timer.Stop()
	}
	return w
}

func (w *window) open() bool { return len(w.masters) > 0 }

// noteStart remembers where the nodes stand before the next master is evaluated.
func (w *window) noteStart(t *task) { t.root.positions(w.before, 0) }

// changed reports whether the next master, complete or not, belongs to another window than the one before it.
func (w *window) changed(master any) (bool, error) {
	if w.key == nil {
		return false, nil
	}
	return w.key(master)
}

// windowError says what an error of the window key is about; nil for nil.
func windowError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the window key can't be computed: %w", err)
}

// overdue reports whether the clock has ended the open window.
func (w *window) overdue() bool {
	return w.every > 0 && w.open() && !time.Now().Before(w.deadline)
}

// add puts a complete master into the open window, or opens one for it. A window that is full then is handed over.
func (w *window) add(t *task, master Element) error {
	if !w.open() {
		copy(w.positions, w.before)
		if t.ledgers.accounts {
			t.account()
		}
		if t.noteIdle != nil {
			t.noteIdle(true)
		}
		if w.every > 0 {
			// Aligned to the wall clock, but measured by one that doesn't jump.
			now := time.Now()
			left := now.Truncate(w.every).Add(w.every).Sub(now)
			w.deadline = now.Add(left)
			w.timer.Reset(left)
		}
	}
	if w.masters == nil {
		w.masters = make([]Element, 0, w.last)
	}
	w.masters = append(w.masters, master)
	if len(w.masters) == w.count {
		return t.closeWindow()
	}
	return nil
}

// close leaves no window open. again says that nobody refers to the list of its masters any more; it is used again
// unless it is much larger than it needed to be.
func (w *window) close(again bool) {
	w.last = len(w.masters)
	if again && cap(w.masters) <= 4*w.last {
		clear(w.masters)
		w.masters = w.masters[:0]
	} else {
		w.masters = nil
	}
	if w.timer != nil {
		w.timer.Stop()
	}
}

// expired returns the channel of the timer of the open window; nil where no window waits for its time.
func (w *window) expired() <-chan time.Time {
	if w.every == 0 || !w.open() {
		return nil
	}
	return w.timer.C
}
