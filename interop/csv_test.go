//go:build interop

package interop

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A grid is a table as a CSV file may hold it: cells are texts, numbers as JSON writes them, or null.
type grid struct {
	columns []string
	isText  []bool
	rows    [][]*string
	// sep is what is between cells, and null what stands for null.
	sep, null string
}

// Characters that have a meaning to some reader of such files, and some that are only far away.
var pieces = []string{
	`"`, `""`, ",", ";", "\t", "|", "\n", "\r\n", " ", "#", "'", `\`, "a", "B", "0", "7", ".", "-", "+", "e5", "NaN", "NA", "null",
	"true", "None", "é", "中", "😀", "\u2028", "\u00a0", "\ufeff", "=1", "x y", "Ω",
}

func randomGrid(r *rand.Rand) grid {
	g := grid{rows: [][]*string{}, sep: pick(r, ",", ",", ";", "\t", "|"), null: pick(r, "", "NA", `\N`)}
	for range 1 + r.IntN(5) {
		name := text(r, 3)
		taken := func(other string) bool { return strings.EqualFold(other, name) }
		// A column has a name, and elements one member of each.
		if name == "" || name == "all" || slices.ContainsFunc(g.columns, taken) {
			name = fmt.Sprintf("column %d", len(g.columns))
		}
		g.columns = append(g.columns, name)
		g.isText = append(g.isText, r.IntN(3) > 0)
	}
	if len(g.columns) == 1 && g.null == "" {
		g.null = "NA" // an empty line is none
	}
	for range r.IntN(6) {
		row := make([]*string, len(g.columns))
		for i := range row {
			var cell string
			switch {
			case r.IntN(6) == 0:
				continue
			case g.isText[i]:
				cell = text(r, 5)
				if cell == g.null {
					cell += "." // to pandas a null in quotes is one, too
				}
			default:
				cell = number(r)
			}
			row[i] = &cell
		}
		g.rows = append(g.rows, row)
	}
	return g
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func text(r *rand.Rand, most int) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func number(r *rand.Rand) string {
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = '0' + byte(r.IntN(10))
		}
		return string(b)
	}
	n := pick(r, "", "-") + strings.TrimLeft(digits(1+r.IntN(30)), "0")
	if strings.Trim(n, "-") == "" {
		n += "0"
	}
	if r.IntN(2) == 0 {
		n += "." + digits(1+r.IntN(20))
	}
	if r.IntN(5) == 0 {
		n += pick(r, "e", "E") + pick(r, "", "+", "-") + digits(1+r.IntN(2))
	}
	return n
}

// objects are the rows as Leat reads and writes them, a line each.
func (g *grid) objects() string {
	var b strings.Builder
	for _, row := range g.rows {
		for i, cell := range row {
			if i == 0 {
				b.WriteString("{")
			} else {
				b.WriteString(",")
			}
			b.WriteString(quoted(g.columns[i]) + ":")
			switch {
			case cell == nil:
				b.WriteString("null")
			case g.isText[i]:
				b.WriteString(quoted(*cell))
			default:
				b.WriteString(*cell)
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// dialect is what a pipeline file says of a file that holds the table. What is written has its columns there, and what is read
// those whose cells are texts.
func (g *grid) dialect(columns bool) string {
	texts, of := []string{}, "text"
	for i, name := range g.columns {
		if columns || g.isText[i] {
			texts = append(texts, name)
		}
	}
	if columns {
		of = "columns"
	}
	more := ""
	if len(texts) > 0 {
		more = fmt.Sprintf(", %s: %s", of, quoted(texts))
	}
	return fmt.Sprintf("csv: {delimiter: %s, null: [%s]%s}", quoted(g.sep), quoted(g.null), more)
}

// compare says where a table differs from what was read of it; same says of two cells whether they are one.
func (g *grid) compare(t *testing.T, reader string, rows [][]*string, same func(a, b *string) bool) {
	t.Helper()
	if len(rows) != len(g.rows) {
		t.Errorf("%s finds %d rows, not %d", reader, len(rows), len(g.rows))
		return
	}
	for i, row := range rows {
		if !slices.EqualFunc(row, g.rows[i], same) {
			t.Errorf("%s finds in row %d %s, not %s", reader, i, quoted(row), quoted(g.rows[i]))
		}
	}
}

// exactly tells null from an empty text; loosely doesn't.
func exactly(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

func loosely(a, b *string) bool {
	empty := ""
	if a == nil {
		a = &empty
	}
	if b == nil {
		b = &empty
	}
	return *a == *b
}

// What Leat writes, pandas, DuckDB, encoding/csv and Leat itself read equal.
func TestWrittenCSV(t *testing.T) {
	python := startTables(t)
	eachTable(t, func(t *testing.T, r *rand.Rand, dir string) {
		g := randomGrid(r)
		path := filepath.Join(dir, "out.csv")
		write(t, filepath.Join(dir, "in.jsonl"), g.objects())
		if err := convert(t, dir, "in.jsonl", "out.csv, "+g.dialect(true)); err != nil {
			t.Fatal(err)
		}
		g.compareGo(t, path)
		for _, by := range []string{"pandas", "DuckDB"} {
			if by == "DuckDB" && strings.ContainsAny(strings.Join(g.columns, ""), "\r\n") {
				continue // it passes over a line for the names
			}
			a := python.ask(t, question{
				"do": "csv_read", "by": by, "path": path, "sep": g.sep, "null": g.null, "encoding": "utf-8", "width": len(g.columns),
			})
			if by == "pandas" && !slices.Equal(a.Columns, g.columns) {
				t.Errorf("pandas finds the columns %q, not %q", a.Columns, g.columns)
			}
			same := exactly
			if by == "pandas" && g.null == "" {
				same = loosely
			}
			g.compare(t, by, cells(a.Rows), same)
		}
		if err := convert(t, dir, "out.csv, "+g.dialect(false), "again.jsonl"); err != nil {
			t.Fatal(err)
		}
		g.compareObjects(t, filepath.Join(dir, "again.jsonl"), exactly)
	})
}

// compareGo compares a file with what encoding/csv reads, to which a carriage return before a line feed is none.
func (g *grid) compareGo(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma = []rune(g.sep)[0]
	records, err := reader.ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("encoding/csv reads %d lines: %v", len(records), err)
	}
	lines := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	if !slices.EqualFunc(records[0], g.columns, func(a, b string) bool { return a == lines(b) }) {
		t.Errorf("encoding/csv finds the columns %q, not %q", records[0], g.columns)
	}
	var rows [][]*string
	for _, record := range records[1:] {
		row := make([]*string, len(record))
		for i := range record {
			row[i] = &record[i]
		}
		rows = append(rows, row)
	}
	g.compare(t, "encoding/csv", rows, func(a, b *string) bool {
		if b == nil {
			return *a == g.null
		}
		return *a == lines(*b)
	})
}

// compareObjects compares what Leat has made of a file.
func (g *grid) compareObjects(t *testing.T, path string, same func(a, b *string) bool) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]*string
	for line := range strings.Lines(string(data)) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &object); err != nil || len(object) != len(g.columns) {
			t.Fatalf("%d members, %v: %s", len(object), err, line)
		}
		row := make([]*string, len(g.columns))
		for i, name := range g.columns {
			cell, isText := string(object[name]), false
			if cell == "null" {
				continue
			}
			if isText = strings.HasPrefix(cell, `"`); isText {
				_ = json.Unmarshal(object[name], &cell)
			}
			if isText != g.isText[i] {
				t.Errorf("the column %q has %s", name, object[name])
			}
			row[i] = &cell
		}
		rows = append(rows, row)
	}
	g.compare(t, "Leat", rows, same)
}

