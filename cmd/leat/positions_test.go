package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPositionsReset shows what is kept, removes it only where that is confirmed, and runs again from the beginning.
func TestPositionsReset(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"orders.jsonl": "{\"id\":1}\n{\"id\":2}\n",
		"shop.yaml": "sqlite: {file: shop.db}\nstreams: {orders: {file: orders.jsonl}, " +
			"kept: {sqlite: {table: kept, columns: {id: INTEGER}}}}\nmaster: orders\noutput: kept\n",
	})
	const none = "sqlite keeps no positions of shop: no run has committed anything\n"
	if status, stdout, stderr := w.call("", "positions", "shop.yaml", "--reset"); status != 0 || stdout != none {
		t.Errorf("before the first run: status %d\n%s%s", status, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "shop.db")); !os.IsNotExist(err) {
		t.Errorf("the look has made a database: %v", err)
	}
	if status, _, stderr := w.call("", "run", "shop.yaml"); status != 0 {
		t.Fatal(stderr)
	}
	status, stdout, stderr := w.call("y\n", "positions", "shop.yaml", "--reset")
	if status != statusWrong || !strings.Contains(stderr, "add --yes") || !strings.Contains(stdout, "kept by sqlite") {
		t.Errorf("without a terminal: status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, _ := w.call("", "positions", "shop.yaml"); status != 0 || stdout == none {
		t.Errorf("they are gone: status %d\n%s", status, stdout)
	}
	if status, _, stderr := w.call("", "positions", "shop.yaml", "--reset", "--yes"); status != 0 ||
		!strings.Contains(stderr, "--reset removes these positions of shop from sqlite") {
		t.Errorf("with --yes: status %d\n%s", status, stderr)
	}
	if status, stdout, _ := w.call("", "positions", "shop.yaml"); status != 0 || stdout != none {
		t.Errorf("they are still there: status %d\n%s", status, stdout)
	}
}

// TestPositionsConfirmed asks whoever sits at a terminal.
func TestPositionsConfirmed(t *testing.T) {
	for answer, status := range map[string]int{"y\n": 0, "YES\n": 0, "\n": statusFailed, "no\n": statusFailed, "": statusFailed} {
		w := newWorkplace(t, map[string]string{
			"orders.jsonl": "{\"id\":1}\n",
			"shop.yaml": "sqlite: {file: shop.db}\nstreams: {orders: {file: orders.jsonl}, " +
				"kept: {sqlite: {table: kept, columns: {id: INTEGER}}}}\nmaster: orders\noutput: kept\n",
		})
		t.Chdir(w.dir)
		var stdout, stderr strings.Builder
		a := &app{stdin: strings.NewReader(answer), stdout: &stdout, stderr: &stderr, asks: true}
		if got := a.main([]string{"run", "shop.yaml"}); got != 0 {
			t.Fatal(stderr.String())
		}
		if got := a.main([]string{"positions", "shop.yaml", "--reset"}); got != status ||
			!strings.Contains(stderr.String(), "Remove them? [y/N] ") {
			t.Errorf("%q: status %d, want %d\n%s", answer, got, status, stderr.String())
		}
	}
}

// TestErrorsLocateRows says by which values a row is found that a run fails at.
func TestErrorsLocateRows(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"orders.jsonl": "{\"id\":1,\"at\":10}\n{\"id\":2,\"at\":30}\n{\"id\":7,\"at\":20}\n",
		"load.yaml": "sqlite: {file: shop.db}\nstreams: {orders: {file: orders.jsonl}, " +
			"kept: {sqlite: {table: kept, columns: {id: INTEGER PRIMARY KEY, at: INTEGER}}}}\nmaster: orders\noutput: kept\n",
		"join.yaml": "sqlite: {file: shop.db}\nstreams: {a: {sqlite: {table: kept}}, b: {sqlite: {table: kept}}, " +
			"out: {file: out.jsonl}}\nmaster: a\njoin: [{left: a, right: b, on: a.at == b.at}]\noutput: out\n",
	})
	if status, _, stderr := w.call("", "run", "load.yaml"); status != 0 {
		t.Fatal(stderr)
	}
	if status, _, stderr := w.call("", "run", "join.yaml"); status != statusFailed || !strings.Contains(stderr, "kept[0] at (7)") {
		t.Errorf("status %d\n%s", status, stderr)
	}
}
