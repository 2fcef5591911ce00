package leat

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/observe"
)

// Observe has an observer told of the mill's runs: when one begins and ends, what it looks like at any moment and, where the
// observer wants to know, of each call of the function and each commit. It may be given several times. Packages
// metrics, tracing and monitor have observers that are ready for use.
//
// An observer may keep a run from beginning. [Mill.Run] then returns its error before anything is read.
func Observe(observer observe.Observer) Option {
	return &option{name: "Observe", at: mistake.Caller(0), many: true, set: func(c *config, o *option) {
		if mistake.IsNil(observer) {
			c.mistakes.Add("%s: the observer is %s; leave the option out", o, mistake.Nil(observer))
			return
		}
		c.observers = append(c.observers, &namedObserver{observer, o.String()})
	}}
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
