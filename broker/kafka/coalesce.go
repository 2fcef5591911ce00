package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// A coalescer makes one request of what many ask for at the same time. So the partitions of a run, which all begin at
// once, take two requests and not one each. It is safe for concurrent use.
//
// Whoever asks while a request is under way gets the reply to the next one: the one under way may have been answered
// with what was true before.
type coalescer[K comparable, V any] struct {
	// request asks Kafka about keys, each once. The keys that it doesn't return have failed with its error.
	request func(keys []K) (map[K]V, error)

	mu sync.Mutex
	// pending is what the next request asks for, and busy says that one is under way.
	pending map[K]*reply[V]
	busy    bool
}

type reply[V any] struct {
	// done is closed when value and err are set.
	done  chan struct{}
	value V
	err   error
}

// get returns the reply about a key, or ctx's error where that ends before.
func (c *coalescer[K, V]) get(ctx context.Context, key K) (V, error) {
	c.mu.Lock()
	r := c.pending[key]
	if r == nil {
		r = &reply[V]{done: make(chan struct{})}
		if c.pending == nil {
			c.pending = map[K]*reply[V]{}
		}
		c.pending[key] = r
	}
	if !c.busy {
		c.busy = true
		go c.run()
	}
	c.mu.Unlock()
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// run makes requests until nothing is pending any more.
func (c *coalescer[K, V]) run() {
	for {
		c.mu.Lock()
		pending := c.pending
		c.pending, c.busy = nil, len(pending) > 0
		c.mu.Unlock()
		if len(pending) == 0 {
			return
		}
		found, err := c.request(slices.Collect(maps.Keys(pending)))
		if err == nil {
			err = errors.New("the reply lacks what was asked for")
		}
		for key, r := range pending {
			var ok bool
			if r.value, ok = found[key]; !ok {
				r.err = err
			}
			close(r.done)
		}
	}
}
