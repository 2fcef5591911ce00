package engine_test

import (
	"context"
	"errors"
	"sync"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// meeting is a source of several runs of a mill, none of which begins its tasks before all know which session they
// are for: one that comes when the others have ended it is for the next.
type meeting struct {
	broker.Source
	all *sync.WaitGroup
}

func (m meeting) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := m.Source.OpenSource(ctx, job)
	return meetingInput{in, m.all}, err
}

type meetingInput struct {
	broker.Input
	all *sync.WaitGroup
}

func (in meetingInput) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	in.all.Done()
	in.all.Wait()
	return in.Input.Own(ctx, task)
}

// runInstances runs a mill several times at once, sharing the partitions, and returns the first error that isn't a
// crash; a crash if all have had one.
func runInstances(ctx context.Context, spec *engine.Spec, n int) error {
	var all, ended sync.WaitGroup
	all.Add(n)
	errs := make([]error, n)
	for i := range errs {
		own := *spec
		own.Source = meeting{spec.Source, &all}
		if v, ok := spec.Source.(valued); ok { // a meeting's input is no broker.Positioner
			own.Source = valued{meeting{v.Source, &all}}
		}
		ended.Go(func() { errs[i] = engine.Run(ctx, &own, nil) })
	}
	ended.Wait()
	err := errs[0]
	for _, other := range errs[1:] {
		if errors.Is(err, errCrash) {
			err = other
		} else if err == nil && !errors.Is(other, errCrash) {
			err = other
		}
	}
	return err
}
