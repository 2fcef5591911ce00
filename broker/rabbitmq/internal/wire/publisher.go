package wire

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A Publisher adds messages to one stream. It is used by one goroutine at a time.
type Publisher struct {
	conn   *Conn
	id     uint8
	stream string

	mu sync.Mutex
	// waiting is how many messages aren't confirmed yet.
	waiting int
	err     error
	// changed has room for one signal that something above has changed.
	changed chan struct{}
}

// Publisher declares a publisher. Where it has a name, the server passes over messages whose id isn't above all that
// were published by that name before, on whatever connection, and confirms them. Without a name it passes over none.
func (c *Conn) Publisher(ctx context.Context, stream, name string) (*Publisher, error) {
	p := &Publisher{conn: c, stream: stream, changed: make(chan struct{}, 1)}
	c.mu.Lock()
	if len(c.publishers) > 255 {
		c.mu.Unlock()
		return nil, errors.New("a connection has 256 publishers at most")
	}
	p.id = uint8(len(c.publishers))
	c.publishers[p.id] = p
	c.mu.Unlock()
	_, err := c.call(ctx, declarePublisher, fmt.Sprintf("writing to the stream %q", stream), func(f *frame) {
		f.uint8(p.id).text(name).text(stream)
	})
	return p, err
}

// publisher returns a publisher of the connection; one that nobody uses where there is none.
func (c *Conn) publisher(id uint8) *Publisher {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.publishers[id]; p != nil {
		return p
	}
	return &Publisher{changed: make(chan struct{}, 1)}
}

const (
	publishHeader = frameHeader + 1 + 4
	messageHeader = 8 + 4
)

// MaxMessage returns how many bytes a message may have.
func (c *Conn) MaxMessage() int { return c.MaxFrame - publishHeader - messageHeader }

// Send sends messages, whose ids go up by one from first, in as many frames as it takes. [Publisher.Wait] waits until
// the server has them.
func (p *Publisher) Send(ctx context.Context, first uint64, messages [][]byte) error {
	for len(messages) > 0 {
		f := newFrame(publish).uint8(p.id).uint32(0)
		n := 0
		for n < len(messages) && (n == 0 || len(f.bytes)+messageHeader+len(messages[n]) <= p.conn.MaxFrame) {
			f.uint64(first + uint64(n)).data(messages[n])
			n++
		}
		count := frame{f.bytes[:frameHeader+1]}
		count.uint32(uint32(n))
		p.mu.Lock()
		p.waiting += n
		err := p.err
		p.mu.Unlock()
		if err != nil {
			return err
		}
		if err := p.conn.send(ctx, f); err != nil {
			return err
		}
		first, messages = first+uint64(n), messages[n:]
	}
	return nil
}

// Wait waits until the server has confirmed all that was sent.
func (p *Publisher) Wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		waiting, err := p.waiting, p.err
		p.mu.Unlock()
		if err != nil || waiting <= 0 {
			return err
		}
		select {
		case <-p.changed:
		case <-p.conn.broken:
			return p.conn.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Publisher) confirmed(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting -= n
	p.signal()
}

func (p *Publisher) refused(code Code) {
	p.fail(&Error{fmt.Sprintf("writing to the stream %q", p.stream), code})
}

func (p *Publisher) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	p.signal()
}

func (p *Publisher) signal() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}
