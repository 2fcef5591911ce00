package leat

import (
	"fmt"
	"reflect"
	"time"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/internal/mistake"
)

// A window is what a window option said.
type window struct {
	option *option
	// master is the element type of the key function; nil for windows without a key.
	master reflect.Type
	text   string
	every  time.Duration
	count  int
	// key compiles the window key; nil for windows without one.
	key func() (keys.Changes, error)
}

// Window hands the masters over in lists: consecutive complete masters with equal keys reach the function in one call.
// A window closes when a master brings another key, when the stream ends, and for [WindowEvery] when the clock says so.
// The key function takes the master element or a pointer to it.
//
// Keys are equal that are equal as values: times that are the same instant, whatever their zones, and pointers to what is
// equal; nil is equal to nil, since a window key tells masters apart and matches nothing. Numbers, texts, truth values,
// times, pointers to one of these, and structs and arrays that hold nothing but numbers, texts and truth values are fine; [New]
// refuses other types. A key that is NaN is disorder (see [OnDisorder]).
func Window[M any, K comparable](key func(M) K) Option {
	return &option{name: "Window", at: mistake.Caller(0), set: func(c *config, o *option) {
		w := &window{option: o, master: element(reflect.TypeFor[M]())}
		c.addWindow(w)
		if key == nil {
			c.mistakes.Add("%s: the key function is nil; leat.WindowCount and leat.WindowEvery need none", o)
			return
		}
		w.text = "by " + mistake.KeyFunction(key)
		w.key = func() (keys.Changes, error) { return keys.Window(key) }
	}}
}

// WindowEvery hands the masters over in lists, one for each period of the wall clock: with 20 seconds, those that arrive
// up to a full minute, up to 20 seconds past it, and so on. A window closes at its end even if nothing arrives; where
// nothing arrived there is no call.
func WindowEvery(period time.Duration) Option {
	return &option{name: "WindowEvery", at: mistake.Caller(0), set: func(c *config, o *option) {
		if period <= 0 {
			c.mistakes.Add("%s: a window of %v is not possible; give a period above zero", o, period)
		}
		c.addWindow(&window{option: o, text: fmt.Sprintf("every %v", period), every: period})
	}}
}

// WindowCount hands the masters over in lists of n; the last one of a stream may be shorter.
func WindowCount(n int) Option {
	return &option{name: "WindowCount", at: mistake.Caller(0), set: func(c *config, o *option) {
		if n < 1 {
			c.mistakes.Add("%s: a window of %d elements is not possible; the least is 1", o, n)
		}
		c.addWindow(&window{option: o, text: fmt.Sprintf("of %d", n), count: n})
	}}
}

func (c *config) addWindow(w *window) { c.windows = append(c.windows, w) }

// window checks the windows against the master and returns the one of the spec; nil where there is none.
func (b *builder) window(master reflect.Type) *engine.Window {
	if len(b.config.windows) == 0 {
		return nil
	}
	for _, other := range b.config.windows[1:] {
		b.mistakes.Add("%s: there is a window already, from %s; a mill has one", other.option, b.config.windows[0].option)
	}
	w := b.config.windows[0]
	spec := &engine.Window{Every: w.every, Count: w.count, Text: w.text}
	if w.key == nil {
		return spec
	}
	if master != nil && w.master != master {
		b.mistakes.Add("%s: the window key is over %v, but the master is %v; make it a function of %v",
			w.option, w.master, master, master)
	}
	key, err := w.key()
	if err != nil {
		b.mistakes.Add("%s: %w", w.option, err)
	}
	spec.NewKey = key
	return spec
}
