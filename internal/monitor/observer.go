package monitor

import (
	"context"

	"github.com/leat-go/leat/observe"
)

// Observer returns an observer that shows runs on a page.
func Observer(address Address) observe.Observer {
	return observe.Func(func(ctx context.Context, run observe.Run) (observe.Watch, error) {
		server, err := Listen(ctx, address)
		if err != nil {
			return observe.Watch{}, err
		}
		run.Logger.InfoContext(ctx, "a page shows the run", "url", server.URL())
		outcome, served := make(chan error), make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Watch(ctx, run.Logger, run.Snapshot, func() error { return <-outcome })
		}()
		return observe.Watch{CallTime: true, Recent: true, End: func(err error) {
			outcome <- err
			<-served
		}}, nil
	})
}
