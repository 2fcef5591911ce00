package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline"
)

const followed = `
streams:
  orders: {postgres: {table: orders, order: id, follow: true, data_timeout: 300ms}}
  items:  {postgres: {table: items, follow: true, data_timeout: 300ms}}
  joined: {postgres: {table: joined}}
master: orders
join: [{left: orders, right: items, on: orders.placed == items.placed}]
output: joined
emit: {id: orders.id}
`

// TestPositions shows what is kept, tells how far the pipeline is behind, and begins anew once that is removed.
func TestPositions(t *testing.T) {
	w := newWorkplace(t)
	w.fill("6")
	p := w.load(followed)
	positions := func() string {
		t.Helper()
		positions, err := p.Positions(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		return positions.String()
	}
	if got, want := positions(), "postgres keeps no positions of shop: no run has committed anything\n"; got != want {
		t.Errorf("before the first run:\n%swant\n%s", got, want)
	}
	w.run(p)
	if got := positions(); !strings.Contains(got, "positions of shop, kept by postgres") ||
		!strings.Contains(got, "orders  at (6)") {
		t.Errorf("behind the first run:\n%s", got)
	}
	w.exec("INSERT INTO orders VALUES (7, 70), (8, 80)")
	lag, err := p.Lag(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if s := lag.Streams[0]; s.Name != "orders" || !s.Begun || s.Behind != 3 || s.Key == nil {
		t.Errorf("the lag is\n%v", lag)
	}
	if err := p.ResetPositions(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	w.run(p)
	if got := w.exec("SELECT count(*), count(DISTINCT id) FROM joined"); got != "8 4\n" {
		t.Errorf("after the reset there are %s results", got)
	}
}

// TestPositionsThatAreHeld leaves the positions of a run alone that is under way.
func TestPositionsThatAreHeld(t *testing.T) {
	w := newWorkplace(t)
	w.fill("3")
	p := w.load(strings.ReplaceAll(followed, ", data_timeout: 300ms", ""))
	ctx, cancel := context.WithCancel(t.Context())
	var monitor pipeline.Monitor
	ended := make(chan error, 1)
	go func() {
		options := quiet()
		options.Monitor = &monitor
		ended <- p.Run(ctx, options)
	}()
	for w.exec("SELECT count(*) FROM joined") == "0\n" {
		select {
		case err := <-ended:
			t.Fatal(err)
		default:
		}
	}
	if err := p.ResetPositions(t.Context(), quiet()); !errors.Is(err, broker.ErrHeld) {
		t.Errorf("error %v, want that a run is under way", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := p.ResetPositions(t.Context(), quiet()); err != nil {
		t.Error(err)
	}
}

// TestPositionsThatNobodyKeeps says so.
func TestPositionsThatNobodyKeeps(t *testing.T) {
	p, err := pipeline.Parse("p.yaml", []byte("streams: {a: {file: a.jsonl}, b: {file: b.jsonl}}\nmaster: a\noutput: b\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	w := &workplace{TB: t, dir: "."}
	w.write("a.jsonl", "")
	_, err = p.Positions(t.Context(), quiet())
	if err == nil || !strings.Contains(err.Error(), "p.yaml:1:21: no positions are kept") {
		t.Errorf("error %v", err)
	}
}
