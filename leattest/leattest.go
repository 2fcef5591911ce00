package leattest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// defaultLimit is far more than a test's few elements need, and far less than the patience of who waits for a hung
// test.
const defaultLimit = 10 * time.Second

var errNothingLeft = errors.New("has been run to the end of all that was fed")

// A Broker is the storage of one test: the streams that it feeds, and those that its mills write. It is a
// [broker.Source] and a [broker.Sink] in memory, with transactions. Make one with [New]; it is safe for concurrent use.
type Broker struct {
	t       testing.TB
	memory  *memory.Broker
	streams []*stream
	// partitions is the number that every stream has.
	partitions int
	limit      time.Duration
	// timeout is the data timeout; zero where end-of-stream marks end the streams.
	timeout time.Duration
	// planned says what Crashes has planned to go wrong, empty where a test decides itself.
	planned string

	mu sync.Mutex
	// open says that there may be something behind the last end-of-stream marks.
	open bool
	// ended counts the sessions that the test has closed, and marks the end-of-stream marks of each partition: one more
	// where End has ended a stream before the others.
	ended int64
	marks map[partitionID]int64
	// runs are the runs of mills that are under way.
	runs []*run
	// expected counts the results that Expect has looked at. fed counts what was fed since, and lastFed shows its end.
	expected map[partitionID]int
	fed      int
	lastFed  []string
}

// An Option is an argument of [New]: a stream, or a setting of the whole test. It may be used for several brokers.
type Option func(*plan)

// A plan is what the options of a Broker said.
type plan struct {
	streams    []*stream
	partitions int
	limit      time.Duration
	timeout    time.Duration
}

// add adds a stream, or the elements that it has in another partition of one that is there.
func (p *plan) add(s *stream) {
	p.partitions = max(p.partitions, s.partition+1)
	for _, other := range p.streams {
		if other.merge(s) {
			return
		}
	}
	p.streams = append(p.streams, s)
}

// TimeLimit sets how long a run may take before it fails the test, ten seconds without it. In a testing/synctest bubble
// it is a time of the bubble's clock.
func TimeLimit(d time.Duration) Option {
	return func(p *plan) { p.limit = d }
}

// DataTimeout has the streams that the test feeds end without end-of-stream marks: a run ends them when it has waited
// for d and nothing has come, as with kafka.DataTimeout. The next run goes on there. In a testing/synctest bubble it is
// a time of the bubble's clock.
func DataTimeout(d time.Duration) Option {
	return func(p *plan) { p.timeout = d }
}

// New makes the storage of a test, with the streams and settings given. A stream that can't be declared or filled fails
// the test.
func New(t testing.TB, options ...Option) *Broker {
	t.Helper()
	p := &plan{partitions: 1, limit: defaultLimit}
	for i, option := range options {
		if option == nil {
			t.Fatalf("leattest.New: option %d is nil; leave it out", i+1)
		}
		option(p)
	}
	if err := p.check(); err != nil {
		t.Fatalf("leattest.New: %v", err)
	}
	b := &Broker{t: t, memory: p.storage(), streams: p.streams, partitions: p.partitions, open: true}
	b.limit, b.timeout = p.limit, p.timeout
	b.marks, b.expected = map[partitionID]int64{}, map[partitionID]int{}
	for _, s := range p.streams {
		if err := s.fill(b.memory); err != nil {
			t.Fatalf("leattest.New: %v", err)
		}
	}
	return b
}

func (p *plan) check() error {
	if p.limit <= 0 {
		return fmt.Errorf("leattest.TimeLimit(%v): no run ends in that; give a time above zero", p.limit)
	}
	if p.timeout < 0 {
		return fmt.Errorf("leattest.DataTimeout(%v): a time can't be negative", p.timeout)
	}
	var seen []reading
	names := map[string]string{}
	for _, s := range p.streams {
		if s.mistake != "" {
			return errors.New(s.mistake)
		}
		if s.partition < 0 {
			return fmt.Errorf("leattest.Partition(%d): partitions are numbered from zero", s.partition)
		}
		for _, r := range s.readings {
			if r.typ.Kind() == reflect.Pointer {
				return fmt.Errorf("elements can't be pointers themselves: declare the stream for %v instead of *%v",
					r.typ.Elem(), r.typ)
			}
			if slices.ContainsFunc(seen, r.same) {
				return fmt.Errorf("there are two streams of %s; tell them apart by leattest.Named, "+
					"or give one a leattest.Partition if they are the partitions of one stream", r)
			}
			seen = append(seen, r)
		}
		if other, ok := names[s.name]; ok {
			return fmt.Errorf("the streams of %s and of %s are both called %q; give one another leattest.StreamName",
				other, s, s.name)
		}
		names[s.name] = s.String()
	}
	return nil
}

// storage makes the storage. A task waits while more than one byte is to be committed, so every call that writes has a
// commit of its own: a test sees at once what a call came to, can count commits, and can crash behind each call.
func (p *plan) storage() *memory.Broker {
	options := []memory.Option{memory.Pace(broker.Pace{Results: 1, Bytes: 1}), memory.DataTimeout(p.timeout)}
	for _, s := range p.streams {
		options = append(options, s.declarations(p.partitions)...)
	}
	return memory.New(options...)
}

// Logger returns the logger of the mills that weren't given one by leat.Logger. It writes to the log of the test, which
// go test shows where the test fails; those of [Crashes], which stop again and again, log nothing.
func (b *Broker) Logger() *slog.Logger {
	if b.planned != "" {
		return slog.New(slog.DiscardHandler)
	}
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{ReplaceAttr: withoutTime}))
}

// Streams implements broker.Source and broker.Sink.
func (b *Broker) Streams() []broker.Stream { return b.memory.Streams() }

// OpenSource implements broker.Source.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if err := b.checkSession(job); err != nil {
		return nil, err
	}
	return b.memory.OpenSource(ctx, job)
}

// OpenSink implements broker.Sink.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	return b.memory.OpenSink(ctx, job)
}

// Guarantee returns [broker.ExactlyOnce].
func (b *Broker) Guarantee() broker.Guarantee { return b.memory.Guarantee() }

// String says what was planned to go wrong, for those of [Crashes].
func (b *Broker) String() string {
	if b.planned == "" {
		return "no planned crash"
	}
	return b.planned
}

// checkSession finds a run that would wait for ever, for a session that nobody feeds.
func (b *Broker) checkSession(job *broker.Job) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	fed := slices.ContainsFunc(job.Inputs, func(in broker.Stream) bool {
		return slices.ContainsFunc(b.streams, func(s *stream) bool { return s.input() && s.name == in.Name })
	})
	if b.open || !fed {
		return nil
	}
	for partition := range b.partitions {
		if b.memory.Progress(job.Name, partition).Sessions < b.ended {
			return nil
		}
	}
	return fmt.Errorf("leattest: mill %q %w; feed the next session by leattest.Feed, if only with no elements, "+
		"and run it again",
		job.Name, errNothingLeft)
}
