package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/postgres"
)

// Streams of changes have no end. A session of the suite that has one is a stream whose data timeout stands for it.
func TestChangesConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{OneSession: true, NoMarks: true, Unbounded: true, DataTimeouts: true,
		New: changesStorage})
}

// endTimeout stands for the end of a session.
const endTimeout = 200 * time.Millisecond

func changesStorage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	d := newDatabase(t)
	var options []postgres.Option
	ended := map[int]bool{}
	for i, stream := range setup.Inputs {
		table := fmt.Sprint("input", i)
		d.exec("CREATE TABLE " + table + " (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bigint, text text)")
		slot := d.slot(table)
		declared := []postgres.StreamOption{postgres.Slot(slot), postgres.AsRows()}
		timeout := setup.DataTimeout
		for _, session := range stream[0] {
			d.insert(table, session.Elements)
			if session.Ended {
				ended[i], timeout = true, endTimeout
			}
		}
		if timeout > 0 {
			declared = append(declared, postgres.DataTimeout(timeout))
		}
		options = append(options, postgres.Changes[brokertest.Element](fmt.Sprint("changes", i), []string{table}, declared...))
	}
	b := postgres.New(d.url, options...)
	source := &endingSource{b, ended}
	return brokertest.Storage{
		Source: source,
		Append: func(input, _ int, elements ...brokertest.Element) {
			d.insert(fmt.Sprint("input", input), elements)
		},
		Reopen: func() (broker.Source, broker.Sink) { return source, nil },
	}
}

// slot makes a slot, and a publication of the same name for a table.
func (d *database) slot(table string) string {
	name := d.name + "_" + table
	d.exec("CREATE PUBLICATION " + name + " FOR TABLE " + table)
	d.query("SELECT pg_create_logical_replication_slot('" + name + "', 'pgoutput')")
	return name
}

// An endingSource has streams that end where a data timeout is over.
type endingSource struct {
	broker.Source
	ended map[int]bool
}

func (s *endingSource) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := s.Source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	return &endingInput{in.(positioned), s.ended, job, s.Streams()}, nil
}

type positioned interface {
	broker.Positioner
	broker.Saver
	broker.Claimer
}

type endingInput struct {
	positioned
	ended   map[int]bool
	job     *broker.Job
	streams []broker.Stream
}

func (in *endingInput) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := in.positioned.Reader(ctx, node, partition, from)
	if err != nil {
		return nil, err
	}
	for i, s := range in.streams {
		if s.Name == in.job.Inputs[node].Name && in.ended[i] {
			return endingReader{r}, nil
		}
	}
	return r, nil
}

type endingReader struct{ broker.Reader }

func (r endingReader) Read(ctx context.Context) ([]broker.Record, error) {
	records, err := r.Reader.Read(ctx)
	if errors.Is(err, broker.ErrDataTimeout) {
		err = io.EOF
	}
	return records, err
}
