package declaration

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/observe"
)

// Observe adds the observer that an option gives.
func (m *Mill) Observe(o *Option, observer observe.Observer) {
	if mistake.IsNil(observer) {
		m.Mistakes.Add("%s: the observer is %s; leave the option out", o, mistake.Nil(observer))
		return
	}
	m.Observers = append(m.Observers, &namedObserver{observer, o})
}

// A namedObserver says in its errors which option it is from.
type namedObserver struct {
	observe.Observer
	option *Option
}

// Begin implements [observe.Observer].
func (n *namedObserver) Begin(ctx context.Context, run observe.Run) (observe.Watch, error) {
	watch, err := n.Observer.Begin(ctx, run)
	if stopped := ctx.Err(); err != nil && stopped != nil && errors.Is(err, stopped) {
		return watch, stopped // it isn't the observer that keeps the run from beginning
	}
	if err != nil {
		return watch, fmt.Errorf("%s: %w", n.option, err)
	}
	return watch, nil
}
