package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // makes what is read
)

// A run whose next one may repeat results says so in its first line, and so does the plan; others say nothing.
func TestGuaranteeIsTold(t *testing.T) {
	w := newWorkplace(t, map[string]string{"in.jsonl": `{"id": 1}`})
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO orders VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	const table, atLeast = "sqlite: {table: orders}", "at least once"
	for _, c := range []struct{ name, in, out, told string }{
		{"from a table to the screen", table, toScreen, atLeast},
		{"from a table to a table", table, "sqlite: {table: made, columns: {id: INTEGER}}", "exactly once"},
		{"from a table to a file", table, "file: out.jsonl", "all at the end or nothing"},
		{"from a file to the screen, from its beginning each time", fromFile, toScreen, atLeast},
	} {
		t.Run(c.name, func(t *testing.T) {
			top := "sqlite: {file: shop.db}\n"
			if !strings.Contains(c.in+c.out, "sqlite") {
				top = ""
			}
			w.write("p.yaml", top+"name: "+strings.ReplaceAll(c.name, " ", "-")+"\nstreams:\n  orders: {"+c.in+"}\n  results: {"+
				c.out+"}\nmaster: orders\noutput: results\n")
			status, _, stderr := w.call("", "run", "p.yaml")
			isTold := strings.Contains(stderr, `"run starts"`) && strings.Contains(stderr, `"`+c.told)
			if want := c.in == table && c.told == atLeast; status != 0 || isTold != want {
				t.Errorf("status %d, told: %v, want %v; standard error:\n%s", status, isTold, want, stderr)
			}
			if _, plan, _ := w.call("", "plan", "p.yaml"); !strings.Contains(plan, c.told) {
				t.Errorf("the plan doesn't say %s:\n%s", c.told, plan)
			}
		})
	}
}
