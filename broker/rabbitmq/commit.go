package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/broker/rabbitmq/internal/amqp1"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
	"github.com/leat-go/leat/internal/endmark"
)

// errNotCommitted says that a commit isn't in the journal, and never will be.
var errNotCommitted = fmt.Errorf("%w: the connection was lost before the journal had it", broker.ErrAborted)

// commit adds some tasks' results and progress to the journal, and from there to the outputs.
func (l *ledger) commit(ctx context.Context, commits []broker.Commit, results bool) error {
	var e *entry
	err := l.do(ctx, func() (err error) {
		switch {
		case e != nil:
			err = l.settle(e, commits)
		default:
			e, err = l.add(ctx, commits, results)
		}
		if err != nil || e == nil {
			return err
		}
		for _, p := range e.Parts {
			if err := l.complete(ctx, p.Partition); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() != nil {
		l.forget()
		return ctx.Err()
	}
	return err
}

// forget drops the connection of a commit that nobody knows what has become of: whoever comes next finds out.
func (l *ledger) forget() {
	l.watch.Stop() // the run ends, and the watch may have the turn for as long as the server is away
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	l.drop()
}

// add adds a commit to the journal. It returns the entry as soon as that may be in the journal, with an error or not;
// nil where nothing is left to be committed.
func (l *ledger) add(ctx context.Context, commits []broker.Commit, results bool) (*entry, error) {
	e := &entry{Kind: kindCommit, Holder: l.holder}
	var messages [][][]byte
	for _, i := range l.inOrder(commits) {
		c := &commits[i]
		held, ok := l.claims[c.Partition]
		switch {
		case ok:
		case l.job.Shared:
			c.Lost = true
			continue
		default:
			return nil, l.takenOver(c.Partition)
		}
		p := part{Partition: c.Partition, Claim: held.offset}
		var err error
		if p.Progress, err = progress.Marshal(c.Progress); err != nil {
			return nil, err
		}
		if results {
			outputs := l.messagesOf(c, l.endsSession(commits, i))
			for k, q := range l.outputs {
				name := q.stream.Name
				p.Results = append(p.Results, written{name, q.plain, held.next[name], len(outputs[k])})
			}
			messages = append(messages, outputs...)
		}
		e.Parts = append(e.Parts, p)
	}
	if len(e.Parts) == 0 {
		return nil, nil
	}
	if _, err := l.journal.append(ctx, e, pack(messages)); err != nil {
		return e, err
	}
	return e, l.counts(e, commits)
}

// counts finds out which parts of an entry, which is in the journal, count.
func (l *ledger) counts(e *entry, commits []broker.Commit) error {
	for _, p := range e.Parts {
		if l.isIn(e, p.Partition) {
			if c := l.claims[p.Partition]; c != nil { // it may have been taken over since
				c.advance(p.Results)
			}
			continue
		}
		delete(l.claims, p.Partition)
		if !l.job.Shared {
			return l.takenOver(p.Partition)
		}
		i := slices.IndexFunc(commits, func(c broker.Commit) bool { return c.Partition == p.Partition })
		commits[i].Lost = true
	}
	return nil
}

// isIn reports whether the last commit of a partition is this entry.
func (l *ledger) isIn(e *entry, partition int) bool {
	last := l.journal.state.partition(partition).commit
	return last != nil && last.key() == e.key()
}

// settle finds out what has become of an entry whose connection was lost. The new one has claimed the partitions again,
// so that the entry is in the journal by now, or doesn't count when it comes.
func (l *ledger) settle(e *entry, commits []broker.Commit) error {
	if slices.ContainsFunc(e.Parts, func(p part) bool { return l.isIn(e, p.Partition) }) {
		l.connector.logger.Info("the connection was lost during a commit, which was made", "name", l.name)
		return l.counts(e, commits)
	}
	for _, p := range e.Parts {
		if l.claims[p.Partition] == nil && !l.job.Shared {
			return l.takenOver(p.Partition)
		}
	}
	return errNotCommitted
}

// inOrder returns the indices of commits, those that end a session last: where several partitions share an output, the
// mark comes behind the results of all.
func (l *ledger) inOrder(commits []broker.Commit) []int {
	var others, ends []int
	for i := range commits {
		if commits[i].End {
			ends = append(ends, i)
		} else {
			others = append(others, i)
		}
	}
	return append(others, ends...)
}

// endsSession reports whether a commit ends the session of all partitions, which share the outputs: of several that end
// it, the last does.
func (l *ledger) endsSession(commits []broker.Commit, i int) bool {
	c := &commits[i]
	if !c.End {
		return false
	}
	for n := range l.job.Partitions {
		if n == c.Partition {
			continue
		}
		at := slices.IndexFunc(commits, func(other broker.Commit) bool { return other.Partition == n && other.End })
		if at > i {
			return false
		}
		if at >= 0 {
			continue
		}
		p, err := progress.Unmarshal(l.journal.state.partition(n).progress)
		if err != nil || p.Sessions < c.Progress.Sessions {
			return false
		}
	}
	return true
}

// messagesOf returns a commit's results as messages, by output, and behind them the mark where it ends a session.
func (l *ledger) messagesOf(c *broker.Commit, mark bool) [][][]byte {
	outputs := make([][][]byte, len(l.outputs))
	var all []byte
	for i := range c.Results {
		r := &c.Results[i]
		begin := len(all)
		all = amqp1.Append(all, r.Key, r.Time, r.Value)
		outputs[r.Stream] = append(outputs[r.Stream], all[begin:len(all):len(all)])
	}
	for i := range outputs {
		if mark {
			outputs[i] = append(outputs[i], amqp1.Append(nil, nil, noTime, []byte(endmark.Value)))
		}
	}
	return outputs
}

// complete brings the last commit of a partition to the outputs, whoever has made it. Messages that an output has are
// passed over there by their ids, so that it makes no difference who does so, and how often.
func (l *ledger) complete(ctx context.Context, partition int) error {
	p := l.journal.state.partition(partition)
	if p.done {
		return nil
	}
	if len(p.payload) > 0 {
		outputs, err := p.commit.unpack(p.payload, p.part)
		if err != nil {
			return err
		}
		if err := l.toStreams(ctx, partition, p.results(), outputs); err != nil {
			return err
		}
		if err := l.toQueues(ctx, p.results(), outputs); err != nil {
			return err
		}
	}
	p.finish()
	return nil
}

// toStreams brings a commit to those of its outputs that are streams.
func (l *ledger) toStreams(ctx context.Context, partition int, results []written, outputs [][][]byte) error {
	var waiting []*wire.Publisher
	for i, w := range results {
		if w.Count == 0 || w.Queue {
			continue
		}
		publisher, err := l.publish(ctx, partition, w, outputs[i])
		if err != nil {
			return explainWrite(w.Output, l.connector.config, err)
		}
		waiting = append(waiting, publisher)
	}
	for _, publisher := range waiting {
		if err := publisher.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// toQueues brings a commit to those of its outputs that are plain queues.
func (l *ledger) toQueues(ctx context.Context, results []written, outputs [][][]byte) error {
	for i, w := range results {
		if w.Queue && w.Count > 0 {
			if err := l.queues.send(ctx, w.Output, outputs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish sends messages to a stream, and returns the publisher to wait for.
func (l *ledger) publish(ctx context.Context, partition int, w written, messages [][]byte) (*wire.Publisher, error) {
	of := publisherOf{w.Output, partition}
	p := l.publishers[of]
	if p == nil {
		name := l.publisherName(partition)
		last, err := l.journal.conn.Sequence(ctx, w.Output, name)
		if err != nil {
			return nil, err
		}
		if last+1 < w.First {
			l.connector.logger.Warn("the server doesn't know what it has of an output: the stream was deleted and made "+
				"anew, or too many others write to it; results of the last commit may be there twice", "stream", w.Output)
		}
		if p, err = l.journal.conn.Publisher(ctx, w.Output, name); err != nil {
			return nil, err
		}
		l.publishers[of] = p
	}
	return p, p.Send(ctx, w.First, messages)
}

// Save implements broker.Saver, for a sink that keeps no positions.
func (in *input) Save(ctx context.Context, commits []broker.Commit) error {
	for {
		err := in.ledger.commit(ctx, commits, false)
		if !errors.Is(err, broker.ErrAborted) || ctx.Err() != nil {
			return err
		}
		in.connector.logger.Warn("saving positions was interrupted, trying again", "error", err)
	}
}
