package redis

import (
	"context"
	"encoding/json"
	"math"
	"math/bits"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// This file lets people look things up in the middle of a stream, as broker.Seeker.

// Seek implements broker.Seeker.
func (in *input) Seek(_ context.Context, node, _ int, position string) (int64, error) {
	st := in.streams[node]
	st.ordinals.reset(0, -1)
	return st.numbering.Seek(position)
}

// PositionOf implements broker.Seeker.
func (in *input) PositionOf(node, _ int, offset int64) (string, error) {
	return in.streams[node].numbering.PositionOf(offset)
}

// Before implements broker.Seeker.
func (in *input) Before(ctx context.Context, node, _ int, position string, n int) (found string, err error) {
	err = in.find(node, func(f finder) error {
		found, err = f.stream.numbering.Before(ctx, f, position, n)
		return err
	})
	return found, err
}

// Middle implements broker.Seeker.
func (in *input) Middle(ctx context.Context, node, _ int, from, to string) (found string, err error) {
	err = in.find(node, func(f finder) error {
		found, err = f.stream.numbering.Middle(ctx, f, from, to)
		return err
	})
	return found, err
}

// Count implements broker.Seeker. The server counts what is added, so that the position tells; entries that were removed
// by XDEL count until they are passed. Where it doesn't tell, ids are read.
func (in *input) Count(ctx context.Context, node, _ int, at string, limit int64) (n int64, err error) {
	st := in.streams[node]
	p, err := st.numbering.ReadPosition(at)
	if err != nil {
		return 0, st.explainRead(err)
	}
	var kept position
	if at != "" {
		if err := json.Unmarshal([]byte(at), &kept); err != nil {
			return 0, err
		}
	}
	err = in.find(node, func(f finder) error {
		s, err := f.state(ctx)
		switch {
		case err != nil:
			return err
		case p.At == nil:
			n = s.length
		case s.added >= 0 && kept.Added > 0:
			if n = s.added - kept.Added; !p.After {
				n++
			}
		default:
			n, err = counter(f).Between(ctx, p, ordered.Position{At: ordered.Key{last.String()}})
		}
		return err
	})
	return min(n, limit), err
}

// last is behind all ids.
var last = id{math.MaxUint64, math.MaxUint64}

// find has entries found by a connection of its own.
func (in *input) find(node int, do func(finder) error) error {
	l := in.connector.link()
	defer l.close()
	st := in.streams[node]
	if err := do(finder{l, st}); err != nil {
		return st.explainRead(err)
	}
	return nil
}

// A finder finds the entries of a stream, as ordered.Finder.
type finder struct {
	*link
	stream *stream
}

// state returns what the stream is like.
func (f finder) state(ctx context.Context) (s state, err error) {
	err = f.patiently(ctx, "reading", func(c *goredis.Client) error {
		info, err := c.XInfoStream(ctx, f.stream.Name).Result()
		if err == nil || isMissing(err) {
			s, err = stateOf(info)
		}
		return err
	})
	return s, err
}

// First implements ordered.Finder.
func (f finder) First(ctx context.Context) (ordered.Key, error) {
	return f.key(ctx, 1, func(c *goredis.Client) *goredis.XMessageSliceCmd { return c.XRangeN(ctx, f.stream.Name, "-", "+", 1) })
}

// LastBelow implements ordered.Finder.
func (f finder) LastBelow(ctx context.Context, values ordered.Key) (ordered.Key, error) {
	if len(values) == 0 {
		return f.Nth(ctx, 1, nil)
	}
	return f.Nth(ctx, 1, &ordered.Position{At: values})
}

// Nth implements ordered.Finder.
func (f finder) Nth(ctx context.Context, n int, before *ordered.Position) (ordered.Key, error) {
	below := "+"
	if before != nil {
		at, err := boundary(*before)
		if err != nil || at == (id{}) {
			return nil, err
		}
		below = at.before().String()
	}
	return f.key(ctx, n, func(c *goredis.Client) *goredis.XMessageSliceCmd {
		return c.XRevRangeN(ctx, f.stream.Name, below, "-", int64(n))
	})
}

// Middle implements ordered.Finder.
func (f finder) Middle(_ context.Context, from, to ordered.Position) (p ordered.Position, err error) {
	low, err := boundary(from)
	if err != nil {
		return p, err
	}
	high, err := boundary(to)
	if err != nil || low.after().compare(high) >= 0 {
		return p, err
	}
	return ordered.Position{At: ordered.Key{low.half(high).String()}}, nil
}

// half returns the id half way to a higher one.
func (i id) half(to id) id {
	seq, carry := bits.Add64(i.seq, to.seq, 0)
	ms, carry := bits.Add64(i.ms, to.ms, carry)
	return id{ms>>1 | carry<<63, seq>>1 | ms<<63}
}

// key returns the id of the n-th entry that a command gives; nil where there are fewer.
func (f finder) key(
	ctx context.Context, n int, command func(c *goredis.Client) *goredis.XMessageSliceCmd,
) (key ordered.Key, err error) {
	err = f.patiently(ctx, "reading", func(c *goredis.Client) error {
		found, err := command(c).Result()
		if err == nil && len(found) >= n {
			key = ordered.Key{found[n-1].ID}
		}
		return err
	})
	return key, err
}
