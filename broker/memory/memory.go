// Package memory is a storage of streams in memory, for tests: with partitions, with transactions that hold results and
// positions, and with faults that a test injects.
//
//	streams := memory.New(
//		memory.Stream[Location]("locations", memory.Partitions(4)),
//		memory.Stream[Speed]("speeds", memory.Partitions(4)),
//	)
//	err := memory.Append(streams, "locations", 0, Location{Time: 0}, Location{Time: 10})
//	err = streams.End("locations")
//	... run a mill with leat.Broker(streams) ...
//	speeds, err := memory.Elements[Speed](streams, "speeds", 0)
//
// Streams grow while runs read them, and results may be the input of another mill, end-of-stream marks included. A run
// that is stopped or crashes leaves nothing behind but its commits. Runs of one job name that go on at the same time
// share the partitions among them, as the members of a group do.
//
// Inside a testing/synctest bubble everything that waits is durably blocked, provided that the Broker was made in the
// bubble.
package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
)

// A Broker holds streams in memory. It is a [broker.Source] and a [broker.Sink] whose guarantee is
// [broker.ExactlyOnce]. Make one with [New]; all its methods are safe for concurrent use.
type Broker struct {
	declarations []declaration
	pace         broker.Pace
	batch        int
	timeout      time.Duration

	mu sync.Mutex
	// changed is closed when anything below has changed; nil while nobody waits for it.
	changed  chan struct{}
	logs     map[string]*log
	progress map[taskID]broker.Progress
	groups   map[string]*group
	revoked  map[int]bool
	faults   faults
	// crashed holds the runs that were killed by CrashRead and haven't ended, with the error that all of theirs is.
	crashed map[*broker.Job]error
	commits int
}

// A taskID names a task: the work of a job on one partition.
type taskID struct {
	job       string
	partition int
}

type declaration struct {
	stream     broker.Stream
	partitions int
	gap        int64
}

// An Option is an option of [New]: a stream, or a setting of the whole storage.
type Option func(*Broker)

// New makes a storage of the streams given. Streams of one name share their records, so a stream may be declared once
// for each of the element types that it is read as; then it is enough to give partitions and gaps at one of them.
//
// It panics where two declarations of a stream contradict each other, and where an option is nil.
func New(options ...Option) *Broker {
	b := &Broker{
		pace:     broker.DefaultPace,
		batch:    256,
		logs:     map[string]*log{},
		progress: map[taskID]broker.Progress{},
		groups:   map[string]*group{},
		revoked:  map[int]bool{},
		crashed:  map[*broker.Job]error{},
	}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("memory.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	for _, d := range b.declarations {
		b.declare(d)
	}
	for _, l := range b.logs {
		l.partitions = make([]partition, max(l.declared, 1))
	}
	return b
}

func (b *Broker) declare(d declaration) {
	l := b.logs[d.stream.Name]
	if l == nil {
		l = &log{name: d.stream.Name}
		b.logs[l.name] = l
	}
	if d.partitions > 0 && l.declared > 0 && d.partitions != l.declared {
		panic(fmt.Sprintf("memory.New: stream %q is declared with %d and with %d partitions",
			l.name, l.declared, d.partitions))
	}
	l.declared = max(l.declared, d.partitions)
	l.gap = max(l.gap, d.gap)
}

// Stream declares a stream of elements of type T, or of *T, which is the same. It panics where an option is nil.
func Stream[T any](name string, options ...StreamOption) Option {
	d := declaration{stream: broker.NewStream[T](name)}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("memory.Stream(%q): option %d is nil; leave it out", name, i+1))
		}
		option(&d)
	}
	return func(b *Broker) { b.declarations = append(b.declarations, d) }
}

// Pace sets how often a run commits; without it that is [broker.DefaultPace]. With broker.Pace{Results: 1} every result
// asks for a commit: an Interval of zero means at once, Results or Bytes of zero mean those of broker.DefaultPace.
// It panics where one of them is negative.
func Pace(pace broker.Pace) Option {
	if pace.Interval < 0 || pace.Results < 0 || pace.Bytes < 0 {
		panic(fmt.Sprintf("memory.Pace(%+v): a pace has nothing negative", pace))
	}
	if pace.Results == 0 {
		pace.Results = broker.DefaultPace.Results
	}
	if pace.Bytes == 0 {
		pace.Bytes = broker.DefaultPace.Bytes
	}
	return func(b *Broker) { b.pace = pace }
}

