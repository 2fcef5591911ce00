// Package brokertest is the conformance suite of storages: it checks that a [broker.Source], a [broker.Sink], or both,
// do what package broker demands. Leat's own storages pass it, and a storage of your own is done when it does:
//
//	func TestConformance(t *testing.T) {
//		brokertest.Run(t, brokertest.Harness{New: func(t testing.TB, setup brokertest.Setup) brokertest.Storage {
//			... make a storage in t.TempDir() that holds setup.Inputs and has setup.Outputs empty outputs ...
//			return brokertest.Storage{Source: b, Sink: b, Visible: ... read an output back ...}
//		}})
//	}
//
// Every check that fails says what the contract demands. What a storage doesn't have, a sink or live streams, isn't
// checked. The folder examples/own-broker has a small storage with its harness.
package brokertest

import (
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
)

// A Harness plugs a storage into the suite.
type Harness struct {
	// New makes a fresh storage for a check. It is called many times; each storage has nothing to do with the others. What
	// goes wrong in it, and in the functions of the Storage, it reports by t.Fatal.
	New func(t testing.TB, setup Setup) Storage
	// Partitions is how many partitions a stream may have; zero means one, for storages without partitions. The suite uses
	// three at most.
	Partitions int
	// OneSession says that a stream is a single session that ends where its content ends, as that of a file does.
	OneSession bool
	// NoMarks says that outputs hold no end-of-stream marks, as database tables don't: Visible then returns one session.
	NoMarks bool
	// Unbounded says that streams have no end at all, as the changes of a database haven't: a session over them ends
	// elsewhere, and leaves no rest to pass over. What New makes of [Session].Ended then only stands for an end.
	Unbounded bool
	// DataTimeouts says that a stream may end by broker.ErrDataTimeout: New heeds Setup.DataTimeout.
	DataTimeouts bool
	// Patience is how long the suite waits for what should come at once; zero means ten seconds.
	Patience time.Duration
}

// An Element is an element of each of the suite's streams. Its Text holds quotes, line ends, characters outside of
// ASCII, and may be long.
type Element struct {
	ID   int64  `json:"id"`
	Text string `json:"text"`
}

// Setup says what a new storage must hold.
type Setup struct {
	// Inputs are the streams to read. The storage must declare them with element type Element, in this order.
	Inputs []Stream
	// Outputs is the number of empty streams to write to. The storage must declare them with element type Element, behind
	// the inputs.
	Outputs int
	// Partitions is the number of partitions of each output.
	Partitions int
	// DataTimeout is how long a Read must wait for a record before it gives the stream up; zero for ever. It is zero
	// unless the harness says DataTimeouts.
	DataTimeout time.Duration
}

// A Stream is what an input holds, by partition. Streams may have different numbers of partitions: OpenSource must
// refuse to open those together.
type Stream []Partition

// A Partition is what a partition holds, by session.
type Partition []Session

// A Session is what lies between two end-of-stream marks.
type Session struct {
	Elements []Element
	// Ended says that an end-of-stream mark comes behind the elements. Only the last session of a partition may lack it.
	Ended bool
}

// A Storage is what [Harness.New] has made. Everything but one of Source and Sink is optional, so far as nothing else
// is said.
type Storage struct {
	// Source and Sink are the storage; nil where it can't be read or written. Most often both are one value.
	Source broker.Source
	Sink   broker.Sink
	// Visible returns what another process would read at this moment in a partition of an output, counted from zero; nil
	// where nothing is there, neither an element nor a mark. It must be there where there is a Sink, and be safe for
	// concurrent use.
	Visible func(output, partition int) Partition
	// Append adds elements, at least one, to the end of an input's partition while it is read. Leave it nil where streams
	// don't grow.
	Append func(input, partition int, elements ...Element)
	// Grow adds elements, at least one, to the end of an input's partition between two runs. Leave it nil where Append does
	// that, too, or streams don't grow.
	Grow func(input, partition int, elements ...Element)
	// AppendLate begins to add elements, at least one, to the end of an input's partition, as a transaction does that is still
	// open: they come before those of each later Append, but can't be read until commit is called. Leave it nil where elements
	// appear in the order in which they were added.
	AppendLate func(input, partition int, elements ...Element) (commit func())
	// Reopen returns the storage as another process finds it, after the first has crashed. Leave it nil where a storage
	// doesn't outlive its process.
	Reopen func() (broker.Source, broker.Sink)
	// AbortCommit makes the next commit fail with an error that wraps broker.ErrAborted. Leave it nil where you can't
	// provoke that.
	AbortCommit func()
	// BlockCommits makes commits wait until release is called, as for a server that doesn't answer. Leave it nil where you
	// can't provoke that.
	BlockCommits func() (release func())
}

