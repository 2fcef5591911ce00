package postgres

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
)

// A timeline numbers the changes of a stream, alike for all nodes that read it, and knows how far the server's log is
// needed. A change is the n-th of a transaction, whose commit has a place in the log; nothing of that ever changes, so
// that numbers are counted on from what was kept. It holds a few words for each transaction from the lowest rewind
// point on.
type timeline struct {
	mu sync.Mutex
	// head is the last transaction that isn't above the lowest rewind point. The first of all is at 0, and has no changes.
	head *transaction
	// marks are the transactions of the nodes' rewind points, where looking for the next ones begins.
	marks []*transaction
	// needed is the lowest offset that a run may read again.
	needed int64
	// received is a place in the log up to which all transactions were received by the reader that is ahead of the others,
	// as far as the server had any for it.
	received pgoutput.LSN
}

// A transaction has changes with offsets from first on.
type transaction struct {
	commit pgoutput.LSN
	first  int64
	// last is the highest offset that a reader has returned of it, below first where none was.
	last int64
	// committed is when it was committed.
	committed time.Time
	next      *transaction
}

func newTimeline() *timeline { return &timeline{head: &transaction{last: -1}} }

// A changePosition is a place in a stream of changes that outlasts a run: what Rewind.Position holds, as JSON.
type changePosition struct {
	// Commit is the transaction, and Index the number of the change in it, or that behind its last.
	Commit string `json:"lsn"`
	Index  int64  `json:"index"`
	// Offset, Seen and Accounted are those of the rewind point. They are counted on.
	Offset    int64 `json:"offset"`
	Seen      int64 `json:"seen"`
	Accounted int64 `json:"accounted"`
	// Copied is how many rows of a copy come before the changes, where the position is among them.
	Copied int64 `json:"copied,omitempty"`
	// Committed is when the transaction was committed; it is left out where that isn't known.
	Committed time.Time `json:"committed,omitzero"`
	// System is the server's, whose log this is a place in.
	System string `json:"system"`
}

// at returns the last transaction from a known one on that begins at an offset or before. REQUIRES: mu is held.
func (x *transaction) at(offset int64) *transaction {
	for x.next != nil && x.next.first <= offset {
		x = x.next
	}
	return x
}

// find returns the transaction that an offset is in or behind.
func (t *timeline) find(offset int64) (*transaction, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if offset < t.head.first {
		return nil, fmt.Errorf("offset %d lies before all that is needed again", offset)
	}
	return t.head.at(offset), nil
}

// describe sets Position of the rewind points of the stream's nodes, and forgets what lies before all of them.
func (t *timeline) describe(nodes []*broker.Rewind, system string, copied int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	lowest := 0
	for i, r := range nodes {
		if i == len(t.marks) {
			t.marks = append(t.marks, t.head)
		}
		if r.Offset < t.marks[i].first {
			t.marks[i] = t.head
		}
		x := t.marks[i].at(r.Offset)
		t.marks[i] = x
		p := changePosition{Commit: x.commit.String(), Index: r.Offset - x.first, Offset: r.Offset, Seen: r.Seen,
			Accounted: r.Accounted, Committed: x.committed, System: system}
		if x.commit == 0 {
			p.Copied = copied
		}
		text, err := json.Marshal(p)
		if err != nil {
			return err
		}
		r.Position = string(text)
		if x.first < t.marks[lowest].first {
			lowest = i
		}
	}
	t.head = t.marks[lowest]
	return nil
}

// acknowledge says that these rewind points are kept: what lies before is needed no more. A record that was dealt with
// and is there for its keys only isn't either; otherwise the last change would hold back the server's log until the
// next.
func (t *timeline) acknowledge(nodes []*broker.Rewind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	needed := behind(nodes[0])
	for _, r := range nodes[1:] {
		needed = min(needed, behind(r))
	}
	t.needed = needed
}

// behind returns the first offset whose record hasn't been dealt with.
func behind(r *broker.Rewind) int64 {
	if r.Behind {
		return r.Offset + 1
	}
	return r.Offset
}

// acknowledged returns up to where the server's log isn't needed any more: the commit of the first transaction with a
// change that may be read again, and where there is none, all that was received. So an idle stream holds back nothing.
func (t *timeline) acknowledged() pgoutput.LSN {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.oldest(); x != nil {
		return x.commit
	}
	return t.received
}

// since returns when the oldest change was committed that isn't acknowledged; the zero time where all are.
func (t *timeline) since() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.oldest(); x != nil {
		return x.committed
	}
	return time.Time{}
}

