package wire

import (
	"context"
	"fmt"
)

// Create makes a stream, with the queue's arguments. Where it exists with others, the code is [PreconditionFailed].
func (c *Conn) Create(ctx context.Context, stream string, arguments map[string]string) error {
	_, err := c.call(ctx, create, fmt.Sprintf("making the stream %q", stream), func(f *frame) {
		f.text(stream).properties(arguments)
	})
	return err
}

// Delete removes a stream.
func (c *Conn) Delete(ctx context.Context, stream string) error {
	_, err := c.call(ctx, deleteStream, fmt.Sprintf("deleting the stream %q", stream), func(f *frame) { f.text(stream) })
	return err
}

// Nodes returns the addresses of the nodes that have a stream, the leader first, as they advertise themselves.
func (c *Conn) Nodes(ctx context.Context, stream string) ([]string, error) {
	doing := fmt.Sprintf("looking for the stream %q", stream)
	b, err := c.call(ctx, metadata, doing, func(f *frame) { f.uint32(1).text(stream) })
	if err != nil {
		return nil, err
	}
	addresses := map[uint16]string{}
	for range b.uint32() {
		id, host := b.uint16(), b.text()
		addresses[id] = fmt.Sprintf("%s:%d", host, b.uint32())
		if b.short {
			break
		}
	}
	b.uint32() // one stream
	b.text()
	if code := Code(b.uint16()); code != OK {
		return nil, &Error{doing, code}
	}
	nodes := []string{addresses[b.uint16()]}
	for range b.uint32() {
		if b.short {
			break
		}
		nodes = append(nodes, addresses[b.uint16()])
	}
	return nodes, b.err()
}

// Sequence returns the highest id that a publisher of this name has published to a stream; zero where there is none.
func (c *Conn) Sequence(ctx context.Context, stream, publisher string) (uint64, error) {
	b, err := c.call(ctx, querySequence, fmt.Sprintf("asking what is in the stream %q", stream), func(f *frame) {
		f.text(publisher).text(stream)
	})
	if err != nil {
		return 0, err
	}
	id := b.uint64()
	return id, b.err()
}
