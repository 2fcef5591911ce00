package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

func (s *settings) groupOf(job *broker.Job) string { return cmp.Or(s.group, job.Name) }

// OpenSource implements [broker.Source]. It checks that the topics exist, have equal partition counts and may be
// read, as far as Kafka tells. The input that it returns is a [broker.Saver], so a sink that can't keep positions
// leaves them here.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if len(job.Inputs) == 0 {
		return nil, errors.New("kafka: the job has no inputs")
	}
	r, err := b.join(job, func() (*run, error) { return b.openRun(ctx, job, false) })
	if err != nil {
		return nil, stopped(ctx, err)
	}
	job.Shared = true // the group moves partitions from instance to instance
	return &input{saver: saver{r}, broker: b, readers: newReaders(r)}, nil
}

// OpenSink implements [broker.Sink]. It creates output topics that are missing, and checks the partition counts and the
// rights of the others.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if len(job.Outputs) == 0 {
		return nil, errors.New("kafka: there are no results to write: leave out leat.To; the source keeps the positions")
	}
	r, err := b.join(job, func() (*run, error) { return b.openRun(ctx, job, true) })
	if err != nil {
		return nil, stopped(ctx, err)
	}
	if r.topics.foreign && job.Shared {
		b.leave(job, r)
		return nil, errors.New("kafka: the streams come from another storage that shares their partitions among instances, " +
			"but Kafka takes results of such a partition only from the instance that its own group gives it to; leave the " +
			"partitions out (partition_by in a pipeline file), and run one instance")
	}
	if !r.topics.foreign && !job.Looking {
		r.sink = true
		topics, err := r.outputs.open(ctx, r.topics.names, r.Partitions())
		if err != nil {
			b.leave(job, r)
			return nil, stopped(ctx, err)
		}
		if maxPartitions(topics) > r.Partitions() {
			signal(r.assignment.moreKnown) // partitions were added to the inputs since they were opened
		}
	}
	o := &output{broker: b, run: r}
	if r.topics.foreign && !job.Looking {
		o.watch = newWatch(r)
	}
	return o, nil
}

// stopped returns ctx's error where ctx has ended, whatever has failed then, and err otherwise.
func stopped(ctx context.Context, err error) error { return cmp.Or(ctx.Err(), err) }

// openRun connects to Kafka and checks the topics that hold the positions: the inputs, or the first output where
// another storage is the source.
func (b *Broker) openRun(ctx context.Context, job *broker.Job, foreign bool) (*run, error) {
	r, err := b.connect(ctx, job, foreign)
	if err != nil {
		return nil, err
	}
	if foreign {
		err = r.openPositionsOutput(ctx)
	} else {
		err = r.openInputs(ctx)
	}
	if err == nil {
		err = r.checkGroup(ctx)
	}
	if err != nil {
		r.client.Close()
		return nil, err
	}
	return r, nil
}

// connect makes a run, and waits until Kafka answers.
func (b *Broker) connect(ctx context.Context, job *broker.Job, foreign bool) (*run, error) {
	s := &b.settings
	if s.groupOf(job) == "" {
		return nil, errors.New(`kafka: a group is needed: add kafka.Group("name"), or give the mill a name`)
	}
	if len(s.addresses) == 0 {
		return nil, errors.New(`kafka: New needs the address of a broker, "localhost:9092" say`)
	}
	watch := newLoginWatch()
	outages := newOutageWatch(s, job)
	client, err := s.client(job.Logger, kgo.WithHooks(watch, outages))
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	logged := ""
	// Kafka may be starting again, behind a proxy that closes connections meanwhile.
	limit, during := startedTimeout, "a minute"
	if job.Looking {
		limit, during = lookTimeout, "a few seconds"
	}
	err = untilStarted(ctx, limit, func(ctx context.Context) error {
		err := reach(ctx, client, watch, s.addresses)
		if err != nil && final(err) == nil && err.Error() != logged {
			logged = err.Error()
			job.Logger.Warn("Kafka doesn't answer, trying again for up to "+during, "error", err)
		}
		return err
	})
	if err != nil {
		client.Close()
		return nil, err
	}
	return newRun(newAdmin(s, job, client, outages), job, foreign), nil
}

const (
	// startedTimeout is how long a cluster that has just started may take until it serves requests.
	startedTimeout = time.Minute
	// lookTimeout is how long Kafka may be away for who only looks, and waits.
	lookTimeout = 5 * time.Second
)

// reach checks that Kafka answers.
func reach(ctx context.Context, client *kgo.Client, watch *loginWatch, addresses []string) error {
	short, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	defer context.AfterFunc(watch.refused, cancel)()
	err := client.Ping(short)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case final(err) != nil:
		return fmt.Errorf("kafka: %s: %w", quoted(addresses), final(err))
	case watch.refused.Err() != nil:
		err := fmt.Errorf("kafka: the broker at %s closes this client's connections", quoted(addresses))
		return &finalError{err, loginAdvice}
	}
	hint := ""
	if errors.Is(err, io.EOF) {
		hint = "; a broker that closes connections may want TLS, or none"
	}
	return fmt.Errorf("kafka: no broker answers at %s: %w%s", quoted(addresses), err, hint)
}

// untilStarted tries again what a cluster that has just started can't do yet: connections break, or the topic in
// which Kafka keeps groups doesn't exist.
func untilStarted(ctx context.Context, limit time.Duration, do func(ctx context.Context) error) error {
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, time.Second) {
		err := do(short)
		_, answered := errors.AsType[*kerr.Error](err)
		if err == nil || final(err) != nil || answered && !kerr.IsRetriable(err) || wait.For(short, pause) != nil {
			return err
		}
	}
}
