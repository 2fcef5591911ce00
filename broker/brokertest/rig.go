package brokertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
)

// grace is how long something may take to return after its context has ended: a second, and one for a slow machine.
const grace = 2 * time.Second

// A rig is a storage under test with a job on it.
type rig struct {
	testing.TB
	Storage
	harness Harness
	job     *broker.Job
}

// rig makes a storage and a job that reads the given nodes, indices of the setup's inputs, and writes all outputs.
func (h Harness) rig(t testing.TB, setup Setup, nodes ...int) *rig {
	t.Helper()
	setup.Partitions = max(setup.Partitions, 1)
	return h.rigOf(t, h.New(t, setup), setup, nodes...)
}

func (h Harness) rigOf(t testing.TB, s Storage, setup Setup, nodes ...int) *rig {
	t.Helper()
	r := &rig{TB: t, Storage: s, harness: h}
	r.job = &broker.Job{Name: "brokertest", Logger: slog.New(slog.DiscardHandler)}
	if r.Source == nil {
		r.job.Inputs = []broker.Stream{broker.NewStream[Element]("elsewhere")}
	} else {
		streams := r.Source.Streams()
		if len(streams) < len(setup.Inputs) {
			t.Fatalf("Source.Streams returns %d streams, but the setup has %d inputs", len(streams), len(setup.Inputs))
		}
		for _, n := range nodes {
			r.job.Inputs = append(r.job.Inputs, r.checked(streams[n]))
		}
	}
	if r.Sink != nil {
		streams := r.Sink.Streams()
		if len(streams) < setup.Outputs {
			t.Fatalf("Sink.Streams returns %d streams, but the setup has %d outputs", len(streams), setup.Outputs)
		}
		for _, s := range streams[len(streams)-setup.Outputs:] {
			r.job.Outputs = append(r.job.Outputs, r.checked(s))
		}
	}
	return r
}

func (r *rig) checked(s broker.Stream) broker.Stream {
	r.Helper()
	if s.Type != reflect.TypeFor[Element]() || s.Codec == nil {
		r.Fatalf("stream %q has the element type %v and the codec %v: the suite's streams hold brokertest.Element, "+
			"and broker.NewStream sets both", s.Name, s.Type, s.Codec)
	}
	return s
}

// must ends the check where there is an error.
func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// guard calls f with a context that ends when patience does, and doesn't wait for ever even if f would.
func (r *rig) guard(what string, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), r.harness.patience())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%s waited for %v although nothing keeps it waiting: %w", what, r.harness.patience(), err)
		}
		return err
	case <-time.After(grace):
		return fmt.Errorf("%s waited for %v although nothing keeps it waiting, and didn't return within a second of "+
			"its context's end either", what, r.harness.patience())
	}
}

func (r *rig) openSource() broker.Input {
	r.Helper()
	var in broker.Input
	r.must(r.guard("OpenSource", func(ctx context.Context) (err error) {
		in, err = r.Source.OpenSource(ctx, r.job)
		return wrap(err, "OpenSource")
	}))
	return in
}

// openSink opens the sink as the engine does: after the source, where one storage is both. It claims all partitions.
func (r *rig) openSink() (out broker.Output, closeAll func()) {
	r.Helper()
	out, closeAll = r.openUnclaimed()
	r.claim(out)
	return out, closeAll
}

// claim claims all partitions where the keeper is a broker.Claimer, side by side as their tasks do, and returns their
// progress.
func (r *rig) claim(keeper any) []broker.Progress {
	r.Helper()
	claimer, ok := keeper.(broker.Claimer)
	if !ok {
		return nil
	}
	kept := make([]broker.Progress, r.harness.partitions())
	r.must(r.guard("Claim", func(ctx context.Context) error {
		var g errgroup.Group
		for p := range kept {
			g.Go(func() (err error) {
				kept[p], err = claimer.Claim(ctx, p)
				return wrap(err, "Claim")
			})
		}
		return g.Wait()
	}))
	return kept
}

func (r *rig) openUnclaimed() (out broker.Output, closeAll func()) {
	r.Helper()
	var in broker.Input
	if r.Source != nil {
		in = r.openSource()
	}
	r.must(r.guard("OpenSink", func(ctx context.Context) (err error) {
		out, err = r.Sink.OpenSink(ctx, r.job)
		return wrap(err, "OpenSink")
	}))
	return out, func() {
		r.Helper()
		r.must(r.guard("Output.Close", func(context.Context) error { return wrap(out.Close(), "Output.Close") }))
		if in != nil {
			r.close(in)
		}
	}
}

func (r *rig) close(c io.Closer) {
	r.Helper()
	what := fmt.Sprintf("Close of a %T", c)
	r.must(r.guard(what, func(context.Context) error { return wrap(c.Close(), what) }))
}

func wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// reader opens a reader.
func (r *rig) reader(in broker.Input, node, partition int, from int64) (*tested, error) {
	reader := &tested{rig: r, node: node, last: from - 1}
	err := r.guard("Input.Reader", func(ctx context.Context) (err error) {
		reader.Reader, err = in.Reader(ctx, node, partition, from)
		return wrap(err, fmt.Sprintf("Input.Reader(node %d, partition %d, from %d)", node, partition, from))
	})
	return reader, err
}

