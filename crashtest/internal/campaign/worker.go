package campaign

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/crashtest/internal/workload"
)

// WorkerCommand is the first argument of a worker.
const WorkerCommand = "storage-worker"

const (
	exitFailed = 1
	// exitTakenOver is the exit status of a worker whose output another one has taken over.
	exitTakenOver = 4
)

// A workerConfig is what the arguments of a worker say.
type workerConfig struct {
	kind, target, workload string
	// process is the name that results bear.
	process     string
	concurrency int
}

func (c *workerConfig) arguments() []string {
	return []string{WorkerCommand, "-kind", c.kind, "-target", c.target, "-process", c.process,
		"-concurrency", fmt.Sprint(c.concurrency), "-workload", c.workload}
}

// Work is the program in a worker's process: it runs the mill, session after session, until its standard input ends,
// which also happens when the process that started it is gone. It returns the exit status.
func Work(arguments []string) int {
	var c workerConfig
	flags := flag.NewFlagSet("worker", flag.ExitOnError)
	flags.StringVar(&c.kind, "kind", "", "storage")
	flags.StringVar(&c.target, "target", "", "where it is")
	flags.StringVar(&c.process, "process", "", "name of the process in the results")
	flags.IntVar(&c.concurrency, "concurrency", 1, "calls at a time")
	flags.StringVar(&c.workload, "workload", "", "kind of the mill")
	_ = flags.Parse(arguments) // ends the process where it fails

	signal.Ignore(os.Interrupt) // it is for the process that started this one
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // ends with the process: a read can't be called off
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("process", c.process)
	err := c.run(ctx, logger)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, broker.ErrTakenOver):
		logger.Warn("this process was taken over from", "error", err)
		return exitTakenOver
	}
	logger.Error("the mill has failed", "error", err)
	return exitFailed
}

func (c *workerConfig) run(ctx context.Context, logger *slog.Logger) error {
	k, ok := named(c.kind)
	if !ok {
		return fmt.Errorf("there is no storage %q", c.kind)
	}
	of, err := workload.KindOf(c.workload)
	if err != nil {
		return err
	}
	mill, err := of.NewMill(c.process, c.concurrency, logger, leat.Broker(k.broker(c.target)))
	if err != nil {
		return err
	}
	for {
		err := mill.Run(ctx)
		switch {
		case err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())):
			return err
		case ctx.Err() != nil:
			return nil
		}
	}
}
