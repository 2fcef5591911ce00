package filesort

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/zstd"
	"github.com/leat-go/leat/pipeline/internal/objectfile"
)

// A writer writes the file.
type writer struct {
	output  broker.Output
	monitor *Monitor
}

// openWriter finds out whether a path can be written.
func openWriter(ctx context.Context, path string, stdout io.Writer, monitor *Monitor) (*writer, error) {
	options := []file.Option{zstd.Files(), file.Streams(objectfile.Stream(path))}
	if stdout != nil {
		options = append(options, file.Stdout(stdout))
	}
	files := file.New(options...)
	job := &broker.Job{Name: "sort", Outputs: files.Streams(), Logger: slog.New(slog.DiscardHandler)}
	output, err := files.OpenSink(ctx, job)
	if err != nil {
		return nil, err
	}
	return &writer{output, monitor}, nil
}

// write writes what put puts into the outlet, in a goroutine of its own, and completes the file.
func (w *writer) write(ctx context.Context, put func(o *outlet) error) error {
	full := make(chan []broker.Result, 1)
	group, inGroup := errgroup.WithContext(ctx)
	o := &outlet{ctx: inGroup, full: full}
	group.Go(func() error {
		defer close(full)
		if err := put(o); err != nil {
			return err
		}
		return o.flush()
	})
	group.Go(func() error {
		for results := range full {
			if err := w.output.Commit(inGroup, []broker.Commit{{Results: results}}); err != nil {
				return err
			}
			w.monitor.written.Add(int64(len(results)))
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return w.output.Commit(ctx, []broker.Commit{{End: true}})
}

// close removes the file unless it is complete.
func (w *writer) close() error {
	if err := w.output.Close(); err != nil {
		return fmt.Errorf("close the output: %w", err)
	}
	return nil
}

// An outlet collects what is written next.
type outlet struct {
	ctx     context.Context
	full    chan<- []broker.Result
	results []broker.Result
	bytes   []byte // what the results refer to
}

const (
	outletResults = 2048
	outletBytes   = 256 << 10
)

// put adds a copy of an element.
func (o *outlet) put(value []byte) error {
	if len(o.results) == outletResults || len(o.bytes)+len(value) > cap(o.bytes) && len(o.bytes) > 0 {
		if err := o.flush(); err != nil {
			return err
		}
	}
	if o.results == nil {
		o.results = make([]broker.Result, 0, outletResults)
		o.bytes = make([]byte, 0, max(outletBytes, len(value)))
	}
	begin := len(o.bytes)
	o.bytes = append(o.bytes, value...)
	o.results = append(o.results, broker.Result{Value: o.bytes[begin:len(o.bytes):len(o.bytes)]})
	return nil
}

// flush hands on what was put.
func (o *outlet) flush() error {
	if len(o.results) == 0 {
		return nil
	}
	select {
	case o.full <- o.results:
		o.results, o.bytes = nil, nil
		return nil
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}