// A tested reader checks what holds for every Read. It returns errors rather than ending the check, for it may be used
// in any goroutine.
type tested struct {
	broker.Reader
	rig  *rig
	node int
	// last is the highest offset that was passed.
	last int64
}

// batch reads once.
func (r *tested) batch() ([]broker.Record, error) {
	var records []broker.Record
	err := r.rig.guard("Read, at a record or a mark,", func(ctx context.Context) (err error) {
		records, err = r.Read(ctx)
		if err == io.EOF {
			return err
		}
		return wrap(err, "Read")
	})
	if err != nil && err != io.EOF {
		return nil, err
	}
	if err == io.EOF && len(records) > 0 {
		return nil, fmt.Errorf("Read returns %d records together with io.EOF: first the records, then io.EOF alone",
			len(records))
	}
	if err == nil && len(records) == 0 {
		return nil, errors.New("Read returns neither records nor an error: it must wait for at least one record")
	}
	for i := range records {
		if records[i].Offset <= r.last {
			return nil, fmt.Errorf("Read returns a record with offset %d where one above %d must come: offsets grow along "+
				"a partition, and are those that the reader was asked for, or above", records[i].Offset, r.last)
		}
		r.last = records[i].Offset
	}
	if next := r.Next(); next <= r.last {
		return nil, fmt.Errorf("Next returns %d after a record with offset %d was read: it must be above", next, r.last)
	}
	return records, err
}

// records reads n records, or all up to the mark where n is negative.
func (r *tested) records(n int) ([]broker.Record, error) {
	var all []broker.Record
	for n < 0 || len(all) < n {
		batch, err := r.batch()
		if err == io.EOF && n < 0 {
			return all, nil
		}
		if err == io.EOF {
			return all, fmt.Errorf("Read returns io.EOF after %d records: there are more before the mark", len(all))
		}
		if err != nil {
			return all, fmt.Errorf("after %d records: %w", len(all), err)
		}
		all = append(all, batch...)
	}
	return all, nil
}

// decoded decodes records of the reader's stream.
func (r *tested) decoded(records []broker.Record) ([]Element, error) {
	stream := r.rig.job.Inputs[r.node]
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return nil, err
	}
	all := make([]Element, len(records))
	bulk := decodedInBulk(records)
	for i := range records {
		record := &records[i]
		value, err := valueOf(record)
		if err == nil {
			err = decode(value, &all[i])
		}
		if err != nil {
			return nil, fmt.Errorf("the stream's codec can't decode what Read returned, or what a later Read has made "+
				"of it: %w", record.DecodeError(stream.Name, 0, err))
		}
		if record.Rows == nil {
			continue
		}
		var own Element
		if err := record.Rows.Decode(record.StoredOffset(), &own); err != nil {
			return nil, fmt.Errorf("Rows can't decode what the stream's codec can, %s: %w", value, err)
		}
		if own != all[i] {
			return nil, fmt.Errorf("Rows decodes a record as %+v, and the stream's codec decodes its value, %s, as %+v", own,
				value, all[i])
		}
		if own := bulk[i]; own != nil && *own != all[i] {
			return nil, fmt.Errorf("Rows decodes a record among others as %+v, and the stream's codec decodes its value, %s, "+
				"as %+v", *own, value, all[i])
		}
	}
	return all, nil
}

// decodedInBulk decodes those records that their Rows decode several at a time, and returns nothing for the others.
func decodedInBulk(records []broker.Record) []*Element {
	elements := make([]*Element, len(records))
	for i := 0; i < len(records); {
		rows, isBulk := records[i].Rows.(broker.BulkRows)
		end := i + 1
		for end < len(records) && records[end].Rows == records[i].Rows &&
			records[end].StoredOffset() == records[end-1].StoredOffset()+1 {
			end++
		}
		if isBulk {
			into := make([]any, end-i)
			for n := range into {
				into[n] = new(Element)
			}
			for n := range rows.DecodeAll(records[i].StoredOffset(), into) {
				elements[i+n] = into[n].(*Element)
			}
		}
		i = end
	}
	return elements
}

// valueOf returns the bytes that a stream's codec decodes.
func valueOf(r *broker.Record) ([]byte, error) {
	if r.Rows != nil {
		return r.Rows.Value(r.StoredOffset())
	}
	return r.Value, nil
}

// expect reads up to the next mark and compares.
func (r *tested) expect(want []Element) ([]broker.Record, error) {
	records, err := r.records(-1)
	if err != nil {
		return nil, err
	}
	got, err := r.decoded(records)
	if err != nil {
		return nil, err
	}
	if d := differs(got, want); d != "" {
		return nil, fmt.Errorf("reading node %d up to the mark: %s", r.node, d)
	}
	return records, nil
}

// expectPartition reads all sessions of a partition, each with a reader that starts behind the mark before it.
func (r *rig) expectPartition(in broker.Input, node, partition int, want Partition) error {
	var from int64
	for i, session := range want {
		reader, err := r.reader(in, node, partition, from)
		if err != nil {
			return err
		}
		_, err = reader.expect(session.Elements)
		from = reader.Next()
		if err := errors.Join(err, reader.Close()); err != nil {
			return fmt.Errorf("node %d, partition %d, session %d (reached by a reader that starts where Next stood "+
				"after io.EOF): %w", node, partition, i, err)
		}
	}
	return nil
}
