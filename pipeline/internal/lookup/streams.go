package lookup

import (
	"context"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// Streams are the streams of a pipeline, opened for looking things up.
type Streams struct {
	mill    *mill.Mill
	sources map[*mill.Node]source
	// Partitions is how many partitions all streams have.
	Partitions int
}

// Open opens all streams. They must be closed, also after an error.
func Open(ctx context.Context, m *mill.Mill) (*Streams, error) {
	l := &Streams{mill: m, sources: map[*mill.Node]source{}}
	cluster, err := m.Cluster()
	if err != nil {
		return l, err
	}
	for _, n := range m.Master.All() {
		s, err := openSource(ctx, n, cluster)
		if err != nil {
			return l, err
		}
		l.sources[n] = s
		if n == m.Master || s.partitions() < l.Partitions {
			l.Partitions = s.partitions()
		}
	}
	return l, nil
}

// Close closes all streams.
func (l *Streams) Close() {
	for _, s := range l.sources {
		s.close()
	}
}

// lookUp looks a range up at a node.
func (l *Streams) lookUp(
	ctx context.Context, n *mill.Node, keys keyRange, name *expression.Program, partition int,
) (*subtree, error) {
	reader, err := newKeyReader(n, name)
	if err != nil {
		return nil, err
	}
	s, err := keys.slice(ctx, l.sources[n], reader, partition)
	if err != nil {
		return nil, err
	}
	return &subtree{node: n, by: keys.by, slice: s, needed: s.items, elsewhere: -1}, nil
}
