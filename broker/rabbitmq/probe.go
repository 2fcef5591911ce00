package rabbitmq

import (
	"context"
	"sync"

	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

// A probe is a connection by which somebody asks, while a reader waits on its own, where a stream ends. The zero value has
// none yet. It is safe for concurrent use.
type probe struct {
	mu   sync.Mutex
	conn *wire.Conn
}

// Probe implements broker.Prober.
func (r *reader) Probe(ctx context.Context, next int64) (int64, error) {
	p := &r.probe
	p.mu.Lock()
	defer p.mu.Unlock()
	end, err := p.end(ctx, r.input.connector, r.stream.Name)
	if err != nil {
		_ = p.conn.Close()
		p.conn = nil
		return 0, explainRead(r.stream.Name, r.input.connector.config, err)
	}
	return max(next, end), nil
}

// end returns the offset behind the last message; 0 where there is none. A connection that is there from the last time may
// have been lost since. REQUIRES: mu is held.
func (p *probe) end(ctx context.Context, c *connector, stream string) (end int64, err error) {
	if p.conn != nil {
		if end, err = p.conn.End(ctx, stream); err == nil || ctx.Err() != nil || !isPassing(err) {
			return end, err
		}
		_ = p.conn.Close()
	}
	var sub *wire.Subscription
	if p.conn, sub, err = c.subscribe(ctx, stream, wire.Next(), 1); err != nil { // the node that has the stream
		return 0, err
	}
	if err := sub.Close(ctx); err != nil {
		return 0, err
	}
	return p.conn.End(ctx, stream)
}

func (p *probe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.conn.Close()
	p.conn = nil
}
