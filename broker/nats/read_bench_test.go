package nats_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
)

// BenchmarkRead reads a subject beside a bare consumer of the driver with the same settings, which only counts.
func BenchmarkRead(b *testing.B) {
	const count = 100_000
	s := newSpace(b)
	s.makeAs(jetstream.StreamConfig{Name: s.stream("READ"), Subjects: []string{s.subject("read")},
		Storage: jetstream.MemoryStorage})
	for range count {
		_, err := s.js.PublishAsync(s.subject("read"),
			[]byte(`{"id":1234567,"at":1700000000,"name":"event 123","value":308641.75}`),
			jetstream.WithStallWait(time.Minute))
		s.must(err)
	}
	_, err := s.js.PublishAsync(s.subject("read"), []byte(`{"eos__":true}`))
	s.must(err)
	<-s.js.PublishAsyncComplete()
	b.Run("leat", func(b *testing.B) {
		for range b.N {
			s.must(readAll(b.Context(), s, count))
		}
		b.ReportMetric(float64(b.N*count)/b.Elapsed().Seconds(), "messages/s")
	})
	b.Run("bare", func(b *testing.B) {
		for range b.N {
			s.must(consumeAll(b.Context(), s, count))
		}
		b.ReportMetric(float64(b.N*count)/b.Elapsed().Seconds(), "messages/s")
	})
}

func readAll(ctx context.Context, s *space, count int) error {
	storage := nats.New(s.server.URL(), nats.Subject[struct{}](s.subject("read")))
	in, err := storage.OpenSource(ctx, &broker.Job{Name: s.name, Inputs: storage.Streams(), Partitions: 1,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	reader, err := in.Reader(ctx, 0, 0, 0)
	if err != nil {
		return err
	}
	for n := 0; ; {
		records, err := reader.Read(ctx)
		n += len(records)
		if err == io.EOF {
			if n != count {
				return errors.New("not all messages were read")
			}
			return errors.Join(reader.Close(), in.Close())
		}
		if err != nil {
			return err
		}
	}
}

func consumeAll(ctx context.Context, s *space, count int) error {
	conn, err := natsgo.Connect(s.server.URL())
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	consumer, err := js.CreateConsumer(ctx, s.stream("READ"), jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy,
		FilterSubject: s.subject("read"), MemoryStorage: true})
	if err != nil {
		return err
	}
	done, n := make(chan struct{}), 0
	consuming, err := consumer.Consume(func(jetstream.Msg) {
		if n++; n == count+1 {
			close(done)
		}
	}, jetstream.PullMaxMessagesWithBytesLimit(1000, 8<<20))
	if err != nil {
		return err
	}
	defer consuming.Stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
