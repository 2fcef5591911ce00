package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// R3a: whatever order the items of the streams come in, after each of them the calls made are exactly those that are
// certain.
func TestCallsAreMadeAsSoonAsTheyAreCertain(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tr := drawTree(r)
		batch := memory.Batch(rapid.IntRange(1, 3).Draw(r, "batch"))
		var order []int
		for i, n := range tr.nodes() {
			order = append(order, slices.Repeat([]int{i}, len(n.items)+1)...)
		}
		order = rapid.Permutation(order).Draw(r, "order")
		var wrong string
		synctest.Test(t, func(t *testing.T) { wrong = feed(t, tr, order, batch) })
		if wrong != "" {
			r.Fatal(wrong)
		}
	})
}

// feed feeds the items of the streams, in the order of their nodes given, and the end mark behind the last of each. It
// returns what is wrong with the calls made.
func feed(t *testing.T, tr *tree, order []int, batch memory.Option) (wrong string) {
	b := tr.storage(batch)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx, tr.spec(b), nil) }()
	defer func() {
		stop()
		<-done
	}()
	nodes, all := tr.nodes(), tr.calls(false, 1)
	coming := make([][]item, len(nodes))
	for i, n := range nodes {
		coming[i], n.items, n.isLive = n.items, nil, true
	}
	for _, i := range order {
		n := nodes[i]
		if n.ended = len(coming[i]) == 0; n.ended {
			must(t, b.End(n.name))
		} else {
			must(t, memory.Append(b, n.name, 0, coming[i][0]))
			n.items, coming[i] = append(n.items, coming[i][0]), coming[i][1:]
		}
		time.Sleep(time.Second)
		tr.foresee(false)
		got, want := outputs(t, b), tr.calls(false, 1)
		if tr.foresee(true); len(got) > len(want) && len(got) <= len(tr.calls(false, 1)) {
			want = all[:len(got)] // it has found out that a stream below has ended
		}
		if !slices.Equal(got, want) {
			return fmt.Sprintf("after %d items of %s, calls differ\n got %q\nwant %q\n%s", len(n.items), n.name, got, want, tr)
		}
	}
	return ""
}

// foresee sets whether the join knows which streams below have ended.
func (t *tree) foresee(knows bool) {
	for _, n := range t.nodes() {
		n.knows = knows
	}
}
