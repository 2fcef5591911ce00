package monitor

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/leat-go/leat/observe"
)

// A hub makes views for all listeners: one at each interval, and none while nobody listens.
type hub struct {
	// snapshot tells what the run looks like at the moment. It must be safe for concurrent use.
	snapshot func() observe.Snapshot
	interval time.Duration

	mu        sync.Mutex
	viewer    Viewer
	view      View
	encoded   []byte    // the view
	made      time.Time // when it was
	listeners map[*listener]bool
	wake      chan struct{} // has something in it when the first listener has come
	ended     bool
}

// A listener gets the latest view, when it comes to take it: whoever is slow gets fewer.
type listener struct {
	views chan []byte   // never holds more than one
	end   chan struct{} // closed after the last one
}

// most is how many listeners there may be at a time.
const most = 100

func newHub(snapshot func() observe.Snapshot, interval time.Duration) *hub {
	return &hub{snapshot: snapshot, interval: interval, listeners: map[*listener]bool{}, wake: make(chan struct{}, 1)}
}

// latest returns the view as JSON, no older than the interval.
func (h *hub) latest() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.encoded == nil || (!h.ended && time.Since(h.made) >= h.interval) {
		h.look()
	}
	return h.encoded
}

// opened reports whether the run has opened its streams.
func (h *hub) opened() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended || h.snapshot().Partitions > 0
}

// look makes the view anew. REQUIRES: h.mu is held.
func (h *hub) look() {
	h.view = h.viewer.View(h.snapshot())
	h.encode()
}

func (h *hub) encode() {
	encoded, err := json.Marshal(h.view)
	if err != nil {
		// A view has nothing that JSON hasn't, see number.
		panic("monitor: " + err.Error())
	}
	h.encoded, h.made = encoded, time.Now()
}

// listen adds a listener, who gets the view of the moment at once; nil if there are too many.
func (h *hub) listen() *listener {
	now := h.latest()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners) >= most {
		return nil
	}
	l := &listener{make(chan []byte, 1), make(chan struct{})}
	l.views <- now
	h.listeners[l] = true
	if h.ended {
		close(l.end)
	}
	select {
	case h.wake <- struct{}{}:
	default: // it was woken already
	}
	return l
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, l)
}

// run sends views until ctx ends.
func (h *hub) run(ctx context.Context) {
	ticker := time.NewTicker(h.interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		ticker.Stop()
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
		ticker.Reset(h.interval)
		h.send(ctx, ticker.C)
	}
}

// send sends a view at each tick while somebody listens.
func (h *hub) send(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		h.mu.Lock()
		some := len(h.listeners) > 0
		if some {
			h.look()
			h.spread()
		}
		h.mu.Unlock()
		if !some {
			return
		}
	}
}

// spread gives the view to all listeners, instead of one that wasn't taken yet. REQUIRES: h.mu is held.
func (h *hub) spread() {
	for l := range h.listeners {
		select {
		case <-l.views:
		default:
		}
		l.views <- h.encoded
	}
}

// finish sends the last view, which says how the run has ended, and lets the listeners go.
func (h *hub) finish(state State, status string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.view = h.viewer.View(h.snapshot())
	h.view.State, h.view.Status = state, clean(status, longestText)
	h.encode()
	h.ended = true
	h.spread()
	for l := range h.listeners {
		close(l.end)
	}
}
