package kafka

import (
	"context"

	"github.com/leat-go/leat/broker"
)

// An added is what is known of partitions without positions once others have some. Those that were added to the topics later
// must not begin with the group's first session, for which all others would wait: they begin with the one that the run is for.
// Those that were there, and of which a run has not committed anything yet, do begin with the first. What is added while a run is
// on begins with the session that is on.
type added struct {
	// from is the number of the first that was added, where it has no positions.
	from int
	// session is the one that they begin with.
	session int64
}

// addedIn finds out of the positions of all partitions which were added. Nobody begins a third session before all partitions
// have ended a first one, and while none has begun a second, each knows how many there were when it ended its first, or, within
// that, when it was committed first.
func addedIn(all []position) *added {
	a := &added{from: len(all)}
	for i := range all {
		switch p := &all[i]; {
		case p.progress.Sessions >= 2:
			a.from = 0
		case p.partitionCount > 0:
			a.from = min(a.from, p.partitionCount)
		}
	}
	a.session = -1
	for i := range all {
		if p := &all[i]; !p.isBlank() || i < a.from {
			if a.session < 0 || p.progress.Sessions < a.session {
				a.session = p.progress.Sessions
			}
		}
	}
	a.session = max(a.session, 0)
	return a
}

// setAddedSessions gives the partitions that were added the session that they begin with, the same for as long as the run lasts.
func (ps *positions) setAddedSessions(ctx context.Context, partitions []int, positions []position) error {
	blank := false
	for i := range positions {
		blank = blank || positions[i].isBlank()
	}
	if !blank {
		return nil
	}
	ps.mu.Lock()
	if ps.added == nil && len(positions) == len(ps.latest) {
		ps.added = addedIn(positions)
	}
	a := ps.added
	ps.mu.Unlock()
	if a == nil {
		_, err := ps.fetch(ctx, ps.all())
		if err != nil {
			return err
		}
		return ps.setAddedSessions(ctx, partitions, positions)
	}
	for i, p := range partitions {
		if p >= a.from && positions[i].isBlank() {
			positions[i].progress.Sessions = a.session
		}
	}
	return nil
}

// startPosition returns the position of a partition that has only where it begins.
func (ps *positions) startPosition(p int, starts map[string]int64, transaction uint64) position {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	sessions := ps.latest[p].progress.Sessions
	return position{
		progress:       broker.Progress{Sessions: sessions},
		partitionCount: ps.partitionCountOf(p, sessions),
		starts:         starts,
		transaction:    transaction,
	}
}

// partitionCountOf returns the partitionCount to commit for a partition that has ended so many sessions. REQUIRES: mu is held.
func (ps *positions) partitionCountOf(p int, sessions int64) int {
	kept := &ps.latest[p]
	if kept.partitionCount == 0 || kept.progress.Sessions == 0 && sessions > 0 {
		kept.partitionCount = len(ps.latest)
	}
	return kept.partitionCount
}

// startPolicy returns where a partition begins that has no positions: as the user says, but where it was added to a group that
// has read others, at its first record, since all that it holds came later.
func (ps *positions) startPolicy(p int) StartPosition {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.wasAdded(p) {
		return StartPosition{}
	}
	return ps.settings.start
}

// wasAdded tells whether a partition was added of which nothing is committed yet. REQUIRES: mu is held.
func (ps *positions) wasAdded(p int) bool {
	return ps.added != nil && p >= ps.added.from && ps.latest[p].isBlank()
}
