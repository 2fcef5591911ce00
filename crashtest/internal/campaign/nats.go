package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/endmark"
	"github.com/leat-go/leat/internal/natsserver"
)

func natsKind() kind {
	return kind{name: "nats", start: startNATS, broker: natsBroker, marks: true, commit: "Nats-Batch-Commit",
		committed: `"batch"`}
}

func natsBroker(target string) broker.Storage {
	return nats.New(target,
		nats.Subject[workload.Step](workload.Steps),
		nats.Subject[workload.Next](workload.Steps),
		nats.Subject[workload.Detail](workload.Details),
		nats.Subject[workload.Note](workload.Notes),
		nats.Subject[workload.Halt](workload.Notes),
		nats.Subject[workload.Result](workload.Results))
}

// A natsStorage is a NATS server, built of its module, that keeps messages before it acknowledges them. Each input is a
// stream of its own.
type natsStorage struct {
	process    *natsserver.Server
	connection *natsgo.Conn
	js         jetstream.JetStream
}

func startNATS(ctx context.Context, dir string) (storage, error) {
	program, err := natsserver.Build(ctx, filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	process, err := natsserver.Start(ctx, program, dir, "")
	if err != nil {
		return nil, err
	}
	s := &natsStorage{process: process}
	s.connection, err = natsgo.Connect(process.URL(), natsgo.MaxReconnects(-1), natsgo.ReconnectWait(retryPause),
		natsgo.ReconnectBufSize(-1)) // what can't be sent at once is an error
	if err == nil {
		s.js, err = jetstream.New(s.connection)
	}
	for _, name := range append(workload.Inputs(), workload.Results) {
		if err == nil {
			_, err = s.js.CreateStream(ctx, jetstream.StreamConfig{Name: strings.ToUpper(name), Subjects: []string{name},
				Storage: jetstream.FileStorage})
		}
	}
	if err != nil {
		return nil, errors.Join(err, process.Stop())
	}
	return s, nil
}

func (s *natsStorage) server() server { return s.process }

func (s *natsStorage) target(address string) string { return "nats://" + address }

// append publishes messages, each behind the one before it: the server refuses those that are there.
func (s *natsStorage) append(ctx context.Context, stream string, first int, elements []*workload.Element) error {
	info, err := s.js.Stream(ctx, strings.ToUpper(stream))
	if err != nil {
		return err
	}
	there := int(info.CachedInfo().State.LastSeq) - first
	if there < 0 || there > len(elements) {
		return fmt.Errorf("stream %s ends at %d, and %d were to go on at %d", stream, first+there, len(elements), first)
	}
	var acks []jetstream.PubAckFuture
	for i, e := range elements[there:] {
		value := []byte(endmark.Value)
		if e != nil {
			value, _ = json.Marshal(e) // numbers always can be
		}
		last := uint64(first + there + i)
		ack, err := s.js.PublishAsync(stream, value, jetstream.WithExpectLastSequence(last), jetstream.WithStallWait(time.Second))
		if err != nil {
			return err
		}
		acks = append(acks, ack)
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *natsStorage) output() output { return &natsOutput{storage: s} }

func (s *natsStorage) close() error {
	s.connection.Close()
	return s.process.Stop()
}

// A natsOutput reads the messages of the output, and passes over those of the positions.
type natsOutput struct {
	storage *natsStorage
	last    uint64
}

func (o *natsOutput) next(ctx context.Context) (records []record, err error) {
	stream, err := o.storage.js.Stream(ctx, strings.ToUpper(workload.Results))
	if err != nil {
		return nil, err
	}
	for len(records) < 1000 {
		m, err := stream.GetMsg(ctx, o.last+1, jetstream.WithGetMsgSubject(workload.Results))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return records, nil
		} else if err != nil {
			return records, err
		}
		records = append(records, record{int64(m.Sequence), m.Data})
		o.last = m.Sequence
	}
	return records, nil
}

func (o *natsOutput) close() {}
