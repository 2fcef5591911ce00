package rabbitmq

import (
	"fmt"
	"math"
	"time"
)

// noTime is the time of a message that has none.
var noTime time.Time

// A state is what the journal says when it is read up to an entry. All that read up to there come to the same state:
// the order of the entries alone decides what counts. For example:
//
//	100  claim   by A         from here on A's commits count
//	101  commit  under 100
//	102  claim   by B         from here on B's do
//	103  commit  under 100    counts for nothing: A was frozen, and comes too late
//	104  commit  under 102
type state struct {
	partitions map[int]*partitionState
	// pieces holds those of entries that aren't complete, by run.
	pieces map[string]*pieces
}

// A partitionState is the state of one partition.
type partitionState struct {
	// claim is the offset of the claim that counts, -1 where there is none; run says whose it is, and holder says so to
	// people.
	claim  int64
	run    string
	holder string
	// progress is that of the last commit; nil where there is none.
	progress []byte
	// commit is the last commit's entry, payload its results, and part which of its parts this partition's is.
	commit  *entry
	payload []byte
	part    int
	// begin is the offset of the first message of that entry.
	begin int64
	// done says that the outputs have the last commit.
	done bool
}

// pieces are what has come of an entry.
type pieces struct {
	number  uint64
	begin   int64
	count   int
	payload []byte
}

func newState() *state {
	return &state{partitions: map[int]*partitionState{}, pieces: map[string]*pieces{}}
}

// partition returns the state of a partition.
func (s *state) partition(n int) *partitionState {
	p := s.partitions[n]
	if p == nil {
		p = &partitionState{claim: -1, begin: math.MaxInt64, done: true}
		s.partitions[n] = p
	}
	return p
}

// from returns the offset from which to read the journal to come to this state; -1 where there is nothing to read.
func (s *state) from() int64 {
	from := int64(math.MaxInt64)
	for _, p := range s.partitions {
		if p.commit != nil {
			from = min(from, p.begin)
		} else if p.claim >= 0 {
			from = min(from, p.claim)
		}
	}
	if from == math.MaxInt64 {
		return -1
	}
	return from
}

// apply goes on by a message, and returns the entry that it completes.
func (s *state) apply(offset int64, when time.Time, message []byte) (*entry, error) {
	e, payload, err := readEntry(message)
	if err != nil {
		return nil, fmt.Errorf("the message at offset %d is no entry of the journal: %w", offset, err)
	}
	if e.Kind == kindPiece {
		s.collect(e, offset, payload)
		return e, nil
	}
	begin := offset
	if e.Pieces > 0 {
		before := s.pieces[e.Run]
		delete(s.pieces, e.Run)
		if before == nil || before.number != e.Number || before.count != e.Pieces {
			return e, nil // it is read from its middle on, and a later one counts
		}
		begin, payload = before.begin, append(before.payload, payload...)
	}
	for i := range e.Parts {
		s.partition(e.Parts[i].Partition).apply(e, i, begin, offset, when, payload)
	}
	return e, nil
}

// collect keeps a piece.
func (s *state) collect(e *entry, offset int64, payload []byte) {
	p := s.pieces[e.Run]
	if p == nil || p.number != e.Number {
		p = &pieces{number: e.Number, begin: offset}
		s.pieces[e.Run] = p
	}
	p.count++
	p.payload = append(p.payload, payload...)
}

func (p *partitionState) apply(e *entry, part int, begin, offset int64, when time.Time, payload []byte) {
	under := e.Parts[part].Claim
	// A later claim than the one that is known was made before the part of the journal that is read.
	counts := under >= p.claim
	switch e.Kind {
	case kindClaim:
		// A run claims again what it has, and may not know whether an attempt before has succeeded.
		if under < 0 || counts || e.Run == p.run {
			p.claim, p.run, p.holder = offset, e.Run, fmt.Sprintf("%s at %s", e.Holder, when.Format(time.RFC3339))
		}
	case kindCommit:
		if counts {
			if p.run != e.Run { // what is read may begin behind its claim
				p.holder = e.Holder
			}
			p.claim, p.run, p.progress = under, e.Run, e.Parts[part].Progress
			p.commit, p.part, p.payload, p.begin, p.done = e, part, payload, begin, false
		}
	case kindDone:
		if counts {
			p.finish()
		}
	}
}

// finish notes that the outputs have the last commit.
func (p *partitionState) finish() { p.done, p.payload = true, nil }

// results returns what the last commit adds to the outputs.
func (p *partitionState) results() []written {
	if p.commit == nil {
		return nil
	}
	return p.commit.Parts[p.part].Results
}
