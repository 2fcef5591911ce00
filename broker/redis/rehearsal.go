package redis

import (
	"context"
	_ "embed"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
)

//go:embed rehearsal.lua
var rehearsalScript string

// Rehearse implements [broker.Rehearser]: a commit of nothing tells whether the outputs can be written, and the settings of
// the server are looked at.
func (b *Broker) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	c, err := b.newConnector(job)
	if err != nil {
		return nil, -1, err
	}
	o := &output{ledger: newLedger(b, job, c)}
	defer func() { _ = o.Close() }()
	if err := o.declare(b, job); err != nil {
		return nil, -1, err
	}
	if len(job.Outputs) > 0 {
		if err := o.try(ctx); err != nil {
			return nil, -1, err
		}
		if err := o.isFull(ctx); err != nil {
			return nil, -1, err
		}
		weaknesses, err := o.weaknesses(ctx)
		if err != nil {
			return nil, -1, err
		}
		for _, w := range weaknesses {
			advice = append(advice, "redis: the server at "+c.options.Addr+" may lose what it has confirmed, so that results "+
				"are at least once: "+w)
		}
	}
	if err := o.tryPositions(ctx); err != nil {
		return nil, -1, err
	}
	refused, err = broker.FirstRefused(o, results)
	return advice, refused, err
}

// isFull finds out whether the server has no memory left for a commit, and removes nothing for it. Who may not look at that
// isn't told.
func (o *output) isFull(ctx context.Context) error {
	var memory string
	err := o.ready(ctx, func(c *goredis.Client) (err error) {
		memory, err = section(ctx, c, "memory")
		return err
	})
	if err != nil {
		return o.link.explain(err)
	}
	used, err := strconv.ParseInt(value(memory, "used_memory"), 10, 64)
	if most, failed := strconv.ParseInt(value(memory, "maxmemory"), 10, 64); err != nil || failed != nil || most == 0 ||
		used <= most || strings.HasPrefix(value(memory, "maxmemory_policy"), "allkeys-") {
		return nil
	}
	return described("the server at "+o.options.Addr, refusal("OOM it uses more memory than maxmemory"), "")
}

// tryPositions finds out whether positions can be kept.
func (l *ledger) tryPositions(ctx context.Context) error {
	script := goredis.NewScript(rehearsalScript)
	var answer string
	err := l.ready(ctx, func(c *goredis.Client) (err error) {
		answer, err = script.Run(ctx, c, []string{l.key}).Text()
		return err
	})
	switch {
	case err != nil:
		return l.explain(err)
	case answer != "":
		return l.explain(refusal(answer))
	}
	return nil
}

var _ broker.Rehearser = (*Broker)(nil)
