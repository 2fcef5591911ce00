//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// An asOf is an as-of join of two tables, in the words of pandas.
type asOf struct {
	left, right []asOfRow
	direction   string
	tolerance   *int
	match       bool // there is a match key
	equal       bool // equal keys match
}

// An asOfRow is a row of either table, in order of t; a null is nil.
type asOfRow struct {
	T *int    `json:"t"`
	K *string `json:"k"`
}

// As-of joins of random tables with gaps, ties, nulls, tolerances and match keys take the same rows in Leat and elsewhere, but for
// what docs/joins.md says of each.
func TestAsOf(t *testing.T) {
	python := startTables(t)
	eachTable(t, func(t *testing.T, r *rand.Rand, dir string) {
		for _, other := range []string{"pandas", "polars", "duckdb"} {
			j := drawAsOf(r, other)
			got := j.inLeat(t, dir)
			for i, row := range python.ask(t, question{"do": "asof", "by": other, "left": j.left, "right": j.right,
				"direction": j.direction, "tolerance": j.tolerance, "match": j.match, "equal": j.equal}).Rows {
				if want := index(row[0]); !j.same(other, i, got[i], want) {
					t.Fatalf("%s %s, tolerance %v, match key %v, equal %v: row %d has %d in Leat, %d there\n%s\n%s", other, j.direction,
						j.tolerance, j.match, j.equal, i, got[i], want, asJSON(j.left), asJSON(j.right))
				}
			}
		}
	})
}

// index is the number of a row, -1 for none.
func index(value any) int {
	i := -1
	if value != nil {
		_, _ = fmt.Sscan(fmt.Sprint(value), &i)
	}
	return i
}

// same says whether two rows of the right table are the same match of one of the left.
func (j *asOf) same(other string, left, a, b int) bool {
	switch {
	case a == b:
		return true
	case other == "pandas" && j.match && j.left[left].K == nil:
		return a < 0 // NULL matches NULL there
	case a < 0 || b < 0:
		return false
	case other == "polars" && j.direction == "nearest":
		// A draw goes to the later side there, and to the last of equal keys.
		return distance(j.right[a].T, j.left[left].T) == distance(j.right[b].T, j.left[left].T) && a < b
	}
	return other == "duckdb" && *j.right[a].T == *j.right[b].T // any of equal keys
}

func distance(a, b *int) int { return max(*a-*b, *b-*a) }

// drawAsOf draws a join that another engine can make.
func drawAsOf(r *rand.Rand, other string) *asOf {
	j := &asOf{match: r.IntN(2) == 0, equal: r.IntN(3) > 0}
	directions := []string{"backward", "forward", "nearest"}
	if other == "duckdb" {
		directions = directions[:2]
	} else if r.IntN(3) > 0 {
		tolerance := r.IntN(4)
		if j.tolerance = &tolerance; tolerance == 0 {
			j.equal = true // else it never matches, which Leat refuses
		}
	}
	j.direction = directions[r.IntN(len(directions))]
	j.left, j.right = drawAsOfRows(r, other), drawAsOfRows(r, other)
	return j
}

// drawAsOfRows draws a table in order, whose times may be null where the engine takes that.
func drawAsOfRows(r *rand.Rand, other string) []asOfRow {
	rows, at := make([]asOfRow, r.IntN(12)), r.IntN(3)
	for i := range rows {
		at += []int{0, 0, 1, 1, 2, 3}[r.IntN(6)]
		t, k := at, string(rune('a'+r.IntN(3)))
		rows[i] = asOfRow{&t, &k}
		if r.IntN(6) == 0 {
			rows[i].K = nil
		}
		if other == "duckdb" && r.IntN(6) == 0 {
			rows[i].T = nil
		}
	}
	return rows
}

// inLeat returns which row of the right table each of the left has in Leat; -1 for none.
func (j *asOf) inLeat(t *testing.T, dir string) []int {
	t.Helper()
	for name, rows := range map[string][]asOfRow{"a": j.left, "b": j.right} {
		var lines strings.Builder
		for i, row := range rows {
			fmt.Fprintf(&lines, "{\"t\":%s,\"k\":%s,\"i\":%d}\n", asJSON(row.T), asJSON(row.K), i)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := "streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}\nmaster: a\noutput: out\nemit: {i: \"b?.i\"}\n" +
		"join: [{left: a, right: b, on: a.t == b.t, need: optional, " + j.edge() + "}]\n"
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
	if err == nil {
		err = p.Run(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	out, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for line := range strings.Lines(string(out)) {
		var result struct{ I *int }
		if err := json.Unmarshal([]byte(line), &result); err != nil {
			t.Fatal(err)
		}
		if result.I == nil {
			found = append(found, -1)
		} else {
			found = append(found, *result.I)
		}
	}
	return found
}

// edge is what the join says in a pipeline file. A match key wants a bound for what comes after.
func (j *asOf) edge() string {
	before, after := "any", "any"
	if j.match {
		after = "1000"
	}
	if j.tolerance != nil {
		before = fmt.Sprint(*j.tolerance)
		after = before
	}
	take := "nearest"
	switch j.direction {
	case "backward":
		take, after = "last", "0"
	case "forward":
		take, before = "first", "0"
	}
	edge := fmt.Sprintf("take: %s, within: {before: %s, after: %s}, equal: %v", take, before, after, j.equal)
	if j.match {
		edge += ", by: a.k == b.k"
	}
	return edge
}

// asJSON is a value as JSON.
func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
