package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// What waits for a lateness is counted with its bytes, and bounded: whatever the policies say, a run stops at the element
// that is too many.
func TestWaitingIsBounded(t *testing.T) {
	tr := &tree{name: "m", sort: &sorting{lateness: 20}}
	for i := range 100 {
		tr.items = append(tr.items, item{ID: i, Sort: i})
	}
	b := tr.storage()
	tr.fill(t, b)
	spec := tr.spec(b)
	spec.OnDisorder, spec.OnDecode = engine.Policy{Kind: engine.Skip}, engine.Policy{Kind: engine.Skip}
	spec.SetMostWaiting(100)
	err := engine.Run(t.Context(), spec, nil)
	var at *broker.PositionError
	if !errors.As(err, &at) || at.Position.Stream != "m" || at.Position.Offset == 0 ||
		!strings.Contains(err.Error(), "sorted by sort: ") || !strings.Contains(err.Error(), "give a smaller lateness") {
		t.Fatalf("the error is %v", err)
	}

	spec.SetMostWaiting(1 << 20)
	stats := run(t, spec)
	if n := totals(stats)[0]; n.Waiting != 0 || n.WaitingBytes != 0 || n.Read != 100 {
		t.Errorf("at the end: %+v", n)
	}
}