// oldest returns the first transaction with a change that may be read again; nil where there is none. REQUIRES: mu is
// held.
func (t *timeline) oldest() *transaction {
	for x := t.head; x != nil; x = x.next {
		if x.last >= t.needed {
			return x
		}
	}
	return nil
}

// returned says that a reader has returned a row of the copy that comes before all transactions.
func (t *timeline) returned(head *transaction, in *pgoutput.Begin, offset int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	head.last, head.committed = max(head.last, offset), in.Time
}

// isAcknowledged reports whether a change is needed no more.
func (t *timeline) isAcknowledged(offset int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return offset < t.needed
}

// receive says that all transactions up to a place in the log were received. REQUIRES: none of their changes is still to
// be numbered.
func (t *timeline) receive(lsn pgoutput.LSN) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.received = max(t.received, lsn)
}

// number numbers the change with an index in a transaction, and returns the transaction. Before is the one before it
// with changes in the stream, and first the offset of its first change, counted by the reader.
func (t *timeline) number(before *transaction, in *pgoutput.Begin, first, index int64) (*transaction, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x, commit := before, in.Commit
	for x.commit < commit && x.next != nil && x.next.commit <= commit {
		x = x.next
	}
	if x.commit != commit {
		x.next = &transaction{commit: commit, first: first, last: first - 1, next: x.next}
		x = x.next
	}
	x.last, x.committed = max(x.last, x.first+index), in.Time
	if x.next != nil && x.next.first <= x.first+index || x != before && x.first < first {
		return nil, finalError{fmt.Errorf("the transaction at %s has other changes than when the stream was read before: "+
			"the publication or the tables were changed; give the mill another name to begin anew", commit)}
	}
	return x, nil
}

// resume begins with what was kept. Confirmed is the place that the slot begins at: what was committed before it isn't
// sent any more. Copied is how many rows of a copy are there.
func (t *timeline) resume(nodes []*broker.Rewind, system string, confirmed pgoutput.LSN, copied int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := []*transaction{}
	var needed int64
	for i, r := range nodes {
		x, err := resumed(r, system, confirmed, copied)
		if err != nil {
			return fmt.Errorf("node %s: %w", r.Node, err)
		}
		all = append(all, x)
		if i == 0 || behind(r) < needed {
			needed = behind(r)
		}
	}
	slices.SortFunc(all, func(a, b *transaction) int { return cmp.Compare(a.commit, b.commit) })
	last := all[0]
	for _, x := range all[1:] {
		switch {
		case x.commit == last.commit && x.first == last.first:
			continue
		case x.commit == last.commit || x.first < last.first:
			return errors.New("the positions of its nodes don't fit each other; give the mill another name to begin anew")
		}
		last.next, last = x, x
	}
	t.head, t.needed, t.marks = all[0], needed, nil
	return nil
}

// resumed sets a rewind point to what was kept, and returns its transaction.
func resumed(r *broker.Rewind, system string, confirmed pgoutput.LSN, copied int64) (*transaction, error) {
	p, commit, err := readChangePosition(r.Position, system)
	if err != nil {
		return nil, err
	}
	if p.Copied > p.Offset && p.Copied != copied {
		return nil, fmt.Errorf("its position is in the snapshot, of which %d rows are to be read, and the table with them is "+
			"gone; drop the slot, and give the mill another name to begin anew", p.Copied-p.Offset)
	}
	r.Offset, r.Seen, r.Accounted = p.Offset, p.Seen, p.Accounted
	r.NextSession = false
	if r.Behind && commit < confirmed {
		r.Offset, r.Behind = r.Offset+1, false
	}
	return &transaction{commit: commit, first: p.Offset - p.Index, last: p.Offset - p.Index - 1, committed: p.Committed}, nil
}

// readChangePosition reads a position that was kept, and refuses one of another stream or server.
func readChangePosition(text, system string) (p changePosition, commit pgoutput.LSN, err error) {
	if err := json.Unmarshal([]byte(text), &p); err != nil || p.Commit == "" {
		return p, 0, fmt.Errorf("its position %q was kept by another stream; give the changed mill another name", text)
	}
	if p.System != system {
		return p, 0, fmt.Errorf("its position is one in the log of the server with the system identifier %s, and this one "+
			"has %s: it is another server, or one that was restored from a dump; give the mill another name to begin anew",
			p.System, system)
	}
	commit, err = pgoutput.ParseLSN(p.Commit)
	return p, commit, err
}
