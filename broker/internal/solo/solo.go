// Package solo is what storages share in which one process has the whole of a job, until another one of the same name
// takes it over.
package solo

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
)

// Input is the part of a broker.Input about partitions: there is one, and it is never taken away. The zero value is
// ready.
type Input struct{}

// Partitions returns one.
func (Input) Partitions() int { return 1 }

// Own implements broker.Input.
func (Input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	g, own := errgroup.WithContext(ctx)
	g.Go(func() error { return task(own, 0) })
	if err := g.Wait(); err == nil || ctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// Name returns the name that a job's positions are kept under: that which the storage's own option Name gave, or else
// the mill's. storage is the package, for the error where there is neither.
func Name(storage, given string, job *broker.Job) (string, error) {
	switch {
	case given != "":
		return given, nil
	case job.Name != "":
		return job.Name, nil
	}
	return "", fmt.Errorf("%s: positions are kept by name, and the mill has none: give it one by leat.Name, or %[1]s.Name",
		storage)
}

// Holder names this process to people who ask who has claimed a partition.
func Holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("process %d on %s", os.Getpid(), host)
}
