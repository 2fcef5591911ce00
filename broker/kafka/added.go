package kafka

import (
	"context"

	"github.com/leat-go/leat/broker"
)

// An added tells partitions that were added to the topics from those of which nothing was committed yet.
//
// Say that partitions 0 and 1 have ended four sessions, and that partition 2 has no positions. If it was added, it
// must not begin with the first session: 0 and 1 would wait for it. It begins with the fifth, as the run does. If it
// was there from the beginning, and a run was killed before it committed anything of it, it does begin with the
// first. What is added while a run is on begins with the session of that run.
type added struct {
	// from is the number of the first that was added, where it has no positions.
	from int
	// session is the one that they begin with.
	session int64
}

// addedIn finds out from the positions of all partitions which were added. A session ends for all partitions
// together. So where one partition has ended two sessions, each partition that was there has ended one, and a
// partition without positions was added. Before that, the positions say how many partitions there were when they were
// committed.
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

// setAddedSessions gives added partitions the session that they begin with. It stays the same as long as the run lasts.
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

// partitionCountOf returns the number of partitions to commit for a partition that has ended so many sessions.
// REQUIRES: mu is held.
func (ps *positions) partitionCountOf(p int, sessions int64) int {
	kept := &ps.latest[p]
	if kept.partitionCount == 0 || kept.progress.Sessions == 0 && sessions > 0 {
		kept.partitionCount = len(ps.latest)
	}
	return kept.partitionCount
}

// startPolicy returns where a partition without positions begins: where the user says. One that was added begins with
// its first record, since all that it holds came later than the group's begin.
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
