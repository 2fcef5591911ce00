package leat

import (
	"fmt"
	"time"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/internal/mistake"
)

// Window hands the masters over in lists: consecutive complete masters with equal keys reach the function in one call.
// A window closes when a master brings another key, when the stream ends, and for [WindowEvery] when the clock says so.
// The key function takes the master element or a pointer to it.
//
// Keys are equal that are equal as values: times that are the same instant, whatever their zones, and pointers to what
// is equal; nil is equal to nil, since a window key tells masters apart and matches nothing. Numbers, texts, truth
// values, times, pointers to one of these, and structs and arrays that hold nothing but numbers, texts and truth values
// are fine; [New] refuses other types. A key that is NaN is disorder (see [OnDisorder]).
func Window[M any, K comparable](key func(M) K) Option {
	return declaration.Once("leat.Window", func(m *declaration.Mill, o *declaration.Option) {
		w := &declaration.Window{Option: o, Master: elements.TypeFor[M]()}
		m.AddWindow(w)
		if key == nil {
			m.Mistakes.Add("%s: the key function is nil; leat.WindowCount and leat.WindowEvery need none", o)
			return
		}
		w.Text = "by " + mistake.KeyFunction(key)
		w.Key = func() (keys.Changes, error) { return keys.Window(key) }
	})
}

// WindowEvery hands the masters over in lists, one for each period of the wall clock: with 20 seconds, those that
// arrive up to a full minute, up to 20 seconds past it, and so on. A window closes at its end even if nothing arrives;
// where nothing arrived there is no call.
func WindowEvery(period time.Duration) Option {
	return declaration.Once("leat.WindowEvery", func(m *declaration.Mill, o *declaration.Option) {
		if period <= 0 {
			m.Mistakes.Add("%s: a window of %v is not possible; give a period above zero", o, period)
		}
		m.AddWindow(&declaration.Window{Option: o, Text: fmt.Sprintf("every %v", period), Every: period})
	})
}

// WindowCount hands the masters over in lists of n; the last one of a stream may be shorter.
func WindowCount(n int) Option {
	return declaration.Once("leat.WindowCount", func(m *declaration.Mill, o *declaration.Option) {
		if n < 1 {
			m.Mistakes.Add("%s: a window of %d elements is not possible; the least is 1", o, n)
		}
		m.AddWindow(&declaration.Window{Option: o, Text: fmt.Sprintf("of %d", n), Count: n})
	})
}
