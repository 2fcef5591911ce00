package filesort

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/avro"
	"github.com/leat-go/leat/broker/file/parquet"
	"github.com/leat-go/leat/broker/file/zstd"
	"github.com/leat-go/leat/pipeline/internal/objectfile"
)

// A writer writes the file.
type writer struct {
	stream  broker.Stream
	stdout  io.Writer
	output  broker.Output
	monitor *Monitor
	before  broker.Output // what was written in vain, see again; nil for nothing
	// carriage is what rows of cells come from that are written as they are; nil where results are objects.
	carriage *file.Carriage
}

// outputOf returns the stream of a path that is written, of what is read at another one: rows of cells stay as they are where the
// name says nothing else.
func outputOf(from, to string, cells *file.Dialect) broker.Stream {
	stream := objectfile.Stream(to)
	if d, ok := file.DialectOf(objectfile.Source(from, cells)); ok && (to == "-" || ending(from) == ending(to)) {
		stream.Format = d
	}
	return stream
}

// ending returns the end of a path's name that says what is in the file, compressed or not.
func ending(path string) string {
	path = strings.ToLower(path)
	return filepath.Ext(strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst"))
}

// openWriter finds out whether a stream can be written.
func openWriter(ctx context.Context, stream broker.Stream, stdout io.Writer, monitor *Monitor) (*writer, error) {
	w := &writer{stream: stream, stdout: stdout, monitor: monitor}
	return w, w.open(ctx)
}

func (w *writer) open(ctx context.Context) error {
	options := []file.Option{zstd.Files(), parquet.Files(), avro.Files(), file.Streams(w.stream)}
	if w.stdout != nil {
		options = append(options, file.Stdout(w.stdout))
	}
	files := file.New(options...)
	job := &broker.Job{Name: "sort", Outputs: files.Streams(), Logger: slog.New(slog.DiscardHandler)}
	output, err := files.OpenSink(ctx, job)
	if err != nil {
		return err
	}
	w.output = output
	if w.carriage != nil {
		w.carriage.Into(output)
	}
	return nil
}

// name gives a file without elements the columns of the one that was read: there is no element that has them.
func (w *writer) name(ctx context.Context, columns []string) error {
	d, ok := file.DialectOf(w.stream)
	if !ok || columns == nil {
		return nil
	}
	d.Columns = columns
	w.stream.Format = d
	if err := w.output.Close(); err != nil {
		return err
	}
	return w.open(ctx)
}

// again begins the output anew, and returns what was written until now, as [file.Reread] does. It can be read until the writer is
// closed.
func (w *writer) again(ctx context.Context) (written io.ReaderAt, first, between int64, err error) {
	written, first, between, err = file.Reread(w.output)
	if err != nil {
		return nil, 0, 0, err
	}
	w.before = w.output
	w.monitor.written.Store(0)
	return written, first, between, w.open(ctx)
}

// write writes what put puts into the outlet, in a goroutine of its own.
func (w *writer) write(ctx context.Context, put func(o *outlet) error) error {
	full, empty := make(chan *parcel, 1), make(chan *parcel, 3)
	for range cap(empty) {
		empty <- &parcel{}
	}
	group, inGroup := errgroup.WithContext(ctx)
	o := &outlet{ctx: inGroup, full: full, empty: empty}
	group.Go(func() error {
		defer close(full)
		if err := put(o); err != nil {
			return err
		}
		return o.flush()
	})
	group.Go(func() error { return w.writeParcels(inGroup, group, full, empty) })
	return group.Wait()
}

// writeParcels writes what an outlet hands on. Meanwhile the disk takes what was written: less is left to wait for in the end
// then.
func (w *writer) writeParcels(ctx context.Context, group *errgroup.Group, full <-chan *parcel, empty chan<- *parcel) error {
	var syncing atomic.Bool
	syncs, unsynced := file.Rereads(w.output), 0
	for p := range full {
		if err := w.output.Commit(ctx, []broker.Commit{{Results: p.results}}); err != nil {
			return err
		}
		w.monitor.written.Add(int64(len(p.results)))
		if unsynced += len(p.bytes); syncs && unsynced >= syncBytes && syncing.CompareAndSwap(false, true) {
			unsynced = 0
			group.Go(func() error {
				defer syncing.Store(false)
				return file.SyncFile(w.output)
			})
		}
		empty <- p // there is room for all of them
	}
	return nil
}

// complete makes the file appear.
func (w *writer) complete(ctx context.Context) error {
	return w.output.Commit(ctx, []broker.Commit{{End: true}})
}

// close removes the file unless it is complete.
func (w *writer) close() error {
	var errs []error
	for _, output := range []broker.Output{w.output, w.before} {
		if output != nil {
			errs = append(errs, output.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the output: %w", err)
	}
	return nil
}

// An outlet takes what is written next. It fills one parcel while another is written.
type outlet struct {
	ctx         context.Context
	full, empty chan *parcel
	filling     *parcel // nil before the next element
}

// A parcel is what is written at a time.
type parcel struct {
	results []broker.Result
	bytes   []byte // what the results refer to
}

const (
	syncBytes     = 32 << 20 // is how much is written until the disk is asked to take it
	parcelResults = 2048
	parcelBytes   = 256 << 10
)

// put adds a copy of an element.
func (o *outlet) put(value []byte) error {
	if p := o.filling; p != nil && (len(p.results) == parcelResults || len(p.bytes)+len(value) > cap(p.bytes)) {
		if err := o.flush(); err != nil {
			return err
		}
	}
	if o.filling == nil {
		select {
		case o.filling = <-o.empty:
		case <-o.ctx.Done():
			return o.ctx.Err()
		}
		o.filling.reset(len(value))
	}
	p := o.filling
	begin := len(p.bytes)
	p.bytes = append(p.bytes, value...)
	p.results = append(p.results, broker.Result{Value: p.bytes[begin:len(p.bytes):len(p.bytes)]})
	return nil
}

// reset empties a parcel, and makes room for an element of so many bytes.
func (p *parcel) reset(size int) {
	if p.results == nil {
		p.results = make([]broker.Result, 0, parcelResults)
	}
	if cap(p.bytes) < size || cap(p.bytes) != parcelBytes {
		p.bytes = make([]byte, 0, max(size, parcelBytes))
	}
	p.results, p.bytes = p.results[:0], p.bytes[:0]
}

// flush hands on what was put.
func (o *outlet) flush() error {
	if o.filling == nil {
		return nil
	}
	select {
	case o.full <- o.filling:
		o.filling = nil
		return nil
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}
