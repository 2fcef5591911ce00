package kafka_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

// A switchboard makes connections, unless it is off, which ends those that there are, too.
type switchboard struct {
	mu    sync.Mutex
	isOff bool
	conns []net.Conn
}

func (s *switchboard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isOff {
		return nil, errors.Join(&net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}, conn.Close())
	}
	s.conns = append(s.conns, conn)
	return conn, nil
}

func (s *switchboard) turn(off bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isOff = off
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
}

// A Kafka that can't be reached is told of, once in the log, until it is back.
func TestOutages(t *testing.T) {
	t.Parallel()
	c := newFake(t)
	c.create("in", 1)
	c.produce("in", 0, "1")
	var connections switchboard
	outages, log := &broker.Outages{}, &logged{}
	j := job("", []string{"in"}, nil)
	j.Outages, j.Logger = outages, slog.New(slog.NewTextHandler(log, nil))
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	in, err := kafka.New(c.addresses, kafka.Group("outages"), kafka.Options(kgo.Dialer(connections.dial))).OpenSource(ctx, j)
	must(t, err)
	defer in.Close()
	await := func(count int) {
		t.Helper()
		for len(outages.Now()) != count {
			select {
			case <-ctx.Done():
				t.Fatalf("the outages are %+v, and should be %d; the log is\n%s", outages.Now(), count, log)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	reading, stop := context.WithCancel(ctx)
	var isRead atomic.Bool
	err = in.Own(reading, func(ctx context.Context, partition int) error {
		r, err := in.Reader(ctx, 0, partition, 0)
		if err != nil {
			return err
		}
		defer r.Close()
		for {
			if _, err := r.Read(ctx); err != nil {
				return err
			}
			if isRead.CompareAndSwap(false, true) {
				go func() {
					defer stop()
					await(0)
					connections.turn(true)
					await(1)
					connections.turn(false)
					await(0)
				}()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("reading ends with %v", err)
	}
	for _, want := range []string{"Kafka can't be reached, trying again", "Kafka can be reached again"} {
		if log.count(want) != 1 {
			t.Errorf("the log should say %q once:\n%s", want, log)
		}
	}
}

// So is one that can't be reached while there is nothing to write, where another storage is read.
func TestIdleOutages(t *testing.T) {
	t.Parallel()
	c := newFake(t)
	c.create("out", 1)
	var connections switchboard
	j := job("", nil, []string{"out"})
	j.Partitions, j.Outages = 1, &broker.Outages{}
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	out, err := kafka.New(c.addresses, kafka.Group("idle"), kafka.Options(kgo.Dialer(connections.dial))).OpenSink(ctx, j)
	must(t, err)
	defer out.Close()
	for _, off := range []bool{true, false} {
		connections.turn(off)
		for (len(j.Outages.Now()) > 0) != off {
			select {
			case <-ctx.Done():
				t.Fatalf("Kafka is away is %v, and the outages are %+v", off, j.Outages.Now())
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

// A Kafka that comes only after a run has begun is told of, and waited for: as what is read, and as what is written to.
func TestKafkaComesLater(t *testing.T) {
	t.Parallel()
	c := newFake(t)
	c.create("in", 1)
	for name, j := range map[string]*broker.Job{"source": job("", []string{"in"}, nil), "sink": job("", nil, []string{"out"})} {
		var connections switchboard
		connections.turn(true)
		j.Partitions, j.Outages = 1, &broker.Outages{}
		ctx, cancel := context.WithTimeout(t.Context(), hung)
		defer cancel()
		opened := make(chan error, 1)
		go func() {
			b := kafka.New(c.addresses, kafka.Group("later"), kafka.Options(kgo.Dialer(connections.dial)))
			opened <- openAndClose(ctx, b, j)
		}()
		for len(j.Outages.Now()) == 0 {
			select {
			case err := <-opened:
				t.Fatalf("%s: opening ends with %v though Kafka isn't there yet", name, err)
			case <-time.After(10 * time.Millisecond):
			}
		}
		connections.turn(false)
		if err := <-opened; err != nil {
			t.Errorf("%s: opening ends with %v though Kafka has come", name, err)
		}
	}
}

// openAndClose opens a job's source, or its sink where it reads nothing, and closes it.
func openAndClose(ctx context.Context, b *kafka.Broker, j *broker.Job) error {
	if len(j.Inputs) == 0 {
		out, err := b.OpenSink(ctx, j)
		if err != nil {
			return err
		}
		return out.Close()
	}
	in, err := b.OpenSource(ctx, j)
	if err != nil {
		return err
	}
	return in.Close()
}
