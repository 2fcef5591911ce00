package mill

import (
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// A Window is the window of a mill.
type Window struct {
	description.Window
	// program computes the key; nil where the window has none.
	program *expression.Program
}

func (m *Mill) compileWindow(w *description.Window) (err error) {
	if w == nil {
		return nil
	}
	m.Window = &Window{Window: *w}
	if w.Key != nil {
		if err := m.onlyMaster(*w.Key); err != nil {
			return err
		}
		if m.Window.program, err = expression.Compile(w.Key.Value, m.Master.Scope()); err != nil {
			return w.Key.Locate(err, 0)
		}
	}
	return nil
}

// onlyMaster refuses a window's key that is about another stream than the master.
func (m *Mill) onlyMaster(key description.Text) error {
	root, err := expression.Parse(key.Value)
	if err != nil {
		return key.Locate(err, 0)
	}
	for _, name := range namesIn(root) {
		for _, n := range m.Master.All()[1:] {
			if n.Name == name.Value {
				return key.ErrorAt(name.Location().From, "a window is made of elements of the master, so it "+
					"can use %s, but not %s", m.Master.Name, n.Name)
			}
		}
	}
	return nil
}

func (w *Window) spec() *engine.Window {
	switch {
	case w == nil:
		return nil
	case w.program != nil:
		return &engine.Window{NewKey: w.NewKey, Text: "by " + w.program.String()}
	case w.Every > 0:
		return &engine.Window{Every: w.Every, Text: fmt.Sprintf("every %v", w.Every)}
	}
	return &engine.Window{Count: w.Count, Text: fmt.Sprintf("of %d", w.Count)}
}

// NewKey makes the function that tells for one task whether a master begins another window.
func (w *Window) NewKey() func(master any) (changed bool, err error) {
	key := expression.Single(w.program)
	var last expression.Key
	return func(master any) (bool, error) {
		next, err := key(master)
		if err != nil {
			return false, err
		}
		changed := last.Kind() != expression.Unknown && expression.Compare(last, next) != 0
		last = next
		return changed, nil
	}
}
