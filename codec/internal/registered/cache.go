package registered

import (
	"maps"
	"sync"
	"sync/atomic"
)

// A Cache remembers what a codec has made of each writer's schema. It is looked into for every record and hardly ever
// written to, so that it is copied for writing: readers take no lock. The zero Cache is empty. It is safe for
// concurrent use.
type Cache[K comparable, V any] struct {
	current atomic.Pointer[map[K]V]
	mu      sync.Mutex // held while current is being replaced
}

// cacheSize bounds a Cache, which is emptied then: its keys come from the data, which may hold anything.
const cacheSize = 10_000

// Get returns the value of a key.
func (c *Cache[K, V]) Get(key K) (v V, ok bool) {
	if m := c.current.Load(); m != nil {
		v, ok = (*m)[key]
	}
	return v, ok
}

// Put sets the value of a key.
func (c *Cache[K, V]) Put(key K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := map[K]V{}
	if m := c.current.Load(); m != nil && len(*m) < cacheSize {
		next = maps.Clone(*m)
	}
	next[key] = v
	c.current.Store(&next)
}
