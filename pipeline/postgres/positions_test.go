package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
)

const followed = `
streams:
  orders: {postgres: {table: orders, order: id, follow: true, data_timeout: 2s}}
  items:  {postgres: {table: items, follow: true, data_timeout: 2s}}
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
	w.Positions(followed, "(6)")
}

// TestPositionsThatAreHeld leaves the positions of a run alone that is under way.
func TestPositionsThatAreHeld(t *testing.T) {
	w := newWorkplace(t)
	w.fill("3")
	p := w.Load(strings.ReplaceAll(followed, ", data_timeout: 2s", ""))
	ctx, cancel := context.WithCancel(t.Context())
	var monitor pipeline.Monitor
	ended := make(chan error, 1)
	go func() {
		options := storagetest.Quiet()
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
	if err := p.ResetPositions(t.Context(), storagetest.Quiet()); !errors.Is(err, broker.ErrHeld) {
		t.Errorf("error %v, want that a run is under way", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := p.ResetPositions(t.Context(), storagetest.Quiet()); err != nil {
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
	w := &storagetest.Workplace{TB: t, Dir: "."}
	w.Write("a.jsonl", "")
	_, err = p.Positions(t.Context(), storagetest.Quiet())
	if err == nil || !strings.Contains(err.Error(), "p.yaml:1:21: no positions are kept") {
		t.Errorf("error %v", err)
	}
}

// TestPositionsOfRestartedTable tells of rows that aren't read, since ids begin anew, and refuses positions of another type.
func TestPositionsOfRestartedTable(t *testing.T) {
	w := newWorkplace(t)
	w.fill("6")
	w.Restarted("ALTER TABLE orders ALTER COLUMN id TYPE text")
}

// TestFollowedTableIsTruncated tells of it while the run goes on.
func TestFollowedTableIsTruncated(t *testing.T) {
	w := newWorkplace(t)
	w.fill("6")
	p := w.Load(strings.ReplaceAll(followed, ", data_timeout: 2s", ""))
	ctx, cancel := context.WithCancel(t.Context())
	log := &listener{about: "last=", end: cancel} // and not of the server's settings
	ended := make(chan error, 1)
	go func() {
		ended <- p.Run(ctx, pipeline.Options{Logger: slog.New(slog.NewTextHandler(log,
			&slog.HandlerOptions{Level: slog.LevelWarn}))})
	}()
	for w.exec("SELECT count(*) FROM joined") != "3\n" { // the next one may have more items
		select {
		case err := <-ended:
			t.Fatal(err)
		default:
		}
	}
	w.exec("TRUNCATE orders; INSERT INTO orders VALUES (1, 100)")
	if err := <-ended; !errors.Is(err, context.Canceled) || !strings.Contains(log.String(), "position=(6) last=(1)") {
		t.Errorf("error %v, and the log is\n%s", err, log)
	}
}
