package declaration

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/observe"
)

// Observe adds an observer that an option gives.
func (m *Mill) Observe(o *Option, observer observe.Observer) {
	m.Observers = append(m.Observers, &namedObserver{observer, o.String()})
}

// A namedObserver says in its errors which option it is from.
type namedObserver struct {
	observe.Observer
	option string
}

// Begin implements [observe.Observer].
func (n *namedObserver) Begin(ctx context.Context, run observe.Run) (observe.Watch, error) {
	watch, err := n.Observer.Begin(ctx, run)
	if stopped := ctx.Err(); err != nil && stopped != nil && errors.Is(err, stopped) {
		return watch, stopped
	}
	if err != nil {
		return watch, fmt.Errorf("%s: %w", n.option, err)
	}
	return watch, nil
}
