package wire

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// An Offset says where a subscription begins.
type Offset struct {
	kind   uint16
	number uint64
}

// First is the first message that a stream holds.
func First() Offset { return Offset{kind: 1} }

// Last is the first message of the last chunk. In an empty stream it is the first that comes.
func Last() Offset { return Offset{kind: 2} }

// Next is what comes next.
func Next() Offset { return Offset{kind: 3} }

// At is the chunk that holds a message, or where that is gone, the first that is left.
func At(offset int64) Offset { return Offset{kind: 4, number: uint64(offset)} }

// maxCredit is how many chunks may be under way. Chunks have any size, so that fewer are where they are large.
const maxCredit = 10

// A Subscription reads one stream. It is used by one goroutine at a time.
type Subscription struct {
	conn   *Conn
	id     uint8
	stream string
	// ahead is how many bytes are to be under way.
	ahead int
	// granted is how many chunks the server may send that haven't been read here yet, and size how many bytes one had,
	// on average. They belong to the reader.
	granted, size int
	chunks        chan []byte
	// gone is closed when the server has moved the stream.
	gone chan struct{}
	once sync.Once
}

// Subscribe begins to read a stream. About so many bytes as ahead says are under way at a time, and at least a chunk.
func (c *Conn) Subscribe(ctx context.Context, stream string, from Offset, ahead int) (*Subscription, error) {
	s := &Subscription{conn: c, stream: stream, ahead: ahead, granted: 1, chunks: make(chan []byte, maxCredit),
		gone: make(chan struct{})}
	if err := c.addSubscription(s); err != nil {
		return nil, err
	}
	_, err := c.call(ctx, subscribe, fmt.Sprintf("reading the stream %q", stream), func(f *frame) {
		f.uint8(s.id).text(stream).uint16(from.kind)
		if from.kind == At(0).kind {
			f.uint64(from.number)
		}
		f.uint16(uint16(s.granted))
	})
	return s, err
}

// addSubscription gives a subscription an id that no other one has.
func (c *Conn) addSubscription(s *Subscription) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.subscriptions) > math.MaxUint8 {
		return errors.New("a connection has 256 subscriptions at most")
	}
	for c.subscriptions[s.id] != nil {
		s.id++
	}
	c.subscriptions[s.id] = s
	return nil
}

// Close ends the subscription, and leaves the connection open.
func (s *Subscription) Close(ctx context.Context) error {
	_, err := s.conn.call(ctx, unsubscribe, fmt.Sprintf("ending to read the stream %q", s.stream), func(f *frame) {
		f.uint8(s.id)
	})
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	delete(s.conn.subscriptions, s.id)
	return err
}

// emptyAfter is how long a server may take to send what is there. The servers that were looked at send it before they
// answer the next request.
const emptyAfter = 250 * time.Millisecond

// End returns the offset behind the last message of a stream; 0 where it has none.
func (c *Conn) End(ctx context.Context, stream string) (end int64, err error) {
	s, err := c.Subscribe(ctx, stream, Last(), 1)
	if err != nil {
		return 0, err
	}
	waiting, cancel := context.WithTimeout(ctx, emptyAfter)
	defer cancel()
	last, err := s.Read(waiting)
	if waiting.Err() != nil && ctx.Err() == nil {
		err = nil
	}
	if err = errors.Join(err, s.Close(ctx)); err != nil {
		return 0, err
	}
	if last == nil {
		select {
		case raw := <-s.chunks:
			last, err = readChunk(raw)
		default:
			return 0, nil
		}
	}
	if err != nil {
		return 0, err
	}
	return last.Offset + int64(last.Records), nil
}

// delivered hands a chunk to its subscription.
func (c *Conn) delivered(b *body) error {
	id := b.uint8()
	c.mu.Lock()
	s := c.subscriptions[id]
	c.mu.Unlock()
	if s == nil {
		return nil
	}
	select {
	case s.chunks <- b.bytes:
		return nil
	default:
		return errors.New("the server sends more than it was allowed to")
	}
}

// Read returns the next chunk, and waits for it.
func (s *Subscription) Read(ctx context.Context) (*Chunk, error) {
	if err := s.grant(ctx); err != nil {
		return nil, err
	}
	select {
	case raw := <-s.chunks:
		return s.chunk(raw)
	default:
	}
	select {
	case raw := <-s.chunks:
		return s.chunk(raw)
	case <-s.conn.broken:
		return nil, s.conn.Err()
	case <-s.gone:
		return nil, errGone
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// grant lets the server send as many chunks as make the bytes that are to be under way.
func (s *Subscription) grant(ctx context.Context) error {
	more := 1
	if s.size > 0 {
		more = min(max(s.ahead/s.size, 1), maxCredit)
	}
	more -= s.granted
	if more <= 0 {
		return nil
	}
	s.granted += more
	return s.conn.send(ctx, newFrame(credit).uint8(s.id).uint16(uint16(more)))
}

func (s *Subscription) chunk(raw []byte) (*Chunk, error) {
	s.granted--
	s.size = max((3*s.size+len(raw))/4, len(raw)/2)
	return readChunk(raw)
}
