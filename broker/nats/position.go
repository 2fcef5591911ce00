package nats

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
)

// A position says where a rewind point is. Sequences last, but only within the stream that they are of: one that was
// deleted and made again begins anew.
type position struct {
	Stream    string    `json:"stream"`
	Created   time.Time `json:"created"`
	Sequence  int64     `json:"sequence"`
	Seen      int64     `json:"seen"`
	Accounted int64     `json:"accounted"`
}

// Positions implements broker.Positioner.
func (in *input) Positions(_ int, nodes []broker.Rewind) error {
	for i := range nodes {
		s := in.streams[i]
		text, err := json.Marshal(position{s.name, s.created, nodes[i].Offset, nodes[i].Seen, nodes[i].Accounted})
		if err != nil {
			return err
		}
		nodes[i].Position = string(text)
	}
	return nil
}

// Resume implements broker.Positioner.
func (in *input) Resume(ctx context.Context, _ int, nodes []broker.Rewind) error {
	for i := range nodes {
		if err := in.resume(ctx, in.streams[i], &nodes[i]); err != nil {
			return fmt.Errorf("node %s: %w", nodes[i].Node, err)
		}
	}
	return nil
}

// resume finds a rewind point again. Where it is behind a message that was removed meanwhile, it is the next one.
func (in *input) resume(ctx context.Context, s *stream, node *broker.Rewind) error {
	var p position
	if err := json.Unmarshal([]byte(node.Position), &p); err != nil {
		return fmt.Errorf("the position that was kept can't be read: %w", err)
	}
	if p.Stream != s.name {
		return fmt.Errorf("the position was kept for stream %s, and %s is in %s: give the changed mill another name",
			p.Stream, s.stream.Name, s.name)
	}
	if !p.Created.Equal(s.created) {
		return s.recreated(p.Created, s.created)
	}
	node.Offset, node.Seen, node.Accounted = p.Sequence, p.Seen, p.Accounted
	if node.Offset == 0 {
		return nil
	}
	lowest, err := in.lowest(ctx, s.name)
	if err != nil {
		return explain(s.name, err)
	}
	next := uint64(node.Offset)
	if node.Behind && lowest > next {
		next++
		node.Offset, node.Behind = int64(next), false
	}
	if lowest <= next {
		return nil
	}
	if err := s.removed(in.logger, next, lowest); err != nil {
		return &broker.PositionError{Position: broker.Position{Stream: s.stream.Name, Offset: int64(next)}, Err: err}
	}
	node.Offset, node.Behind = int64(lowest), false
	return nil
}

// lowest returns the sequence below which limits or a purge have removed messages. Those that never expire, such as
// positions, are left over below it, and don't count.
func (c *connection) lowest(ctx context.Context, stream string) (uint64, error) {
	for from := uint64(1); ; {
		m, err := c.message(ctx, stream, lookup{NextBySubject: ">", Sequence: from})
		switch {
		case err != nil:
			return 0, err
		case m == nil:
			return c.behindLast(ctx, stream)
		case m.headers().Get(headerTTL) != never:
			return m.Sequence, nil
		}
		from = m.Sequence + 1
	}
}

// behindLast returns the sequence that the next message of a stream gets.
func (c *connection) behindLast(ctx context.Context, stream string) (next uint64, err error) {
	info, err := c.infoUntil(ctx, stream)
	if err != nil {
		return 0, err
	}
	return info.State.LastSeq + 1, nil
}

// removed says what isn't there any more, as an error or as a warning.
func (s *stream) removed(logger *slog.Logger, from, lowest uint64) error {
	if s.skipRemoved {
		logger.Warn("messages were removed before they were read, going on behind them", "subject", s.stream.Name,
			"stream", s.name, "from", from, "to", lowest-1)
		return nil
	}
	return fmt.Errorf("the limits of stream %s, or a purge, have removed the messages from %d to %d before they were "+
		"read; the first that is left is %d. Unless all of those were of other subjects, some of %s are lost: raise the "+
		"limits (max_age, max_msgs, max_bytes), and go on behind them with nats.SkipRemoved, or "+
		"skip_removed: true", s.name, from, lowest-1, lowest,
		s.stream.Name)
}

// isSame finds a stream that was deleted and made again.
func (s *stream) isSame(info *jetstream.StreamInfo) error {
	if info.Created.Equal(s.created) {
		return nil
	}
	return s.recreated(s.created, info.Created)
}

func (s *stream) recreated(before, now time.Time) error {
	return fmt.Errorf("nats: stream %s was made anew at %s: the position is one in that of %s, and means nothing here; "+
		"give the mill another name to begin again", s.name, now.Format(time.RFC3339), before.Format(time.RFC3339))
}
