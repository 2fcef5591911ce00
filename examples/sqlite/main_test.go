package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
)

// Each run goes on behind the one before, and leaves one total for each order.
func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	for runs := 1; runs <= 3; runs++ {
		if err := run(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		var n, ids int
		var sum float64
		if err := db.QueryRowContext(context.Background(), "SELECT count(*), count(DISTINCT id), sum(total) FROM totals").
			Scan(&n, &ids, &sum); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if n != 3*runs || ids != n || sum != 7.5*float64(n) {
			t.Errorf("after run %d, there are %d totals of %d orders, %v in all", runs, n, ids, sum)
		}
	}
}
