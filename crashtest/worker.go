package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/crashtest/internal/proxy"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/observe"
)

// groupName is the group of all instances.
const groupName = "crashtest"

// exitReplaced is the exit status of a worker that has found another process under its name.
const exitReplaced = 4

// A workerConfig is what the arguments of a worker say.
type workerConfig struct {
	// kafka is addresses, with commas between them; proxy is "" for none.
	kafka, proxy string
	// instance is the name in the group that outlasts the process; "" for none.
	instance string
	// process is the name that results bear.
	process     string
	concurrency int
	workload    string
	debug       bool
}

func (c *workerConfig) arguments() []string {
	return []string{"worker", "-kafka", c.kafka, "-proxy", c.proxy, "-instance", c.instance, "-process", c.process,
		"-concurrency", fmt.Sprint(c.concurrency), "-workload", c.workload, fmt.Sprintf("-debug=%v", c.debug)}
}

// work is the program in a worker's process: it runs the mill, session after session, until its standard input ends,
// which also happens when the process that started it is gone. It returns the exit status.
func work(arguments []string) int {
	var c workerConfig
	flags := flag.NewFlagSet("worker", flag.ExitOnError)
	flags.StringVar(&c.kafka, "kafka", "", "address of Kafka")
	flags.StringVar(&c.proxy, "proxy", "", "address to dial in its place")
	flags.StringVar(&c.instance, "instance", "", "name in the group")
	flags.StringVar(&c.process, "process", "", "name of the process in the results")
	flags.IntVar(&c.concurrency, "concurrency", 1, "calls at a time")
	flags.StringVar(&c.workload, "workload", "", "kind of the mill")
	flags.BoolVar(&c.debug, "debug", false, "log what the Kafka client does")
	_ = flags.Parse(arguments) // ends the process where it fails

	signal.Ignore(os.Interrupt) // it is for the process that started this one
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // ends with the process: a read can't be called off
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	level := slog.LevelInfo
	if c.debug {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})).With("process", c.process)
	err := c.run(ctx, logger)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, kerr.FencedInstanceID), errors.Is(err, kerr.UnreleasedInstanceID):
		logger.Warn("this process was replaced", "error", err)
		return exitReplaced
	}
	logger.Error("the mill has failed", "error", err)
	return 1
}

func (c *workerConfig) run(ctx context.Context, logger *slog.Logger) error {
	options := []kafka.Option{
		kafka.Topic[workload.Step](workload.Steps),
		kafka.Topic[workload.Next](workload.Steps),
		kafka.Topic[workload.Detail](workload.Details),
		kafka.Topic[workload.Note](workload.Notes),
		kafka.Topic[workload.Halt](workload.Notes),
		kafka.Topic[workload.Result](workload.Results),
		kafka.Group(groupName),
		kafka.GrowOutputs(),
	}
	if c.proxy != "" {
		options = append(options, kafka.Options(kgo.Dialer(proxy.Through(c.proxy))))
	}
	if c.instance != "" {
		options = append(options, kafka.Instance(c.instance))
	}
	b := kafka.New(strings.Split(c.kafka, ","), options...)
	kind, err := workload.KindOf(c.workload)
	if err != nil {
		return err
	}
	var snapshot func() observe.Snapshot
	watch := observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
		snapshot = run.Snapshot
		return observe.Watch{}, nil
	})
	mill, err := kind.NewMill(c.process, c.concurrency, logger, leat.Broker(b), leat.Observe(watch))
	if err != nil {
		return err
	}
	for {
		err := mill.Run(ctx)
		switch {
		case err != nil && ctx.Err() == nil && snapshot().Partitions == 0 && isUnanswered(err):
			// Kafka took longer to start than a run that begins waits for it. What supervises a service would start it again.
			logger.Warn("Kafka was away when the run began: it begins again", "error", err)
		case err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())):
			return err
		case ctx.Err() != nil:
			return nil
		}
	}
}

// isUnanswered tells whether an error is none that Kafka has answered with.
func isUnanswered(err error) bool {
	_, answered := errors.AsType[*kerr.Error](err)
	return !answered
}
