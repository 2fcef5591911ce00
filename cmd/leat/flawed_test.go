package main

import (
	"strings"
	"testing"
)

// TestFlawedRows: a row of cells that can't be read goes by on_undecodable, as a line that is no JSON does; and where it fails the
// run, the error says the very place.
func TestFlawedRows(t *testing.T) {
	const pipeline = "streams:\n  a: {file: a.csv}\n  out: {file: out.csv}\n  bad: {file: bad.jsonl}\nmaster: a\noutput: out\n" +
		"emit: {id: a.id, n: a.n}\non_undecodable: dead_letter\ndead_letter: bad\n"
	w := newWorkplace(t, map[string]string{"letters.yaml": pipeline,
		"skip.yaml": strings.NewReplacer("undecodable: dead_letter\n", "undecodable: skip\n", "dead_letter: bad\n", "", "  bad: {file: bad.jsonl}\n", "").
			Replace(pipeline)})
	for name, c := range map[string]struct{ row, at, says, element string }{
		"too few cells":     {"2", ":3:2 ", "the line has 1 cells, and there are 2 columns", `"element":2`},
		"too many":          {"2,1,4\r", ":3:5 ", "the line has 3 cells, and there are 2 columns", `"element":"2,1,4"`},
		"behind a quote":    {"2,\"x\ny\"y", ":4:3 ", "'y' stands behind the closing quote of a cell", `"element":"2,\"x\ny\"y"`},
		"what is no UTF-8":  {"2,\xff", ":3:3 ", "the byte 0xff is not UTF-8", `"element":"2,`},
		"cells in quotes":   {"\"2\",\"x\",y", ":3:9 ", "the line has 3 cells", `"element":"\"2\",\"x\",y"`},
		"nothing but quote": {`""`, ":3:3 ", "the line has 1 cells", `"element":""`},
	} {
		t.Run(name, func(t *testing.T) {
			w.write("a.csv", "id,n\n1,2\n"+c.row+"\n3,1\n")
			const good = "id,n\n1,2\n3,1\n"
			for _, arguments := range []string{"run -q letters.yaml", "run -q skip.yaml", "run -q skip.yaml --set streams.a.sort=id",
				"run -q skip.yaml --set streams.a.file=?.csv", "run -q --verify letters.yaml"} {
				w.write("out.csv", "")
				if w.good(strings.Fields(arguments)...); w.read("out.csv") != good {
					t.Errorf("%s: it writes %q", arguments, w.read("out.csv"))
				}
			}
			letter := w.read("bad.jsonl")
			if !strings.Contains(letter, "a.csv"+c.at) || !strings.Contains(letter, c.says) ||
				!strings.Contains(letter, strings.ReplaceAll(c.element, "\n", `\n`)) || strings.Count(letter, "\n") != 1 {
				t.Error(letter)
			}
			w.write("out.csv", "as it was")
			status, _, stderr := w.call("", "run", "-q", "skip.yaml", "--set", "on_undecodable=fail")
			if status != 1 || !strings.HasPrefix(stderr, "a.csv"+c.at+"(partition 0, offset 1): "+c.says) || w.read("out.csv") != "as it was" {
				t.Errorf("status %d, %s", status, stderr)
			}
		})
	}
}
