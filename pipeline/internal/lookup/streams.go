package lookup

import (
	"context"
	"log/slog"

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

// Open opens all streams. The logger is told of storages that are waited for; nil stands for [slog.Default]. They must be
// closed. The mill must be the caller's own.
func Open(ctx context.Context, m *mill.Mill, logger *slog.Logger) (*Streams, error) {
	cluster, err := m.Cluster()
	if err == nil {
		err = m.Bind(ctx)
	}
	if err != nil {
		return nil, err
	}
	s := &Streams{mill: m, sources: map[*mill.Node]source{}}
	for _, n := range m.Master.All() {
		opened, err := openSource(ctx, m, n, cluster, logger)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.sources[n] = opened
		if n == m.Master || opened.partitions() < s.Partitions {
			s.Partitions = opened.partitions()
		}
	}
	return s, nil
}

// Close closes all streams.
func (s *Streams) Close() {
	for _, opened := range s.sources {
		opened.close()
	}
}

// lookUp looks a range up at a node.
func (s *Streams) lookUp(
	ctx context.Context, n *mill.Node, keys keyRange, name *expression.Program, partition int,
) (*subtree, error) {
	reader, err := newKeyReader(n, s.sources[n], name)
	if err != nil {
		return nil, err
	}
	found, err := keys.slice(ctx, s.sources[n], reader, partition)
	if err != nil {
		return nil, err
	}
	return &subtree{node: n, by: keys.by, relation: relationOf(n), slice: found, needed: found.items, elsewhere: -1}, nil
}
