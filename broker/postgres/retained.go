package postgres

import (
	"context"
	"time"

	"github.com/leat-go/leat/broker"
)

// tellPause is the pause between two lines of the log about a slot that holds back much.
const tellPause = time.Minute

// look finds out how much of the server's log the slot holds back, and tells where it is more than the server wants to
// keep. What goes wrong with it is no matter: the next look comes soon.
func (c *changes) look() {
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	s, err := c.connector.connect(ctx)
	if err != nil {
		return
	}
	defer func() { _ = s.close() }()
	found, err := s.findSlot(ctx, c.source())
	if err != nil || found == nil {
		return
	}
	if err := c.dropSnapshot(ctx, s); err != nil {
		c.logger.Warn("the copy of the rows from before the changes can't be dropped", "table", c.snapshotTable(), "error", err)
	}
	c.retained.Store(found.retained)
	c.logEnd.Store(uint64(found.end))
	c.mu.Lock()
	defer c.mu.Unlock()
	if found.status == "reserved" || time.Since(c.told) < tellPause {
		return
	}
	c.told = time.Now()
	about := []any{"stream", c.stream.Name, "slot", c.slot, "bytes", found.retained, "wal_status", found.status}
	if since := c.timeline.since(); !since.IsZero() {
		about = append(about, "oldest", since)
	}
	c.logger.Warn("the slot holds back more of the server's log than max_wal_size: the mill is behind, or needs old changes "+
		"again; where wal_status comes to lost, the changes are", about...)
}

// End implements broker.Lagger. How many changes there are between here and the end of the server's log, nobody knows.
func (r *changeReader) End() int64 { return r.end.Load() }

// Retained implements broker.Retainer.
func (r *changeReader) Retained() (bytes int64, since time.Time) {
	return r.changes.retained.Load(), r.changes.timeline.since()
}

var _ broker.Retainer = (*changeReader)(nil)
