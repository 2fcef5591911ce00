package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/broker/internal/solo"
)

// Headers of a positions' message, beside those of the server.
const (
	// headerRun is the run that has claimed the partition, and headerHolder the process that it is in.
	headerRun, headerHolder = "Leat-Run", "Leat-Holder"
	// headerWrite tells what has written the message: a claim or a commit. Whose answer is lost finds it by that.
	headerWrite = "Leat-Write"
	// headerJournal is the commit whose results are put aside and not all copied to the outputs yet, and headerCopied
	// how many of them are.
	headerJournal, headerCopied = "Leat-Journal", "Leat-Copied"

	headerExpected = "Nats-Expected-Last-Subject-Sequence"
	headerRollup   = "Nats-Rollup"
	headerTTL      = "Nats-TTL"
	never          = "never"
)

// positionsSubject is what the subjects of positions begin with, and savedSubject where a source keeps them for a sink
// that doesn't: two streams must not have one subject.
const (
	positionsSubject = "leat.positions."
	savedSubject     = "leat.saved."
	savedStream      = "LEAT_POSITIONS"
)

// A ledger keeps the progress of a job's tasks: in the last message of a subject for each partition, in the stream of
// the outputs. That message's sequence is the fence: whoever claims the partition writes a new one, and each commit
// names the sequence that it knows, without which the server refuses it.
type ledger struct {
	*connection
	name    string
	nameErr error
	prefix  string
	shared  bool
	// looking is Job.Looking.
	looking bool
	// run tells this run from others, and holder is what people know it by.
	run, holder string
	// stream is that of the positions; empty until it is known.
	stream string
	// forever says that the server can be told not to remove a message because of its age.
	forever bool
	// claims holds the sequence of the positions' message of what this run has claimed, by partition.
	claims solo.Claims[uint64]
	// alone holds the partitions of the commit at hand that are committed, where they don't fit into one batch.
	alone map[int]bool
	// limit is how many messages a batch may have. A claim and a commit may both learn that it is less.
	limit atomic.Int64
	// preparing is held while the stream of positions is found.
	preparing sync.Mutex
}

func newLedger(b *Broker, job *broker.Job, c *connection) *ledger {
	l := &ledger{connection: c, prefix: savedSubject, shared: job.Shared, looking: job.Looking, run: nuid.Next(),
		alone: map[int]bool{}, holder: solo.Holder()}
	l.limit.Store(maxBatch)
	l.name, l.nameErr = solo.Name("nats", b.name, job)
	return l
}

// subject returns that of a partition's positions.
func (l *ledger) subject(partition int) string {
	return l.prefix + token(l.name) + "." + strconv.Itoa(partition)
}

// ready makes the stream for positions that a source keeps.
func (l *ledger) ready(ctx context.Context) error {
	if l.nameErr != nil {
		return l.nameErr
	}
	l.preparing.Lock()
	defer l.preparing.Unlock()
	if l.stream != "" {
		return nil
	}
	config := jetstream.StreamConfig{Name: savedStream, Subjects: []string{savedSubject + ">"}, AllowRollup: true,
		Description: "positions that Leat keeps for outputs which don't"}
	err := l.askUntil(ctx, func(ctx context.Context) error {
		_, err := l.js.Stream(ctx, savedStream)
		switch {
		case !errors.Is(err, jetstream.ErrStreamNotFound):
		case l.looking:
			return broker.ErrNothingKept
		default:
			_, err = l.js.CreateStream(ctx, config)
		}
		return err
	})
	if errors.Is(err, broker.ErrNothingKept) {
		return err
	}
	if err != nil {
		return explain(savedStream, err)
	}
	l.stream = savedStream
	return nil
}

// A record is what the last message of a partition's positions says.
type record struct {
	sequence    uint64 // zero where there is none
	run, holder string
	write       string
	at          time.Time
	progress    []byte
	journal     string
	copied      int
}

// last returns a partition's record.
func (l *ledger) last(ctx context.Context, partition int) (record, error) {
	return l.lastAt(ctx, l.subject(partition))
}

