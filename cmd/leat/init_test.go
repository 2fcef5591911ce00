package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFiveMinutes: from two CSV files, one unsorted, with times as text, semicolons and decimal commas, to the right result
// by the command alone.
func TestFiveMinutes(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"orders.csv": "id;placed;price\n7;03.11.2026 09:30;12,50\n5;01.11.2026 08:00;3,00\n6;02.11.2026 17:45;100,25\n8;04.11.2026 10:00;1,10\n",
		"payments.csv": "placed_at,paid,method\n2026-11-01 08:00:00,3,card\n2026-11-02 17:45:00,100.25,cash\n" +
			"2026-11-03 09:30:00,12.50,card\n",
	})
	status, stdout, stderr := w.call("", "init", "orders.csv", "payments.csv", "--yes")
	if status != 0 || !strings.Contains(stdout, "leat run join.yaml") {
		t.Fatalf("%d, %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := w.call("", "check", "join.yaml"); status != 0 || !strings.Contains(stdout, "no problems found") ||
		!strings.Contains(stdout, "3 of 4 elements") {
		t.Errorf("%d, %s%s\n%s", status, stdout, stderr, w.read("join.yaml"))
	}
	if status, stdout, stderr := w.call("", "run", "-q", "join.yaml"); status != 0 || stdout != "" || stderr != "" {
		t.Errorf("%d, %s%s\n%s", status, stdout, stderr, w.read("join.yaml"))
	}
	const want = `{"id":5,"placed":"01.11.2026 08:00","price":3.00,"payments":[{"placed_at":"2026-11-01 08:00:00","paid":3,"method":"card"}]}` + "\n" +
		`{"id":6,"placed":"02.11.2026 17:45","price":100.25,"payments":[{"placed_at":"2026-11-02 17:45:00","paid":100.25,"method":"cash"}]}` + "\n" +
		`{"id":7,"placed":"03.11.2026 09:30","price":12.50,"payments":[{"placed_at":"2026-11-03 09:30:00","paid":12.50,"method":"card"}]}` + "\n"
	if diff := cmp.Diff(want, w.read("joined.jsonl")); diff != "" {
		t.Errorf("%s\n%s", diff, w.read("join.yaml"))
	}
	before := w.read("join.yaml")
	status, stdout, stderr = w.call("", "init", "orders.csv", "payments.csv", "--yes")
	if status != 2 || stdout != "" || stderr != "leat: join.yaml is there already: write to another file by -o, or over it by --force\n" ||
		w.read("join.yaml") != before {
		t.Errorf("%d, %s%s", status, stdout, stderr)
	}
	if status, _, stderr := w.call("", "init", "orders.csv", "payments.csv", "--yes", "--force"); status != 0 {
		t.Error(stderr)
	}
}

// TestInit: what init guesses runs.
func TestInit(t *testing.T) {
	var positions, scans strings.Builder
	for i := range 50 {
		fmt.Fprintf(&positions, "{\"time\":%d,\"x\":%d.5}\n", 100*i, i%7)
		fmt.Fprintf(&scans, "{\"time\":%d,\"points\":%d}\n", 100*i+3, i%5)
	}
	for name, test := range map[string]struct {
		files   map[string]string
		want    []string
		results int
	}{
		"near keys": {
			map[string]string{"a.jsonl": positions.String(), "b.jsonl": scans.String()},
			[]string{"on: 'a.time == b.time'", "within: 3", "take: nearest"}, 50,
		},
		"equal numbers": {
			map[string]string{"a.json": `[{"id":1,"a":"x"},{"id":3,"a":"y"}]`, "b.tsv": "id\tb\n1\tp\n2\tq\n3\tr\n3\ts\n"},
			[]string{"on: 'a.id == b.id'"}, 2,
		},
		"a match key": {
			map[string]string{
				"a.csv": "time,ticker,size\n1,A,5\n2,B,6\n3,A,7\n4,B,8\n",
				"b.csv": "time,ticker,bid\n1,A,1.1\n1,B,2.1\n2,A,1.2\n2,B,2.2\n3,A,1.3\n3,B,2.3\n4,A,1.4\n4,B,2.4\n",
			},
			[]string{"on: 'a.time == b.time'", "by: 'a.ticker == b.ticker'"}, 4,
		},
		"a member named after another stream": { // though times are near, too
			map[string]string{
				"orders.csv": "id,placed\n3,2026-11-01 10:02:00\n1,2026-11-01 10:00:00\n2,2026-11-01 10:01:00\n",
				"b.csv":      "order_id,paid\n1,2026-11-01 10:05:00\n2,2026-11-01 10:07:00\n3,2026-11-01 10:09:00\n",
			},
			[]string{"on: 'orders.id == b.order_id'", "sort: 'id'"}, 3,
		},
		"near times beside equal numbers": {
			map[string]string{
				"a.csv": "\"Nr\";\"Datum\";\"Preis\"\r\n\"7\";\"03.11.2026 09:30\";\"12,50\"\r\n\"5\";\"01.11.2026 08:00\";\"3,00\"\r\n",
				"b.csv": "order,paid_at\n5,2026-11-01T08:03:00+01:00\n7,2026-11-03T09:31:00+01:00\n",
			},
			[]string{"on: 'a.Nr == b.order'", `csv: {delimiter: ";", decimal: ","}`, "sort: 'Nr'"}, 2,
		},
		"what spreadsheets write": { // in UTF-16, and with a line for themselves
			map[string]string{
				"a.csv": "\xFF\xFEi\x00d\x00;\x00\xFC\x00\n\x001\x00;\x002\x00\n\x00", "b.csv": "sep=;\r\nid;b\r\n1;x\r\n",
			},
			[]string{`csv: {delimiter: ";"}`, `csv: {delimiter: ";", comment: "sep="}`}, 1,
		},
		"numbers of two kinds": { // of prices one is always the nearest to an id
			map[string]string{
				"a.csv": "id,total\n1,5.50\n2,7.00\n10,5.90\n",
				"b.csv": "of,paid\n1,true\n10,false\n",
			},
			[]string{"on: 'a.id == b.of'"}, 2,
		},
		"names that are none in expressions": {
			map[string]string{
				"a.csv": "Order ID;Größe;in\n2;1,5;x\n1;2,5;y\n3;4;z\n", "b.csv": "Order ID,Straße 2\n1,p\n3,q\n2,r\n",
			},
			[]string{`on: 'a["Order ID"] == b["Order ID"]'`, `sort: '$env["Order ID"]'`, "#   Größe: a.Größe\n", `#   "Order ID": 'a["Order ID"]'`,
				`#   "in": 'a["in"]'`}, 3,
		},
		"files without names": {
			map[string]string{
				"a.log": "2026-11-01T10:00:00  GET /a\n2026-11-01T10:00:05 GET   \"/b c\"\n", "b.csv": "2026-11-01T10:00:05,1\n2026-11-01T10:00:07,2\n",
			},
			[]string{"csv: {delimiter: space, columns: [column0, column1, column2]}", "csv: {columns: [column0, column1]}", "date(a.column0)"}, 1,
		},
		"names that collide": {
			map[string]string{"in.csv": "id,b\n1,x\n2,y\n", "b.csv": "id,c\n2,z\n"},
			[]string{"in_2:", "b_2:"}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, test.files)
			left, right := "", ""
			for name := range test.files {
				if strings.HasPrefix(name, "b.") {
					right = name
				} else {
					left = name
				}
			}
			if status, _, stderr := w.call("", "init", left, right, "--yes", "-o", "p.yaml"); status != 0 {
				t.Fatal(stderr)
			}
			text := w.read("p.yaml")
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %s in\n%s", want, text)
				}
			}
			if status, _, stderr := w.call("", "run", "-q", "p.yaml"); status != 0 {
				t.Errorf("%s\n%s", stderr, text)
			}
			if got := strings.Count(w.read("joined.jsonl"), "\n"); got != test.results {
				t.Errorf("%d results, want %d\n%s", got, test.results, text)
			}
		})
	}
	w := newWorkplace(t, map[string]string{"a.csv": "a\n1\n", "b.csv": "b\nx\n", "empty.jsonl": ""})
	w.check(call{[]string{"init", "a.csv", "b.csv", "--yes"}, "", 1, "", "nothing of a.csv joins with b.csv as far as they were looked at: " +
		"no two of their members are of one kind and have values in common; leat show tells what they have\n", ""})
	w.check(call{[]string{"init", "a.csv", "empty.jsonl", "--yes"}, "", 1, "", "empty.jsonl has no elements, so that nothing can be told of it\n", ""})
	w.check(call{[]string{"init", "a.csv", "b.csv"}, "", 2, "", "leat: nobody can be asked whether the guess is right: add --yes\n", ""})
}
