package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// A gatherer answers what many ask at the same time in one request: whoever asks while one is under way gets the answer of
// the next, never of one that was sent before. So the partitions of a run, which all begin at once, take two requests and
// not one each. It is safe for concurrent use.
type gatherer[K comparable, V any] struct {
	// request asks Kafka about keys, each once. What it doesn't find has failed with its error.
	request func(keys []K) (map[K]V, error)

	mu sync.Mutex
	// asked is what the next request is to ask, and busy says that one is under way.
	asked map[K]*answer[V]
	busy  bool
}

type answer[V any] struct {
	// done is closed when the rest is there.
	done  chan struct{}
	value V
	err   error
}

// ask returns the answer about a key, or ctx's error where that ends before.
func (g *gatherer[K, V]) ask(ctx context.Context, key K) (V, error) {
	g.mu.Lock()
	a := g.asked[key]
	if a == nil {
		a = &answer[V]{done: make(chan struct{})}
		if g.asked == nil {
			g.asked = map[K]*answer[V]{}
		}
		g.asked[key] = a
	}
	if !g.busy {
		g.busy = true
		go g.run()
	}
	g.mu.Unlock()
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// run makes requests until nobody asks any more.
func (g *gatherer[K, V]) run() {
	for {
		g.mu.Lock()
		asked := g.asked
		g.asked, g.busy = nil, len(asked) > 0
		g.mu.Unlock()
		if len(asked) == 0 {
			return
		}
		found, err := g.request(slices.Collect(maps.Keys(asked)))
		if err == nil {
			err = errors.New("the reply lacks what was asked for")
		}
		for key, a := range asked {
			var ok bool
			if a.value, ok = found[key]; !ok {
				a.err = err
			}
			close(a.done)
		}
	}
}