// lastAt returns the record at a subject.
func (l *ledger) lastAt(ctx context.Context, subject string) (record, error) {
	m, err := l.message(ctx, l.stream, lookup{LastBySubject: subject})
	if err != nil {
		return record{}, l.explain(ctx, err)
	}
	if m == nil {
		return record{}, nil
	}
	h := m.headers()
	copied, err := strconv.Atoi(h.Get(headerCopied))
	if h.Get(headerJournal) != "" && err != nil {
		return record{}, fmt.Errorf("nats: what is kept at %s is damaged: %w", subject, err)
	}
	return record{m.Sequence, h.Get(headerRun), h.Get(headerHolder), h.Get(headerWrite), m.Time, m.Data,
		h.Get(headerJournal), copied}, nil
}

// positions returns a partition's record, by this run, as a message.
func (l *ledger) positions(partition int, expected uint64, r record) *natsgo.Msg {
	return l.recordAt(l.subject(partition), expected, r)
}

// recordAt returns a record as a message that the server refuses if the last one of its subject isn't the one expected.
func (l *ledger) recordAt(subject string, expected uint64, r record) *natsgo.Msg {
	m := natsgo.NewMsg(subject)
	m.Data = r.progress
	m.Header.Set(headerRun, l.run)
	m.Header.Set(headerHolder, l.holder)
	m.Header.Set(headerWrite, r.write)
	m.Header.Set(headerExpected, strconv.FormatUint(expected, 10))
	if r.journal != "" {
		m.Header.Set(headerJournal, r.journal)
		m.Header.Set(headerCopied, strconv.Itoa(r.copied))
	}
	m.Header.Set(headerRollup, "sub") // the server removes the one before
	if l.forever {
		m.Header.Set(headerTTL, never)
	}
	return m
}

// Progress implements broker.Keeper.
func (l *ledger) Progress(ctx context.Context, partition int) (p broker.Progress, err error) {
	if err := l.ready(ctx); err != nil {
		return p, err
	}
	r, err := l.last(ctx, partition)
	if err != nil {
		return p, err
	}
	return l.read(r, partition)
}

func (l *ledger) read(r record, partition int) (broker.Progress, error) {
	p, err := progress.Unmarshal(r.progress)
	if err != nil {
		return p, fmt.Errorf("nats: the positions at %s: %w", l.subject(partition), err)
	}
	return p, nil
}

// Claim implements broker.Claimer: it writes the record again as its own. Where the one before has put results aside,
// it copies the rest of them.
func (l *ledger) Claim(ctx context.Context, partition int) (p broker.Progress, err error) {
	if err := l.ready(ctx); err != nil {
		return p, err
	}
	for {
		before, err := l.last(ctx, partition)
		if err != nil {
			return p, err
		}
		claimed, err := l.claim(ctx, partition, before)
		switch {
		case errors.Is(err, errRefused):
			continue // somebody else has claimed or committed meanwhile
		case err != nil:
			return p, err
		}
		l.claims.Set(partition, claimed.sequence)
		if err := l.finish(ctx, partition, claimed); err != nil {
			return p, err
		}
		return l.read(claimed, partition)
	}
}

// claim writes a record again as that of this run, which makes sure that nothing that expects the one before is written
// later. The error is errRefused where there is another by now.
func (l *ledger) claim(ctx context.Context, partition int, before record) (record, error) {
	r := before
	r.write = nuid.Next()
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		sequence, err := l.write(ctx, l.positions(partition, before.sequence, r))
		switch {
		case err == nil:
			r.sequence, r.run, r.holder = sequence, l.run, l.holder
			return r, nil
		case errors.Is(err, errRefused):
			found, lookErr := l.last(ctx, partition)
			if lookErr == nil && found.write == r.write {
				return found, nil // its answer was lost
			}
			return r, errors.Join(err, lookErr)
		case ctx.Err() != nil:
			return r, ctx.Err()
		case !isPassing(err):
			return r, l.explain(ctx, err)
		}
		if err := l.contact.Pause(ctx, unanswered, err, backoff); err != nil {
			return r, err
		}
	}
}

// takenOver says by whom a partition was taken over.
func (l *ledger) takenOver(partition int, r record) error {
	who := "somebody who has removed them"
	if r.sequence > 0 {
		who = r.holder + " at " + r.at.UTC().Format(time.RFC3339)
	}
	return fmt.Errorf("nats: the positions of %q, partition %d, were claimed by %s: %w", l.name, partition, who,
		broker.ErrTakenOver)
}

// explain says what would mend an error, unless the context has ended.
func (l *ledger) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return explain(strings.TrimSpace(l.stream), err)
}
