package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
	"github.com/leat-go/leat/internal/kafkaserver"
)

// A cluster is the Kafka of a measurement, and what it was filled with.
type cluster struct {
	self    string
	dir     string
	address string
	client  *kgo.Client
	filled  map[string]int
	// scratch numbers the folders and topics that are used once.
	scratch int
}

// withCluster starts a Kafka, hands it over and stops it.
func withCluster(ctx context.Context, self string, use func(*cluster) error) (err error) {
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := kafkaserver.Start(ctx, filepath.Join(dir, "kafka"))
	if err != nil {
		return err
	}
	// Nobody needs its data any more, and who interrupts shouldn't wait.
	defer func() { err = errors.Join(err, server.Kill()) }()
	client, err := kgo.NewClient(kgo.SeedBrokers(server.Address()), kgo.MetadataMinAge(20*time.Millisecond))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := kafkatopic.WarmUp(ctx, server.Address()); err != nil {
		return err
	}
	return use(&cluster{self: self, dir: dir, address: server.Address(), client: client, filled: map[string]int{}})
}

// fill makes the input topics of a workload, once, and returns the number of their elements.
func (c *cluster) fill(ctx context.Context, w workload, elements int) (endpoints, int, error) {
	at := endpoints{kafka: c.address, in: fmt.Sprintf("%s-%d-", w.name, elements)}
	if n, ok := c.filled[at.in]; ok {
		return at, n, nil
	}
	n, err := generate(ctx, c.self, w, at, elements)
	c.filled[at.in] = n
	return at, n, err
}

// output creates an output topic.
func (c *cluster) output(ctx context.Context, of string) (string, error) {
	c.scratch++
	topic := fmt.Sprintf("%s-%d", of, c.scratch)
	return topic, kafkatopic.Create(ctx, c.client, topic, 1)
}

// measureKafka is measure on Kafka.
func (p plan) measureKafka(ctx context.Context, c *cluster, progress io.Writer) ([]result, error) {
	var results []result
	for _, w := range p.workloads {
		r := result{workload: w, programs: p.doing(w)}
		r.samples = make([][]sample, len(r.programs))
		results = append(results, r)
		for round := range p.rounds {
			for _, n := range r.turns(round) {
				s, err := c.run(ctx, w, r.programs[n], p.elements)
				if err != nil {
					return results, err
				}
				fmt.Fprintf(progress, "%s on Kafka, round %d: %s took %v for %d elements\n", w.name, round+1,
					r.programs[n].name, s.wall.Round(time.Millisecond), s.elements)
				r.samples[n] = append(r.samples[n], s)
			}
		}
	}
	return results, nil
}

// run runs a program once, checks its results, and tells how long it took until all of them could be read.
func (c *cluster) run(ctx context.Context, w workload, p program, elements int) (sample, error) {
	if own := p.elements[w.name]; own > 0 {
		elements = own
	}
	at, counted, err := c.fill(ctx, w, elements)
	if err != nil {
		return sample{}, err
	}
	if at.out, err = c.output(ctx, w.name+"-"+p.name); err != nil {
		return sample{}, err
	}
	var seen kafkatopic.Watch
	start := time.Now()
	took, err := seen.Run(ctx, kadm.NewClient(c.client), at.out, kafkatopic.Program{
		Args: p.command(w.name, at), Environment: p.environment, Stays: p.stays, Wanted: int64(w.results(elements)),
	})
	if err != nil {
		return sample{}, fmt.Errorf("%s %s: %w", p.name, w.name, err)
	}
	last, err := part(ctx, c.self, "check", w.name, c.address, at.out, strconv.Itoa(elements), p.order())
	if err != nil {
		return sample{}, fmt.Errorf("%s has wrong results in %s: %w", p.name, w.name, err)
	}
	visible, err := seen.Visible(int64(last))
	if err != nil {
		return sample{}, err
	}
	first, err := seen.Visible(0)
	return sample{
		elements: counted, wall: visible.Sub(start), first: first.Sub(start), start: took.Start,
		cpu: took.CPU, memory: took.Memory,
	}, err
}