// Batch sets how many records a Read returns at most, 256 without it. It panics where n is less than one.
func Batch(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("memory.Batch(%d): a batch has at least one record", n))
	}
	return func(b *Broker) { b.batch = n }
}

// DataTimeout ends a stream for the session, with [broker.ErrDataTimeout], where a Read has waited for so long and
// nothing has come; without it, and with zero, a Read waits for ever. It panics where d is negative.
func DataTimeout(d time.Duration) Option {
	if d < 0 {
		panic(fmt.Sprintf("memory.DataTimeout(%v): a time can't be negative", d))
	}
	return func(b *Broker) { b.timeout = d }
}

// A StreamOption is an option of [Stream].
type StreamOption func(*declaration)

// Partitions sets the number of a stream's partitions, one without it. It panics where n is less than one.
func Partitions(n int) StreamOption {
	if n < 1 {
		panic(fmt.Sprintf("memory.Partitions(%d): a stream has at least one partition", n))
	}
	return func(d *declaration) { d.partitions = n }
}

// Named gives the stream a name that tells it apart from others of the same element type; see leat.Named. [Stream]
// panics where a stream gets two names.
func Named(as string) StreamOption {
	return func(d *declaration) {
		if d.stream.As != "" && d.stream.As != as {
			panic(fmt.Sprintf("memory.Named(%q): the stream %q is named %q already; leave one out",
				as, d.stream.Name, d.stream.As))
		}
		d.stream.As = as
	}
}

// MaxElement sets how many bytes an element may have, instead of [broker.DefaultMaxElement]. A larger one can't be
// decoded. It panics where bytes isn't above zero.
func MaxElement(bytes int) StreamOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("memory.MaxElement(%d): an element has at least one byte", bytes))
	}
	return func(d *declaration) { d.stream.MaxElement = bytes }
}

// Tombstones has records without a value, which [Broker.AppendRecords] appends, read as elements; see kafka.Tombstones.
// Without it they are passed over.
func Tombstones() StreamOption {
	return func(d *declaration) { d.stream.TakeTombstones() }
}

// Codec sets the codec of the stream's elements, [codec.JSON] without it. It panics where c is nil.
func Codec(c codec.Codec) StreamOption {
	if c == nil {
		panic("memory.Codec: the codec is nil; leave the option out for codec.JSON")
	}
	return func(d *declaration) { d.stream.Codec = c }
}

// Key sets the function that gives each element its record key. It panics where key is nil, and where T isn't the
// stream's element type or a pointer to it.
func Key[T any](key func(T) []byte) StreamOption {
	if key == nil {
		panic("memory.Key: the function is nil; leave the option out for the keys of the master records")
	}
	return func(d *declaration) {
		if want := elements.TypeFor[T](); want != d.stream.Type {
			panic(fmt.Sprintf("memory.Key: the function takes %v, but stream %q holds %v",
				want, d.stream.Name, d.stream.Type))
		}
		from := elements.From[T]()
		d.stream.Key = func(element any) []byte { return key(from(element)) }
	}
}

// Gaps leaves n offsets unused behind every record and mark, as the offsets of other storages have holes. It panics
// where n is negative.
func Gaps(n int) StreamOption {
	if n < 0 {
		panic(fmt.Sprintf("memory.Gaps(%d): a gap can't be negative", n))
	}
	return func(d *declaration) { d.gap = int64(n) }
}

// Streams implements broker.Source and broker.Sink.
func (b *Broker) Streams() []broker.Stream {
	streams := make([]broker.Stream, len(b.declarations))
	for i, d := range b.declarations {
		streams[i] = d.stream
	}
	return streams
}

// Guarantee returns [broker.ExactlyOnce].
func (b *Broker) Guarantee() broker.Guarantee { return broker.ExactlyOnce }

// wake tells all who wait that something has changed. REQUIRES: b.mu is held.
func (b *Broker) wake() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// await calls ready, with b.mu held, until it returns true; between two calls it waits for a change. It returns ctx's
// error when ctx ends first.
func (b *Broker) await(ctx context.Context, ready func() bool) error {
	for {
		changed := b.try(ready)
		if changed == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// try returns nil where ready is true, and what announces the next change otherwise.
func (b *Broker) try(ready func() bool) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ready() {
		return nil
	}
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed
}
