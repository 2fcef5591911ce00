package solo

import "sync"

// Claims is what a run has claimed, by partition: whatever a commit must name. It is safe for concurrent use: tasks claim their
// partitions side by side, maybe while others are committed. The zero value is empty.
type Claims[T any] struct {
	mu  sync.Mutex
	all map[int]T
}

// Has reports whether a partition is claimed.
func (c *Claims[T]) Has(partition int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.all[partition]
	return ok
}

// Of returns what was set for a partition; zero where it isn't claimed.
func (c *Claims[T]) Of(partition int) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[partition]
}

// Set claims a partition, or changes what is known of the claim.
func (c *Claims[T]) Set(partition int, claim T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[int]T{}
	}
	c.all[partition] = claim
}

// Drop forgets a partition, which was taken over.
func (c *Claims[T]) Drop(partition int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, partition)
}