// What pandas, DuckDB and encoding/csv write, Leat reads equal.
func TestReadCSV(t *testing.T) {
	python := startTables(t)
	eachTable(t, func(t *testing.T, r *rand.Rand, dir string) {
		g := randomGrid(r)
		for i, name := range g.columns {
			// Out of quotes, Leat takes blanks off, and asks whether what is in the only name is what parts the cells.
			if strings.TrimSpace(name) != name || strings.HasPrefix(name, "\ufeff") ||
				len(g.columns) == 1 && strings.ContainsAny(name, ";\t|,") {
				g.columns[i] = fmt.Sprintf("column %d", i)
			}
		}
		if len(g.columns) == 1 {
			for _, row := range g.rows { // DuckDB writes an empty line of it, which is none
				if row[0] != nil && *row[0] == "" {
					*row[0] = "x"
				}
			}
		}
		path, by := filepath.Join(dir, "in.csv"), pick(r, "pandas", "DuckDB", "encoding/csv")
		same := exactly
		if by != "DuckDB" && g.null == "" {
			same = loosely // they write both as nothing
		}
		if by == "encoding/csv" {
			g.writeGo(t, path)
		} else {
			// Which of its cells are in quotes is the writer's choice where none is null: in quotes, to Leat, none is.
			quoting := 0
			if by == "pandas" && !slices.ContainsFunc(g.rows, func(row []*string) bool { return slices.Contains(row, nil) }) {
				quoting = r.IntN(3)
			}
			encoding := "utf-8"
			if by == "pandas" {
				encoding = pick(r, "utf-8", "utf-8-sig", "utf-16")
			}
			python.ask(t, question{
				"do": "csv_write", "by": by, "path": path, "sep": g.sep, "null": g.null, "encoding": encoding, "quoting": quoting,
				"newline": pick(r, "\n", "\r\n"), "columns": g.columns, "rows": g.rows,
			})
		}
		if err := convert(t, dir, "in.csv, "+g.dialect(false), "out.jsonl"); err != nil {
			t.Error(by, err)
			return
		}
		g.compareObjects(t, filepath.Join(dir, "out.jsonl"), same)
	})
}

func (g *grid) writeGo(t *testing.T, path string) {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = []rune(g.sep)[0]
	records := [][]string{g.columns}
	for _, row := range g.rows {
		record := make([]string, len(row))
		for i, cell := range row {
			record[i] = g.null
			if cell != nil {
				record[i] = *cell
			}
		}
		records = append(records, record)
	}
	if err := w.WriteAll(records); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
}

func cells(rows [][]any) [][]*string {
	out := make([][]*string, len(rows))
	for i, row := range rows {
		out[i] = make([]*string, len(row))
		for j, v := range row {
			if s, ok := v.(string); ok {
				out[i][j] = &s
			}
		}
	}
	return out
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
