package sample

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
)

func (all *Samples) readFiles(
	ctx context.Context, m *mill.Mill, nodes []*mill.Node, options *mill.Options,
) (err error) {
	spec := m.Spec(m.Layout(nil), options)
	job := &broker.Job{Name: spec.Name, Logger: spec.Logger}
	var read []*mill.Node
	for _, n := range nodes {
		all.Of[n] = []*Sample{{Unread: true}}
		if all.once || !n.Stream.IsReadOnce() {
			read = append(read, n)
			job.Inputs = append(job.Inputs, n.Declared())
		}
	}
	input, err := spec.Source.OpenSource(ctx, job)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	for i, n := range read {
		reader, err := input.Reader(ctx, i, 0, 0)
		if err != nil {
			return err
		}
		var s *Sample
		if all.ordersFile(n) {
			s, err = all.readOrdered(ctx, reader, job.Inputs[i], n)
		} else {
			s, err = all.readHead(ctx, reader, job.Inputs[i])
		}
		if err = errors.Join(err, reader.Close()); err != nil {
			return err
		}
		if err := all.readEnd(ctx, s, input, n, i, job.Inputs[i]); err != nil {
			return err
		}
		all.Of[n] = []*Sample{s}
	}
	return nil
}

// readEnd reads the end of a file whose head isn't the whole.
func (all *Samples) readEnd(
	ctx context.Context, s *Sample, input broker.Input, n *mill.Node, node int, stream broker.Stream,
) error {
	switch {
	case all.ordersFile(n): // it has it
	case file.IsTable(stream):
		return all.readLastRows(ctx, s, input, node, stream)
	case !n.AsksRecords(): // nobody knows the offsets of the last elements otherwise
		return all.readTail(s, stream)
	}
	return nil
}

// readHead reads the beginning of one file, up to the first element that can't be read or decoded. A file of up to
// twice the size of a sample is read as a whole.
func (all *Samples) readHead(ctx context.Context, reader broker.Reader, stream broker.Stream) (*Sample, error) {
	s := &Sample{Head: Part{stream: stream.Name}}
	var locate locator
	if file.IsTable(stream) {
		locate = rowOf
	}
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return nil, err
	}
	for len(s.Head.Elements) <= all.most() {
		records, err := reader.Read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			s.Whole, s.Columns = true, file.Columns(reader)
			return s, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			all.problem(err.Error())
			return s, nil
		}
		if !all.decode(&s.Head, records, decode, 0, locate) {
			return s, nil
		}
	}
	s.cut(all.size)
	return s, nil
}

// cut leaves of a head that isn't the whole what makes a sample.
func (s *Sample) cut(size int) {
	n := min(size, len(s.Head.Elements))
	s.Head.Elements, s.Head.Positions, s.Head.repeated = s.Head.Elements[:n], s.Head.Positions[:n], s.Head.repeated[:n]
}

// rowOf says where a row of a table lies.
func rowOf(record *broker.Record, stream string, partition int) broker.Position {
	at := record.At(stream, partition)
	at.At = fmt.Sprintf("row %d", at.Offset+1)
	return at
}

// readLastRows reads the last rows of a table whose head isn't the whole.
func (all *Samples) readLastRows(
	ctx context.Context, s *Sample, input broker.Input, node int, stream broker.Stream,
) (err error) {
	if s.Whole || len(s.Head.Elements) < Size {
		return nil
	}
	head, err := input.Reader(ctx, node, 0, 0)
	if err != nil {
		return err
	}
	rows := int64(-1)
	if lagger, ok := head.(broker.Lagger); ok {
		rows = lagger.End()
	}
	if rows < Size {
		return head.Close()
	}
	reader, err := input.Reader(ctx, node, 0, rows-Size)
	if err = errors.Join(err, head.Close()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return err
	}
	s.Tail.stream = stream.Name
	for {
		records, err := reader.Read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			all.problem(err.Error())
			return nil
		}
		if !all.decode(&s.Tail, records, decode, 0, rowOf) {
			return nil
		}
	}
}

// readTail reads the end of a file whose head isn't the whole, if one can get there.
func (all *Samples) readTail(s *Sample, stream broker.Stream) (err error) {
	if s.Whole || all.once || len(s.Head.Elements) < all.size {
		return nil // it is damaged in the head
	}
	several := stream.Several
	files, err := file.Files(stream)
	if err != nil {
		return err
	}
	stream = files[len(files)-1]
	objects, err := file.Tail(stream, all.size)
	if _, damaged := errors.AsType[*broker.PositionError](err); damaged {
		all.problem(err.Error())
		return nil
	}
	if err != nil || len(objects) == 0 {
		return err
	}
	lines, err := file.OpenSeeker(stream)
	if err != nil || lines == nil {
		return err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return err
	}
	s.Tail.stream = stream.Name
	for _, o := range objects {
		element := &object.Object{}
		at := broker.Position{Stream: stream.Name, Offset: -1, Byte: o.At, Among: several}
		if at.Line, at.Column, err = lines.Line(o.At); err != nil {
			return err
		}
		if err := decode(o.Text, element); err != nil {
			all.problem((&broker.PositionError{Position: at, Err: err}).Error())
			s.Tail.Elements, s.Tail.Positions, s.Tail.repeated = nil, nil, nil
			continue
		}
		s.Tail.add(element, o.Text)
		s.Tail.Positions = append(s.Tail.Positions, at)
	}
	return nil
}