// A check tests one demand of the contract.
type check struct {
	name    string
	applies func(f features) bool
	run     func(t testing.TB, h Harness)
}

// features is what a storage has, as found out by looking at one.
type features struct {
	source, sink       bool
	atEnd, keeper      bool
	live, abort, block bool
	claims, positions  bool
	late, grows        bool
	unbounded          bool
	timeout            bool
	partitions         int
}

// Run checks the storage that the harness makes, each demand in a subtest of its own.
func Run(t *testing.T, h Harness) {
	found := h.probe(t)
	for _, c := range checks() {
		if c.applies(found) {
			t.Run(c.name, func(t *testing.T) { c.run(t, h) })
		}
	}
}

func checks() []check {
	var all []check
	all = append(all, readChecks()...)
	all = append(all, waitChecks()...)
	all = append(all, ownChecks()...)
	all = append(all, commitChecks()...)
	all = append(all, endChecks()...)
	all = append(all, fenceChecks()...)
	all = append(all, positionChecks()...)
	all = append(all, appendedChecks()...)
	return append(all, progressChecks()...)
}

// probe makes a storage and looks at what it is.
func (h Harness) probe(t testing.TB) features {
	t.Helper()
	s := h.New(t, Setup{Inputs: []Stream{h.stream(1, 1)}, Outputs: 1, Partitions: 1})
	if s.Source == nil && s.Sink == nil {
		t.Fatal("the harness returns a Storage that is neither a Source nor a Sink")
	}
	f := features{
		source:     s.Source != nil,
		sink:       s.Sink != nil,
		live:       s.Append != nil,
		late:       s.AppendLate != nil,
		grows:      s.Append != nil || s.Grow != nil,
		abort:      s.AbortCommit != nil,
		block:      s.BlockCommits != nil,
		timeout:    h.DataTimeouts,
		unbounded:  h.Unbounded,
		partitions: h.partitions(),
	}
	if f.sink {
		f.atEnd = s.Sink.Guarantee() == broker.AtEnd
		f.keeper = s.Sink.Guarantee() == broker.ExactlyOnce
		if s.Visible == nil {
			t.Fatal("the harness returns a Sink without Visible: the suite can't see what is written")
		}
	}
	h.look(t, s, &f)
	return f
}

// look finds out what the storage has when it is opened.
func (h Harness) look(t testing.TB, s Storage, f *features) {
	t.Helper()
	r := h.rigOf(t, s, Setup{Inputs: []Stream{h.stream(1, 1)}, Outputs: 1, Partitions: 1}, 0)
	if f.source {
		in := r.openSource()
		_, f.positions = in.(broker.Positioner)
		r.close(in)
	}
	if f.sink {
		out, closeAll := r.openSink()
		_, f.claims = out.(broker.Claimer)
		closeAll()
	}
}

func (h Harness) partitions() int { return min(max(h.Partitions, 1), 3) }

func (h Harness) patience() time.Duration {
	if h.Patience == 0 {
		return 10 * time.Second
	}
	return h.Patience
}

func isSource(f features) bool { return f.source }
func isSink(f features) bool   { return f.sink }
