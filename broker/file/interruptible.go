package file

import (
	"bytes"
	"context"
	"io"
)

// An interruptible writer writes to something that may make it wait, such as a pipe, and stops waiting when ctx ends.
// It is not used any more after an error.
type interruptible struct {
	// ctx is that of the commit under way: the compressors between know of none.
	ctx context.Context
	// open is called before the first write: it, too, may wait, for somebody who reads a pipe.
	open func() (io.WriteCloser, error)
	w    io.WriteCloser
}

type written struct {
	w   io.WriteCloser
	n   int
	err error
}

// Write writes a copy of data: the goroutine that waits may be left behind, and data is used again.
func (p *interruptible) Write(data []byte) (int, error) {
	ctx, open, w := p.ctx, p.open, p.w
	data = bytes.Clone(data)
	done := make(chan written)
	go func() {
		var err error
		if w == nil {
			w, err = open()
		}
		n := 0
		if err == nil && ctx.Err() == nil {
			n, err = w.Write(data)
		}
		select {
		case done <- written{w, n, err}:
		case <-ctx.Done():
			if w != nil {
				_ = w.Close() // nobody waits for it any more
			}
		}
	}()
	select {
	case <-ctx.Done():
		p.w = nil
		return 0, ctx.Err()
	case result := <-done:
		p.w = result.w
		return result.n, result.err
	}
}

func (p *interruptible) close() error {
	if p.w == nil {
		return nil
	}
	w := p.w
	p.w = nil
	return w.Close()
}
