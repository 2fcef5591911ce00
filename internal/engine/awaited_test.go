package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// R3a: who looks at a run that waits is told which element ends the wait. One below that doesn't, and that one does.
func TestSnapshotSaysWhichElementIsAwaited(t *testing.T) {
	const end = "an element after 14, the reach's end"
	for name, c := range map[string]struct {
		edge     tree
		children []item // before the master with key 12
		awaits   string
		below    int // the key of an element that leaves the wait as it is
		enough   int // that of one, of another match key where there is one, that ends it
	}{
		"equal keys":        {edge: tree{}, awaits: "an element after 12", below: 12, enough: 13},
		"equal keys, texts": {edge: tree{kind: "string"}, awaits: "an element after 01000012", below: 12, enough: 13},
		"unique":            {edge: tree{unique: true}, awaits: "an element at or after 12", below: 11, enough: 12},
		"all within":        {edge: tree{lo: -3, hi: 2}, awaits: end, below: 14, enough: 15},
		"all, unequal": {edge: tree{lo: -3, hi: 0, unequal: true}, awaits: "an element at or after 12",
			below: 11, enough: 12},
		"last":       {edge: tree{lo: -3, hi: 0, take: engine.TakeLast}, awaits: "an element after 12", below: 12, enough: 13},
		"last after": {edge: tree{lo: 0, hi: 2, take: engine.TakeLast}, awaits: end, below: 14, enough: 15},
		"last by": {edge: tree{lo: -3, hi: 0, take: engine.TakeLast, by: true},
			awaits: "an element of any match key after 12", below: 12, enough: 13},
		"first":          {edge: tree{lo: -3, hi: 2, take: engine.TakeFirst}, awaits: "a match, or " + end, below: 8, enough: 10},
		"first, none":    {edge: tree{lo: -3, hi: 2, take: engine.TakeFirst}, awaits: "a match, or " + end, below: 8, enough: 15},
		"first, forever": {edge: tree{lo: 0, hi: unbounded, take: engine.TakeFirst}, awaits: "a match", below: 11, enough: 99},
		"first by": {edge: tree{lo: -3, hi: 2, take: engine.TakeFirst, by: true},
			awaits: "a match, or an element of any match key after 14, the reach's end", below: 14, enough: 15},
		"nearest": {edge: tree{lo: -3, hi: 2, take: engine.TakeNearest}, children: keys(0, 11),
			awaits: "a match, or an element at or after 13", below: 11, enough: 13},
		"nearest, at the key": {edge: tree{lo: -3, hi: 2, take: engine.TakeNearest}, children: keys(0, 12),
			awaits: "an element after 12", below: 12, enough: 13},
		"nearest, far before": {edge: tree{lo: -3, hi: 2, take: engine.TakeNearest}, children: keys(0, 9),
			awaits: "a match, or " + end, below: 12 - 3, enough: 15},
		"nearest, none": {edge: tree{lo: -3, hi: 2, take: engine.TakeNearest}, awaits: "a match, or " + end, below: 8, enough: 13},
		"absent":        {edge: tree{lo: -3, hi: 2, need: engine.NeedAbsent}, awaits: "a match, or " + end, below: 8, enough: 15},
		"a comparison":  {edge: tree{kind: "func"}, awaits: "", below: 12, enough: 13},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := pair(nil, nil)
				edge := c.edge
				edge.name = "child"
				if edge.kind == "" {
					edge.kind = "int"
				}
				tr.children[0] = &edge
				b, stats := tr.storage(), &engine.Stats{}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- engine.Run(ctx, tr.spec(b), stats) }()
				child := func(items ...item) {
					must(t, memory.Append(b, "child", 0, items...))
					synctest.Wait()
				}
				child(c.children...)
				must(t, memory.Append(b, "master", 0, item{Down: []int{12}, ByDown: []int{1}}))
				synctest.Wait()
				expectAwaits := func(when, want string, node int) {
					t.Helper()
					if task := stats.Snapshot().Tasks[0]; task.WaitsFor != node || task.Awaits != want {
						t.Errorf("%s the join waits for node %d, %q", when, task.WaitsFor, task.Awaits)
					}
				}
				expectAwaits("at first", c.awaits, 1)
				child(item{ID: 8, Up: c.below, ByUp: 2})
				expectAwaits("still", c.awaits, 1)
				child(item{ID: 9, Up: c.enough, ByUp: 2})
				expectAwaits("then", "", 0)
				stop()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		})
	}
}
