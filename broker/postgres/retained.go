package postgres

import (
	"context"
	"errors"
	"fmt"
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

// Backlog implements broker.Backlogger for changes: to read them would move the slot.
func (in *input) Backlog(ctx context.Context, node, _ int, kept *broker.Rewind) (*broker.Backlog, error) {
	c := in.nodes[node].changes
	if c == nil {
		return nil, nil
	}
	s, err := in.connector.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	b, err := c.backlog(ctx, s, kept)
	if err != nil {
		return nil, c.explain(err)
	}
	return b, nil
}

// backlog returns what there is of the server's log behind a rewind point.
func (c *changes) backlog(ctx context.Context, s *session, kept *broker.Rewind) (*broker.Backlog, error) {
	if c.relation.changes.temporary {
		return nil, errors.New("the slot is temporary: it ends with its run, and nothing is held back for the next one")
	}
	found, err := s.findSlot(ctx, c.slot)
	switch {
	case err != nil:
		return nil, err
	case found == nil && kept != nil:
		return nil, c.lost("it doesn't exist any more, though positions in it are kept")
	case found == nil:
		return &broker.Backlog{}, nil
	}
	if err := c.checkSlot(found); err != nil {
		return nil, err
	}
	b := &broker.Backlog{By: "the slot " + c.slot, End: found.end.String(), Retained: found.retained}
	from := found.confirmed
	if kept != nil {
		p, commit, err := readChangePosition(kept.Position, c.system)
		if err != nil {
			return nil, fmt.Errorf("node %s: %w", kept.Node, err)
		}
		b.Through = p.Committed
		from = max(from, commit) // the slot is confirmed further where nothing has come since
	}
	b.From, b.Bytes = from.String(), int64(max(found.end, from)-from)
	return b, nil
}

var (
	_ broker.Retainer   = (*changeReader)(nil)
	_ broker.Backlogger = (*input)(nil)
)
