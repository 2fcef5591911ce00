package redis

import (
	"context"
	"encoding/json"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
)

// A position is where a stream is read on: what Rewind.Position holds, as JSON.
type position struct {
	ordered.Position
	// Added counts the entries that were ever added up to that at At, which is one of them; zero where it isn't known.
	Added int64 `json:"added,omitempty"`
}

// Positions implements broker.Positioner.
func (in *input) Positions(_ int, nodes []broker.Rewind) error {
	for st, members := range in.groups() {
		all := make([]*broker.Rewind, len(members))
		lowest := nodes[members[0]].Offset
		for i, node := range members {
			all[i] = &nodes[node]
			lowest = min(lowest, all[i].Offset)
		}
		if err := st.numbering.Describe(all, nil); err != nil {
			return err
		}
		for _, r := range all {
			if err := st.count(r); err != nil {
				return err
			}
		}
		st.ordinals.forget(lowest)
	}
	return nil
}

// count adds to a position how many entries were added up to it.
func (st *stream) count(r *broker.Rewind) error {
	added := st.ordinals.addedBefore(r.Offset)
	var p position
	if err := json.Unmarshal([]byte(r.Position), &p); err != nil || p.At == nil || added < 0 {
		return err
	}
	p.Added = added
	if !p.After {
		p.Added++
	}
	text, err := json.Marshal(p)
	r.Position = string(text)
	return err
}

// Locate implements broker.Locator.
func (in *input) Locate(node, _ int, offset int64) string {
	return in.streams[node].numbering.Locate(offset)
}

// Resume implements broker.Positioner. A session that ended before a node had reached its mark is passed over by
// reading.
func (in *input) Resume(ctx context.Context, _ int, nodes []broker.Rewind) (err error) {
	l := in.connector.link()
	defer l.close()
	for st, members := range in.groups() {
		all := make([]ordered.Resumed, len(members))
		toPass := make([]bool, len(members))
		for i, node := range members {
			all[i], err = st.numbering.Read(&nodes[node])
			if err != nil {
				return fmt.Errorf("redis: %w", err)
			}
			toPass[i] = nodes[node].NextSession
		}
		if err := st.numbering.Resume(ctx, counter{l, st}, all); err != nil {
			return st.explainRead(err)
		}
		for i, node := range members {
			nodes[node].NextSession = toPass[i]
		}
		if err := st.recount(all); err != nil {
			return err
		}
	}
	return nil
}

// recount takes up what the lowest rewind point knows of how many entries were added.
func (st *stream) recount(all []ordered.Resumed) error {
	st.ordinals.reset(0, -1)
	for i := range all {
		var p position
		if err := json.Unmarshal([]byte(all[i].Rewind.Position), &p); err != nil {
			return err
		}
		if p.Added == 0 {
			continue
		}
		added := p.Added
		if !p.After {
			added--
		}
		if before := st.ordinals.addedBefore(all[i].Rewind.Offset); before < 0 {
			st.ordinals.reset(all[i].Rewind.Offset, added)
		}
	}
	return nil
}

// A counter implements ordered.Counter by reading ids: as many as are read again in any case.
type counter struct {
	*link
	stream *stream
}

// Exists implements ordered.Counter.
func (c counter) Exists(ctx context.Context, k ordered.Key) (exists bool, err error) {
	err = c.patiently(ctx, "reading", func(client *goredis.Client) error {
		found, err := client.XRangeN(ctx, c.stream.Name, k[0], k[0], 1).Result()
		exists = len(found) > 0
		return err
	})
	return exists, err
}

// Between implements ordered.Counter.
func (c counter) Between(ctx context.Context, from, to ordered.Position) (n int64, err error) {
	begin, err := boundary(from)
	if err != nil {
		return 0, err
	}
	end, err := boundary(to)
	if err != nil || begin.compare(end) >= 0 {
		return 0, err
	}
	for {
		var found []goredis.XMessage
		err := c.patiently(ctx, "reading", func(client *goredis.Client) (err error) {
			found, err = client.XRangeN(ctx, c.stream.Name, begin.String(), end.before().String(), firstCount).Result()
			return err
		})
		if err != nil || len(found) == 0 {
			return n, err
		}
		n += int64(len(found))
		last, err := readID(found[len(found)-1].ID)
		if err != nil {
			return 0, err
		}
		begin = last.after()
	}
}

// boundary returns the lowest id that is at a position or behind it.
func boundary(p ordered.Position) (id, error) {
	if p.At == nil {
		return id{}, nil
	}
	at, err := readID(p.At[0])
	if err == nil && p.After {
		at = at.after()
	}
	return at, err
}
