package sample

import (
	"context"

	"github.com/leat-go/leat/pipeline/internal/mill"
)

// ReadOne reads samples of all partitions of one stream, as they lie there: the first size elements at least where
// there are as many. Unlike Read it reads what can be read once only, too, and of that no more.
func ReadOne(ctx context.Context, m *mill.Mill, n *mill.Node, size int, options *mill.Options) (_ *Samples, err error) {
	all := newSamples()
	all.size, all.once = max(size, Size), n.Stream.IsReadOnce()
	if all.once {
		all.size = size
	}
	switch {
	case n.Stream.Topic:
		cluster, err := m.Cluster()
		if err == nil {
			err = m.Bind(ctx)
		}
		if err != nil {
			return nil, err
		}
		all.Of[n], err = all.topic(ctx, cluster, n)
		return all, err
	case n.Stream.Stored != nil:
		return all, all.stored(ctx, m, n, options.Logger)
	}
	return all, all.readFiles(ctx, m, []*mill.Node{n}, options)
}

// most returns how many elements at a beginning are read: up to twice the size of a sample, so that beginning and end
// never overlap.
func (all *Samples) most() int {
	if all.once {
		return all.size - 1
	}
	return 2 * all.size
}
