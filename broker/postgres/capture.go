package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
)

// changes is a stream of changes as one run reads it. One reader reads by the slot itself, and each further one, of a
// node that is elsewhere in the stream, by a temporary copy of it. The slot is never acknowledged further than the
// lowest rewind point of all nodes, so that a copy begins early enough.
type changes struct {
	*relation
	connector *connector
	logger    *slog.Logger
	slot      string
	// publication says whose changes are sent.
	publication string
	tables      []published
	// database and system say whose log it is.
	database, system string
	timeline         *timeline
	// looking is Job.Looking.
	looking bool
	// beat is the pause between two statuses, at most.
	beat time.Duration
	// retained is how many bytes of the log the slot holds back.
	retained atomic.Int64
	// copied is how many rows of a copy come before the changes.
	copied atomic.Int64
	// logEnd is where the server's log ended at the last look; 0 before the first.
	logEnd atomic.Uint64

	mu sync.Mutex
	// holder is the reader that reads by the slot itself; nil where none does.
	holder *changeReader
	// claimed says that a reader of this run has read by the slot, so that whoever reads by it now has taken it over.
	claimed bool
	// left is the server's process of the last link by the slot, once that is closed. It may be there still.
	left string
	// told is when the log was told last that the slot holds back much.
	told time.Time
	// made is the slot's name where it is temporary; empty where it isn't, or wasn't made yet.
	made string
}

func (c *changes) describe() string { return "changes " + c.stream.Name }

// openChanges finds out what a stream of changes is read from, and makes the publication.
func (in *input) openChanges(ctx context.Context, s *session, r *relation) (*changes, error) {
	c := &changes{relation: r, connector: in.connector, logger: in.connector.logger, slot: r.changes.slot,
		publication: r.changes.publication, timeline: newTimeline(), looking: in.looking}
	if c.slot == "" {
		if in.nameErr != nil {
			return nil, in.nameErr
		}
		c.slot = slotName(in.name, r.stream.Name)
	}
	if c.publication == "" {
		c.publication = c.slot
	}
	if err := c.open(ctx, s); err != nil {
		return nil, c.explain(err)
	}
	return c, nil
}

func (c *changes) open(ctx context.Context, s *session) (err error) {
	level, err := s.rows(ctx, `SELECT current_setting('wal_level'), current_database(), setting FROM pg_settings
		WHERE name = 'wal_sender_timeout'`)
	if err != nil {
		return err
	}
	timeout, err := strconv.Atoi(string(level[0][2]))
	if err != nil {
		return err
	}
	c.beat = beat
	if timeout > 0 { // milliseconds
		c.beat = min(beat, time.Duration(timeout)*time.Millisecond/3)
	}
	c.database = string(level[0][1])
	if string(level[0][0]) != "logical" {
		return fmt.Errorf("the server's log doesn't have what changes are read from: wal_level is %s; ALTER SYSTEM SET "+
			"wal_level = logical, and restart the server", level[0][0])
	}
	if c.tables, err = s.publishedTables(ctx, c.relation.changes.tables); err != nil {
		return err
	}
	if c.system, err = c.identify(ctx); err != nil {
		return err
	}
	if c.looking {
		return nil
	}
	if err := c.openPublication(ctx, s); err != nil {
		return err
	}
	found, err := s.awaitSlot(ctx, c.slot)
	if err != nil || found == nil || c.relation.changes.temporary {
		return err
	}
	return c.checkSlot(found)
}

// identify returns the server's system identifier, and finds out whether the user may replicate.
func (c *changes) identify(ctx context.Context) (string, error) {
	link, err := c.connector.replicate(ctx)
	if err != nil {
		return "", err
	}
	defer link.close()
	all, err := link.rows(ctx, "IDENTIFY_SYSTEM")
	if err != nil {
		return "", err
	}
	return string(all[0][0]), nil
}

// equals reports whether a stream is declared as another one.
func (c *changes) equals(r *relation) bool {
	a, b := c.relation.changes, r.changes
	return b != nil && slices.Equal(a.tables, b.tables) && a.slot == b.slot && a.publication == b.publication &&
		a.temporary == b.temporary && a.rows == b.rows && a.snapshot == b.snapshot
}

// resume begins with the rewind points that were kept.
func (c *changes) resume(ctx context.Context, s *session, nodes []*broker.Rewind) error {
	if c.relation.changes.temporary {
		c.logger.Warn("the slot is temporary: the changes between the last run and this one are passed over",
			"stream", c.stream.Name)
		for _, r := range nodes {
			*r = broker.Rewind{Node: r.Node}
		}
		return nil
	}
	found, err := s.awaitSlot(ctx, c.slot)
	switch {
	case err != nil:
	case found == nil:
		err = c.lost("it doesn't exist any more, though positions in it are kept")
	default:
		if err = errors.Join(c.checkSlot(found), c.findSnapshot(ctx, s)); err == nil {
			err = c.timeline.resume(nodes, c.system, found.confirmed, c.copied.Load())
		}
	}
	if err != nil {
		return c.explain(err)
	}
	return nil
}

// reader returns a reader from an offset on.
func (c *changes) reader(ctx context.Context, from int64) (broker.Reader, error) {
	at, err := c.timeline.find(from)
	if err != nil {
		return nil, c.explain(err)
	}
	if !c.relation.changes.temporary {
		if err := c.makeSlot(ctx); err != nil {
			return nil, err
		}
	}
	r := newChangeReader(c, at, from)
	if c.relation.changes.temporary { // its changes are those from now on
		err = r.await(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// slotFor returns the slot that a reader reads by, and makes it where it ends with the link.
func (c *changes) slotFor(ctx context.Context, r *changeReader, l *link) (string, error) {
	temporary, ended := c.relation.changes.temporary, r.own != ""
	own := c.slot[:min(len(c.slot), longestSlot-len(l.pid())-1)] + "_" + l.pid()
	switch {
	case !c.hold(r):
		l.copied = true
		_, err := l.rows(ctx, fmt.Sprintf("SELECT pg_copy_logical_replication_slot(%s, %s, true)", quoted(c.source()),
			quoted(own)))
		return own, err
	case !temporary:
		return c.slot, nil
	case ended:
		return "", c.lost("it was temporary, and has ended with its connection")
	}
	_, err := l.rows(ctx, fmt.Sprintf("CREATE_REPLICATION_SLOT %s TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT",
		identifier(own)))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made = own
	return own, err
}

// source is the slot that copies are made of.
func (c *changes) source() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made != "" {
		return c.made
	}
	return c.slot
}

// hold makes a reader the one that reads by the slot itself, if none does.
func (c *changes) hold(r *changeReader) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holder == nil {
		c.holder = r
	}
	return c.holder == r
}

// release lets go of the slot.
func (c *changes) release(r *changeReader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holder == r {
		c.holder = nil
	}
}

func (c *changes) claim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.claimed = true
}

// leave notes the server's process of a link by the slot that is closed.
func (c *changes) leave(pid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = pid
}

// isClaimed reports whether a reader of this run has read by the slot, and by which of the server's processes last, if
// that link is closed.
func (c *changes) isClaimed() (claimed bool, left string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.claimed, c.left
}
