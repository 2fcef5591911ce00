package file

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leat-go/leat/broker"
)

// OpenSink makes the temporary files, and so finds out whether the targets can be written.
func (b *Broker) OpenSink(_ context.Context, job *broker.Job) (broker.Output, error) {
	out := &output{}
	b.warnOfNoEnd(job)
	for i, stream := range job.Outputs {
		t, err := b.openTarget(stream)
		if t != nil {
			if i == 0 {
				t.columns = job.Columns
			}
			out.targets = append(out.targets, t)
		}
		if err == nil {
			err = errors.Join(out.checkTwice(t), t.checkReads(job.Files))
		}
		if err == nil && b.globs != nil && t.temp != nil {
			err = b.globs.checkWritten(t.path, job.Inputs)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", describe("output", stream), err)
			return nil, errors.Join(err, out.Close())
		}
	}
	return out, nil
}

// warnOfNoEnd warns where files would appear at the end of a session that nothing in the streams ends.
func (b *Broker) warnOfNoEnd(job *broker.Job) {
	endless := func(s broker.Stream) bool { return s.Follow && s.DataTimeout == 0 }
	if len(job.Inputs) == 0 || slices.ContainsFunc(job.Inputs, func(s broker.Stream) bool { return !endless(s) }) {
		return
	}
	for _, stream := range job.Outputs {
		if !isDirect(stream.Name) {
			job.Logger.Warn("all streams are followed without end, and the output file appears only when the session ends, "+
				"by the "+
				"function's EndOfStream; set a data timeout, or write to standard output or a pipe, "+
				"which get results as they come", "output", stream.Name)
		}
	}
}

// An output writes the files of one run.
type output struct {
	targets []*target
	ended   bool
	failed  error
}

// checkTwice refuses the last target if there was the same one before.
func (o *output) checkTwice(last *target) error {
	for _, t := range o.targets[:len(o.targets)-1] {
		if t.path == last.path {
			return fmt.Errorf("the same file as %s; give each output its own", describe("output", t.stream))
		}
	}
	return nil
}

// Commit appends results; with End it finishes the files and gives them their names.
func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.failed != nil {
		return o.failed
	}
	for _, c := range commits {
		if err := o.commit(ctx, c); err != nil {
			o.failed = err
			return err
		}
	}
	return nil
}

func (o *output) commit(ctx context.Context, c broker.Commit) error {
	if c.Partition != 0 {
		return fmt.Errorf("commit partition %d: files have partition 0 only", c.Partition)
	}
	if o.ended && len(c.Results) > 0 {
		return errors.New("commit results behind the end of the session: the files are complete")
	}
	for _, t := range o.targets {
		t.begin(ctx)
	}
	for i := range c.Results {
		r := &c.Results[i]
		t := o.targets[r.Stream]
		var err error
		if r.Count > 0 {
			err = t.written(r.Value, r.Count)
		} else {
			err = t.append(r.Value)
		}
		if err != nil {
			return t.fail(err)
		}
	}
	for _, t := range o.targets {
		if err := t.flush(); err != nil {
			return t.fail(err)
		}
	}
	if c.End && !o.ended {
		return o.end(ctx)
	}
	return nil
}

// end completes all files before it gives the first one its name.
func (o *output) end(ctx context.Context) error {
	for _, t := range o.targets {
		if err := t.complete(); err != nil {
			return t.fail(err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, t := range o.targets {
		if err := t.publish(); err != nil {
			return t.fail(err)
		}
	}
	o.ended = true
	return nil
}

// Close removes files that have not got their names.
func (o *output) Close() error {
	errs := make([]error, 0, len(o.targets))
	for _, t := range o.targets {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}
