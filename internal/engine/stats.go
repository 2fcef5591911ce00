package engine

import "sync/atomic"

// Stats counts what a run has done so far, over all its partitions. It may be read while the run goes on; the counts of
// elements are up to date to a few hundred of them, and exact once the run has ended.
type Stats struct {
	// Nodes are in the order of Node.Nodes.
	Nodes []NodeStats
	// Calls counts the calls of the function whose results are committed, those that a policy gave up among them, and
	// Results what was committed, letters among them.
	Calls, Results atomic.Int64
	// Failed counts the calls that a policy gave up.
	Failed atomic.Int64
}

// NodeStats counts the elements of one node. What was read and is neither matched nor skipped is unmatched.
type NodeStats struct {
	Name, Stream string
	// Read counts the elements that the join looked at, Matched those that a call of the function got, and Skipped those
	// that a policy put aside.
	Read, Matched, Skipped atomic.Int64
}

// Unmatched returns how many elements were looked at and had no part in a call.
func (s *NodeStats) Unmatched() int64 { return s.Read.Load() - s.Matched.Load() - s.Skipped.Load() }

func (s *Stats) init(nodes []*Node) {
	s.Nodes = make([]NodeStats, len(nodes))
	for i, n := range nodes {
		s.Nodes[i].Name = n.Name
		s.Nodes[i].Stream = n.Stream.Name
	}
}

// counts are the counts of one node within one task. They are published now and then, since an atomic addition for each
// element would be felt.
type counts struct {
	read, matched, skipped int64
	to                     *NodeStats
}

func (c *counts) publish() {
	c.to.Read.Add(c.read)
	c.to.Matched.Add(c.matched)
	c.to.Skipped.Add(c.skipped)
	c.read, c.matched, c.skipped = 0, 0, 0
}
