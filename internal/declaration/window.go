package declaration

import (
	"reflect"
	"time"

	"github.com/leat-go/leat/internal/keys"
)

// A Window is what a window option said.
type Window struct {
	Option *Option
	// Master is the element type of the key function; nil for windows without a key.
	Master reflect.Type
	// Text describes the window in a plan.
	Text  string
	Every time.Duration
	Count int
	// Key compiles the window key; nil for windows without one.
	Key func() (keys.Changes, error)
}

// AddWindow adds a window. A second one is a mistake, which package build reports once the function is known.
func (m *Mill) AddWindow(w *Window) { m.Windows = append(m.Windows, w) }
