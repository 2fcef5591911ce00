package engine_test

import (
	"errors"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// R8, R11: a restart of an as-of join reads again from the oldest element that is the last one of its match key, however
// far the reach goes back, and nothing before it.
func TestRestartReadsAgainWhatIsRetained(t *testing.T) {
	const length, crashAt, matchKeys = 300, 200, 3
	child := &tree{name: "child", kind: "int", lo: -100, take: engine.TakeLast, by: true}
	tr := &tree{name: "master", children: []*tree{child}}
	for i := range length {
		by := i % matchKeys
		tr.items = append(tr.items, item{ID: i, Down: []int{i}, ByDown: []int{by}})
		child.items = append(child.items, item{ID: i, Up: i, ByUp: by})
	}
	b := tr.storage(memory.Batch(1), memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
	tr.fill(t, b)
	must(t, b.FailRead(tr.name, 0, crashAt, errCrash))
	if err := engine.Run(t.Context(), tr.spec(b), nil); !errors.Is(err, errCrash) {
		t.Fatalf("got %v, want the crash", err)
	}
	nodes := b.Progress("test", 0).Nodes
	if master, oldest := nodes[0].Offset, nodes[1].Offset; master < crashAt/2 || master-oldest > matchKeys {
		t.Errorf("the next run begins at master %d and child %d, want them %d apart at most", master, oldest, matchKeys)
	}
	stats := run(t, tr.spec(b))
	if got, want := totals(stats)[1].Read, length-nodes[1].Offset; got > want {
		t.Errorf("the next run has read %d elements, want %d at most", got, want)
	}
	if got, want := len(outputs(t, b)), len(tr.calls(false, 1)); got != want {
		t.Errorf("got %d results, want %d", got, want)
	}
}
