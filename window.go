package leat

import (
	"fmt"
	"time"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/internal/mistake"
)

// Window collects masters into lists: consecutive complete masters with equal keys reach the function in one call. A
// window closes when a master brings another key, and when the stream ends. The key function takes the master element,
// or a pointer to it.
//
// Keys are compared as values. Times are equal that are the same instant, in whatever zone. Pointers are equal that
// point to equal values, and nil equals nil. A key is a number, a text, a truth value, a time, a pointer to one of
// these, or a struct or array of numbers, texts and truth values; [New] refuses other types. A key that is NaN is
// disorder (see [OnDisorder]).
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

// WindowEvery collects masters into lists, one for each period of the wall clock. With 20 seconds a list holds what
// arrived up to the full minute, the next one what arrived up to 20 seconds past it, and so on. A window closes when
// its period ends, even if nothing arrives. A period in which nothing arrived has no call.
func WindowEvery(period time.Duration) Option {
	return declaration.Once("leat.WindowEvery", func(m *declaration.Mill, o *declaration.Option) {
		if period <= 0 {
			m.Mistakes.Add("%s: a window of %v is not possible; give a period above zero", o, period)
		}
		m.AddWindow(&declaration.Window{Option: o, Text: fmt.Sprintf("every %v", period), Every: period})
	})
}

// WindowCount collects masters into lists of n. The last list of a stream may be shorter.
func WindowCount(n int) Option {
	return declaration.Once("leat.WindowCount", func(m *declaration.Mill, o *declaration.Option) {
		if n < 1 {
			m.Mistakes.Add("%s: a window of %d elements is not possible; the least is 1", o, n)
		}
		m.AddWindow(&declaration.Window{Option: o, Text: fmt.Sprintf("of %d", n), Count: n})
	})
}
