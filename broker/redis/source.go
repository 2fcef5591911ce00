package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/broker/internal/solo"
	"github.com/leat-go/leat/internal/suggest"
)

// OpenSource implements [broker.Source]. It checks that the streams exist and may be read.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if len(job.Inputs) == 0 {
		return nil, errors.New("redis: the job has no inputs")
	}
	c, err := b.newConnector(job)
	if err != nil {
		return nil, err
	}
	in := &input{ledger: newLedger(b, job, c)}
	l := c.link()
	defer l.close()
	for _, s := range job.Inputs {
		if err := in.open(ctx, b, l, s); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// An input reads for one run.
type input struct {
	solo.Input
	*ledger
	// streams holds what each node reads; nodes that read one stream have one of these.
	streams []*stream
}

// A stream is one as one run reads it.
type stream struct {
	*declared
	numbering *ordered.Numbering
	ordinals  ordinals
}

// open adds the stream of the next node.
func (in *input) open(ctx context.Context, b *Broker, l *link, s broker.Stream) error {
	d, err := b.declared(s)
	if err != nil {
		return err
	}
	for _, other := range in.streams {
		if other.Name == d.Name {
			in.streams = append(in.streams, other)
			return nil
		}
	}
	st := &stream{declared: d, numbering: ordered.NewNumbering(ordered.Origin{By: []string{"id"}, From: d.Name},
		"give it its old name by RENAME")}
	err = l.ready(ctx, func(c *goredis.Client) error { return mayRead(ctx, c, d.Name) })
	switch {
	case isMissing(err):
		return fmt.Errorf("redis: there is no stream %s%s: the first XADD makes it", d.Name, l.similar(ctx, d.Name))
	case err != nil:
		return st.explainRead(err)
	}
	in.streams = append(in.streams, st)
	return nil
}

// isMissing reports whether the server says that a key doesn't exist.
func isMissing(err error) bool {
	var answer goredis.Error
	return errors.As(err, &answer) && strings.Contains(answer.Error(), "no such key")
}

// similar offers a stream whose name is similar, of the first some thousand keys.
func (l *link) similar(ctx context.Context, name string) string {
	var names []string
	_ = l.do(ctx, func(c *goredis.Client) error { // it is only an offer
		var cursor uint64
		for range 10 {
			keys, next, err := c.ScanType(ctx, cursor, "*", 1000, "stream").Result()
			if err != nil {
				return err
			}
			names = append(names, keys...)
			if cursor = next; cursor == 0 {
				break
			}
		}
		return nil
	})
	return suggest.Name(name, names)
}

// Reader implements broker.Input.
func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if node < 0 || node >= len(in.streams) || partition != 0 || from < 0 {
		return nil, fmt.Errorf("redis: there is no reader of node %d, partition %d from offset %d", node, partition, from)
	}
	st := in.streams[node]
	r := &reader{link: in.connector.link(), stream: st, next: from, count: firstCount}
	r.end.Store(-1)
	at, err := boundary(st.numbering.Start(from))
	r.from = at
	return r, err
}

// Close implements broker.Input.
func (in *input) Close() error {
	in.link.close()
	return nil
}

// groups returns the nodes of each stream.
func (in *input) groups() map[*stream][]int {
	groups := map[*stream][]int{}
	for node, st := range in.streams {
		groups[st] = append(groups[st], node)
	}
	return groups
}
