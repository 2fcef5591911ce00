package rabbitmq

import (
	"context"
	"fmt"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/broker/internal/server"
	"github.com/leat-go/leat/broker/internal/solo"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

// A ledger keeps the progress of a job's tasks in the journal, and brings what was committed there to the outputs. It
// is safe for concurrent use.
type ledger struct {
	connector *connector
	job       *broker.Job
	name      string
	nameErr   error
	holder    string
	outputs   []*queue
	queues    *sender // nil where no output is a plain queue
	// watch finds out that the server is away while nothing is written; nil for an input, which reads all the time.
	watch *server.Watch

	// turn has room for the one that works with what is below.
	turn    chan struct{}
	journal *journal
	// publishers holds those of the journal's connection.
	publishers map[publisherOf]*wire.Publisher
	// claims holds what this run has claimed, by partition.
	claims map[int]*claim
}

// publisherOf tells publishers apart. Each partition has its own for each output: the ids of one go up by one.
type publisherOf struct {
	output    string
	partition int
}

// A claim is what this run knows of a partition that it has claimed.
type claim struct {
	// offset is that of the claim in the journal.
	offset int64
	// next holds the id of the next message for each output.
	next map[string]uint64
}

// noteTimeout is how long Close may take to note that all is done.
const noteTimeout = 500 * time.Millisecond

// maxName is how long the name of positions may be: the server takes 255 bytes for what is made of it.
const maxName = 200

func newLedger(b *Broker, job *broker.Job, c *connector) *ledger {
	l := &ledger{connector: c, job: job, holder: solo.Holder(),
		turn: make(chan struct{}, 1), publishers: map[publisherOf]*wire.Publisher{}, claims: map[int]*claim{}}
	l.name, l.nameErr = solo.Name("rabbitmq", b.name, job)
	if len(l.name) > maxName {
		l.nameErr = fmt.Errorf("rabbitmq: the name that positions are kept under has %d bytes; it may have %d: give a "+
			"shorter one by rabbitmq.Name", len(l.name), maxName)
	}
	l.journal = newJournal(c, l.name)
	l.journal.looking = job.Looking
	return l
}

// do lets f work with the journal, and again by a new connection where that is lost meanwhile.
func (l *ledger) do(ctx context.Context, f func() error) error {
	if l.nameErr != nil {
		return l.nameErr
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return l.connector.again(ctx, func() error {
		err := l.connect(ctx)
		if err == nil {
			err = f()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if isPassing(err) {
			l.drop()
		}
		return err
	})
}

// connect opens the journal where it isn't, and claims again what this run had: then nothing that the connection before
// has sent can count later.
func (l *ledger) connect(ctx context.Context) error {
	if l.journal.isOpen() {
		return nil
	}
	l.drop()
	if err := l.journal.open(ctx); err != nil {
		return err
	}
	for p, c := range l.claims {
		at, err := l.journal.append(ctx, l.claimEntry(p, c.offset), nil)
		if err != nil {
			l.drop()
			return err
		}
		state := l.journal.state.partition(p)
		if state.claim != at {
			delete(l.claims, p)
			continue
		}
		c.offset = at
		c.advance(state.results())
	}
	return nil
}

// advance sets the next ids behind those that were given.
func (c *claim) advance(results []written) {
	for _, w := range results {
		c.next[w.Output] = max(c.next[w.Output], w.First+uint64(w.Count))
	}
}

func (l *ledger) claimEntry(partition int, under int64) *entry {
	return &entry{Kind: kindClaim, Holder: l.holder, Parts: []part{{Partition: partition, Claim: under}}}
}

// drop ends the connection.
func (l *ledger) drop() {
	l.journal.drop()
	clear(l.publishers)
}

// Progress implements broker.Keeper. It looks at the journal's end.
func (l *ledger) Progress(ctx context.Context, partition int) (p broker.Progress, err error) {
	err = l.do(ctx, func() error {
		if err := l.look(ctx); err != nil {
			return err
		}
		p, err = progress.Unmarshal(l.journal.state.partition(partition).progress)
		return err
	})
	return p, err
}

// look reads the journal up to its end, and brings what was committed to the outputs.
func (l *ledger) look(ctx context.Context) error {
	if _, err := l.journal.append(ctx, &entry{Kind: kindLook}, nil); err != nil {
		return err
	}
	if l.job.Looking {
		return nil // the next run does that
	}
	for p := range l.journal.state.partitions {
		if err := l.complete(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// LowestSession implements broker.SessionKeeper.
func (l *ledger) LowestSession(ctx context.Context) (lowest int64, err error) {
	err = l.do(ctx, func() error {
		if err := l.look(ctx); err != nil {
			return err
		}
		for n := range max(1, l.job.Partitions) {
			p, err := progress.Unmarshal(l.journal.state.partition(n).progress)
			if err != nil {
				return err
			}
			if n == 0 || p.Sessions < lowest {
				lowest = p.Sessions
			}
		}
		return nil
	})
	return lowest, err
}

// Claim implements broker.Claimer.
func (l *ledger) Claim(ctx context.Context, partition int) (p broker.Progress, err error) {
	err = l.do(ctx, func() error {
		at, err := l.journal.append(ctx, l.claimEntry(partition, -1), nil)
		if err != nil {
			return err
		}
		if err := l.complete(ctx, partition); err != nil {
			return err
		}
		state := l.journal.state.partition(partition)
		c := &claim{offset: at, next: map[string]uint64{}}
		if err := l.number(ctx, partition, c); err != nil {
			return err
		}
		c.advance(state.results())
		l.claims[partition] = c
		p, err = progress.Unmarshal(state.progress)
		return err
	})
	return p, err
}

// number finds out the ids of the next messages: above all that the server has.
func (l *ledger) number(ctx context.Context, partition int, c *claim) error {
	for _, q := range l.outputs {
		if q.plain {
			continue
		}
		last, err := l.journal.conn.Sequence(ctx, q.stream.Name, l.publisherName(partition))
		if err != nil {
			return explainWrite(q.stream.Name, l.connector.config, err)
		}
		c.next[q.stream.Name] = last + 1
	}
	return nil
}

func (l *ledger) publisherName(partition int) string {
	return fmt.Sprintf("leat.%s.%d", l.name, partition)
}

// takenOver says by whom a partition was taken over.
func (l *ledger) takenOver(partition int) error {
	who := "nobody that is known any more"
	if l.journal.state != nil {
		who = l.journal.state.partition(partition).holder
	}
	return fmt.Errorf("rabbitmq: the positions of %q, partition %d, were claimed by %s: %w", l.name, partition, who,
		broker.ErrTakenOver)
}

// close ends the connections.
func (l *ledger) close() error {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	l.noteDone()
	l.drop()
	return l.queues.close()
}

// noteDone notes that queues have the last commits, so that the next run doesn't send them again. Streams need no such
// note.
func (l *ledger) noteDone() {
	if l.queues == nil || !l.journal.isOpen() {
		return
	}
	e := &entry{Kind: kindDone}
	for n, c := range l.claims {
		if p := l.journal.state.partition(n); p.commit != nil && p.done && p.claim == c.offset {
			e.Parts = append(e.Parts, part{Partition: n, Claim: c.offset})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), noteTimeout)
	defer cancel()
	if _, err := l.journal.append(ctx, e, nil); err != nil {
		l.connector.logger.Warn("the end of the last commit couldn't be noted: the next run sends it to the queues again",
			"error", err)
	}
}
