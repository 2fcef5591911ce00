package nats

import (
	"context"
	"errors"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/internal/endmark"
)

// A subject has no partitions. Where those of the source are several, all of their results go to one subject, and its
// session ends when all partitions have ended theirs, in whichever process. So the end marks are a batch of their own,
// with a record of how many sessions they have ended, which names the record before: one process alone writes it.

// endMarks returns an end-of-stream mark for each output.
func (o *output) endMarks() []*natsgo.Msg {
	marks := make([]*natsgo.Msg, len(o.subjects))
	for i, subject := range o.subjects {
		marks[i] = natsgo.NewMsg(subject)
		marks[i].Data = []byte(endmark.Value)
	}
	return marks
}

// Claim implements broker.Claimer. It writes the marks that a run before had no time for.
func (o *output) Claim(ctx context.Context, partition int) (broker.Progress, error) {
	p, err := o.ledger.Claim(ctx, partition)
	if err == nil {
		err = o.mark(ctx)
	}
	return p, err
}

// mark writes the marks of sessions that all partitions have ended. What was committed is committed, so it goes on
// until it has done that, or the context ends.
func (o *output) mark(ctx context.Context) error {
	if o.partitions <= 1 {
		return nil // they are in the commit
	}
	for {
		ended, err := o.lowestSession(ctx)
		if err != nil {
			return err
		}
		before, err := o.lastAt(ctx, o.marksSubject())
		if err != nil {
			return err
		}
		marked, err := progress.Unmarshal(before.progress)
		if err != nil {
			return err
		}
		var batch []*natsgo.Msg
		switch {
		case before.sequence == 0:
			marked.Sessions = ended // the marks before, if any, were in the commits of a single partition
		case marked.Sessions < ended:
			marked.Sessions++
			batch = o.endMarks()
		default:
			return nil
		}
		kept, err := progress.Marshal(marked)
		if err != nil {
			return err
		}
		r := record{write: nuid.Next(), progress: kept}
		_, err = o.write(ctx, append(batch, o.recordAt(o.marksSubject(), before.sequence, r))...)
		switch {
		case err == nil || errors.Is(err, errRefused):
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, errUnknown) && !isRepeatable(err):
			return o.explain(ctx, err)
		}
		o.logger.Warn("writing end-of-stream marks was interrupted, trying again", "error", err, "pause", firstBackoff)
		if err := pause(ctx, firstBackoff); err != nil {
			return err
		}
	}
}

func (o *output) marksSubject() string { return o.prefix + token(o.name) + ".marks" }

// lowestSession returns how many sessions all partitions have ended.
func (o *output) lowestSession(ctx context.Context) (lowest int64, err error) {
	for partition := range o.partitions {
		r, err := o.last(ctx, partition)
		if err != nil {
			return 0, err
		}
		p, err := o.read(r, partition)
		if err != nil {
			return 0, err
		}
		sessions := p.Sessions
		if r.journal != "" {
			sessions-- // its last results may not be in the outputs yet; whoever copies them comes back here
		}
		if partition == 0 || sessions < lowest {
			lowest = sessions
		}
	}
	return max(0, lowest), nil
}
