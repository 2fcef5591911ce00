package filesort

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker/file"
)

// TestCells sorts random rows of cells, parted by anything, and compares what encoding/csv reads of the result with a stable sort
// of what it reads of the file.
func TestCells(t *testing.T) {
	dir := t.TempDir()
	texts := rapid.SampledFrom([]string{"", "x", `say "it"`, "a,b;c\td|e", "two\nlines", " blank ", "007", "1.50", "-0", "true", "日本", "#no comment"})
	rapid.Check(t, func(t *rapid.T) {
		d := file.Dialect{Delimiter: rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "delimiter")}
		rows := [][]string{{"k", "text", "more"}}
		for range rapid.IntRange(0, 40).Draw(t, "rows") {
			k := rapid.SampledFrom([]string{"1", "2", "10", "2.50", "-3", "9007199254740993", ""}).Draw(t, "key")
			rows = append(rows, []string{k, texts.Draw(t, "text"), texts.Draw(t, "more")})
		}
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.Comma = d.Delimiter
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		from := filepath.Join(dir, "in.csv")
		if err := os.WriteFile(from, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		to := rapid.SampledFrom([]string{"-", filepath.Join(dir, "out.csv"), from}).Draw(t, "to")
		if _, err := compile(t, "k", "").Sort(context.Background(), from, to, Options{Cells: &d, Stdout: &out}); err != nil {
			t.Fatal(err)
		}
		sorted := out.Bytes()
		if to != "-" {
			var err error
			if sorted, err = os.ReadFile(to); err != nil {
				t.Fatal(err)
			}
		}
		r := csv.NewReader(bytes.NewReader(sorted))
		r.Comma = d.Delimiter
		got, err := r.ReadAll()
		if err != nil {
			t.Fatalf("%v in %s", err, sorted)
		}
		slices.SortStableFunc(rows[1:], func(a, b []string) int {
			x, errX := strconv.ParseFloat(a[0], 64)
			y, errY := strconv.ParseFloat(b[0], 64)
			switch {
			case errX != nil && errY != nil:
				return 0
			case errX != nil:
				return 1
			case errY != nil:
				return -1
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Fatalf("%s\n%s", diff, sorted)
		}
	})
}

// TestCarriedCells: rows that stay as they are on their way are written as those are that become objects, with the same errors;
// some of them are wrong. Where there may be comments, all become objects.
func TestCarriedCells(t *testing.T) {
	cells := rapid.SampledFrom([]string{
		"", "1", "-0", "007", "1e5", " 1", "x ", "true", `"1"`, `"a,b"`, "\"two\nlines\"", `a"b`, "\\", "日本", "\x01", "a b",
	})
	wrong := rapid.SampledFrom([]string{"1", "1,2,3,4", "\xff,1,2", `1,"x"y,2`, "1,日本 \xff,2", "\"a\n\xff\",1,2"})
	keys := rapid.SampledFrom([]string{"1", "2", "10", "2.50", "-3", `"4"`, "", " 5"})
	rapid.Check(t, func(t *rapid.T) {
		text := "k,\"a \"\"\",c\n"
		for range rapid.IntRange(0, 30).Draw(t, "rows") {
			row := keys.Draw(t, "key") + "," + cells.Draw(t, "a") + "," + cells.Draw(t, "c")
			if rapid.IntRange(0, 60).Draw(t, "wrong") == 60 {
				row = wrong.Draw(t, "row")
			}
			text += row + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end")
		}
		order := compile(t, rapid.SampledFrom([]string{"k", "c ?? 0", `$env["a \""] ?? ""`, "k + 1", "none"}).Draw(t, "by"), "")
		memory := rapid.SampledFrom([]int64{1, 300, 0}).Draw(t, "memory")
		carried, report, err := sortText(order, text, Options{Memory: memory, Cells: &file.Dialect{Delimiter: ','}})
		objects, byObjects, errByObjects := sortText(order, text,
			Options{Memory: memory, Cells: &file.Dialect{Delimiter: ',', Comment: "no row"}})
		if fmt.Sprint(err) != fmt.Sprint(errByObjects) {
			t.Fatalf("%v, and by objects %v", err, errByObjects)
		}
		report.Spilled, byObjects.Spilled = 0, 0 // objects are larger
		if diff := cmp.Diff(objects, carried); err == nil && (diff != "" || report != byObjects) {
			t.Fatalf("%s\n%+v, and by objects %+v", diff, report, byObjects)
		}
	})
}
