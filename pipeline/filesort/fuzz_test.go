package filesort

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzSort sorts lines of anything, with any amount of memory, and compares with a stable sort in memory: what comes out is what
// is in the file, in order, or there is an error and no file.
func FuzzSort(f *testing.F) {
	f.Add(`{"k":2} {"k":1,"x":"a"} {"k":1.0} {"k":null}`, int64(1), "")
	f.Add(`{"k":"b"} {"k":"a"} {"k":""} {"k":"\u0061"}`, int64(100), "")
	f.Add(`{"k":5} {"k":4} {"k":1e300} {"k":-1e-300} {"k":9007199254740993}`, int64(70), "3")
	f.Add(`{"k":true} {"k":false} {}`, int64(1000), "")
	f.Add(`{"k":1} {"k":[1]}`, int64(1), "1")
	f.Fuzz(func(t *testing.T, text string, memory int64, within string) {
		lines := strings.Fields(text)
		if len(text) > 4096 || len(lines) == 0 {
			return
		}
		order, err := Compile("k", within)
		if err != nil {
			return
		}
		dir := t.TempDir()
		from, to := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
		write(t, from, lines)
		report, err := order.Sort(t.Context(), from, to, Options{Memory: 1 + memory&0xffff})
		if err != nil {
			if left, _ := filepath.Glob(to + "*"); len(left) > 0 {
				t.Errorf("%v, and there is %s", err, left)
			}
			return
		}
		for _, line := range lines {
			if !json.Valid([]byte(line)) {
				t.Fatalf("%s was taken for JSON", line)
			}
		}
		got := read(t, to)
		if report.Elements != int64(len(lines)) || len(got) != len(lines) {
			t.Fatalf("%d and %d elements of %d", report.Elements, len(got), len(lines))
		}
		if within == "" && !slices.Equal(got, naive(lines)) {
			t.Errorf("%q\nwant %q", got, naive(lines))
		}
		slices.Sort(got)
		slices.Sort(lines)
		if !slices.Equal(got, lines) {
			t.Errorf("%q is no order of %q", got, lines)
		}
	})
}
