package engine

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
)

func (n *Node) sortsWhole() bool { return n.Sort != nil && n.Sort.Whole }

// checkSorts returns an error for a stream without an end that is to be sorted as a whole.
func (r *run) checkSorts() error {
	bounded, _ := r.input.(broker.Bounded)
	for i, n := range r.nodes {
		if !n.sortsWhole() {
			continue
		}
		ends := false
		if bounded != nil {
			ends, _ = bounded.Bounded(i)
		}
		if !ends {
			return fmt.Errorf("node %s: stream %s is to be sorted %s as a whole, but has no end by itself, as a file has: "+
				"sort it with a lateness", n.Name, n.Stream.Name, n.Sort.Text)
		}
	}
	return nil
}

// A start is where a node begins: its rewind point as it was kept, and as the node has it, which is in ranks where the
// stream is put in order. There last is what was released last before it, and floors are those above it.
type start struct {
	kept, rewind broker.Rewind
	last         release
	floors       []floor
}

// starts returns where the nodes begin. The error says that what is kept doesn't fit the mill, or is damaged.
func (r *run) starts(kept []broker.Rewind) (starts []start, err error) {
	starts = make([]start, len(kept))
	for i, n := range r.nodes {
		if n.Sort == nil {
			starts[i], err = start{kept: kept[i], rewind: kept[i]}, unsorted(kept[i])
		} else {
			starts[i], err = ranked(kept[i])
		}
		if n.Idle != nil && err == nil {
			err = n.Idle.check(kept[i].Idle)
		}
		if err != nil {
			return nil, err
		}
	}
	return starts, nil
}

// closeSorters releases what the sorters of the task hold.
func (t *task) closeSorters() error {
	var failed []error
	for _, n := range t.nodes {
		if n.sorter != nil {
			failed = append(failed, n.sorter.close())
		}
	}
	return errors.Join(failed...)
}
