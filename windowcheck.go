package leat

import (
	"reflect"

	"github.com/leat-go/leat/internal/engine"
)

// window checks the windows against the master and returns the one of the spec; nil where there is none.
func (b *builder) window(master reflect.Type) *engine.Window {
	if len(b.config.Windows) == 0 {
		return nil
	}
	for _, other := range b.config.Windows[1:] {
		b.mistakes.Add("%s: there is a window already, from %s; a mill has one", other.Option, b.config.Windows[0].Option)
	}
	w := b.config.Windows[0]
	spec := &engine.Window{Every: w.Every, Count: w.Count, Text: w.Text}
	if w.Key == nil {
		return spec
	}
	if master != nil && w.Master != master {
		b.mistakes.Add("%s: the window key is over %v, but the master is %v; make it a function of %v",
			w.Option, w.Master, master, master)
	}
	key, err := w.Key()
	if err != nil {
		b.mistakes.Add("%s: %w", w.Option, err)
	}
	spec.NewKey = key
	return spec
}
