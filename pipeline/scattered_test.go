package pipeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scatter writes two files that are in no order: of the numbers below n each has those whose remainder is none of some.
func scatter(t *testing.T, dir string, n int, reference string) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(n)))
	var orders, payments strings.Builder
	orders.WriteString("id,country,kind\n")
	fmt.Fprintf(&payments, "%s,country,paid\n", reference)
	for _, i := range random.Perm(n) {
		fmt.Fprintf(&orders, "%d,%c,%d\n", i, 'A'+i%3, i%2)
	}
	for _, i := range random.Perm(n) {
		if i%5 != 2 {
			fmt.Fprintf(&payments, "%d,%c,%d.50\n", i, 'A'+i%3, i)
		}
	}
	for name, text := range map[string]string{"orders.csv": orders.String(), "payments.csv": payments.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const scattered = `streams:
  orders: {file: orders.csv, sort: id%s}
  payments: {file: payments.csv, sort: order_id}
  out: {file: out.jsonl}
master: orders
join: [{left: orders, right: payments, on: orders.id == payments.order_id}]
output: out
`

func checkScattered(t *testing.T, dir, where string, mostSorted int) *Report {
	t.Helper()
	p, err := Parse(filepath.Join(dir, "p.yaml"), fmt.Appendf(nil, scattered, where))
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Check(t.Context(), Options{mostSorted: mostSorted})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Problems)+len(report.Findings) > 0 {
		t.Errorf("there are problems and findings: %v, %v", report.Problems, report.Findings)
	}
	return report
}

// TestCheckOfScatteredFiles: files that a run puts in order as a whole are judged by what comes first and last in that order,
// wherever it lies.
func TestCheckOfScatteredFiles(t *testing.T) {
	for _, n := range []int{10, 2000, 2001, 2010, 16_000, 40_000} {
		for where, step := range map[string]int{"": 1, ", where: kind == 0": 2} {
			dir := t.TempDir()
			scatter(t, dir, n, "order_id")
			report := checkScattered(t, dir, where, 0)
			join := &report.Joins[0]
			if want := fmt.Sprintf("0 to %d", n-1-(n-1)%step); join.LeftKeys.String() != want {
				t.Errorf("%d%s: keys %v, want %s", n, where, join.LeftKeys, want)
			}
			if share := float64(join.Matched) / float64(join.Comparable); share < 0.79 || share > 0.81 || join.Scattered {
				t.Errorf("%d%s: %d of %d match", n, where, join.Matched, join.Comparable)
			}
			if isWhole := report.Streams[0].Whole; isWhole != ((n+step-1)/step <= 2000) {
				t.Errorf("%d%s: whole %v", n, where, isWhole)
			}
		}
	}
}

// TestCheckOfPartOfScatteredFiles: of files that are too long, it is said that more match.
func TestCheckOfPartOfScatteredFiles(t *testing.T) {
	dir := t.TempDir()
	scatter(t, dir, 40_000, "order_id")
	report := checkScattered(t, dir, "", 5_000)
	if join := &report.Joins[0]; !join.Scattered || len(join.Unmatched) > 0 || join.Before != nil || report.Example != "" {
		t.Errorf("it is judged as if all was known: %+v", join)
	}
	if text := report.String(); !strings.Contains(text, "more match, since only a part was read of what is put in order as a whole") {
		t.Error(text)
	}
}

// TestDraftOfScatteredFiles: files in no order are joined by the member that identifies their elements, and by none that is
// near, or that many elements share.
func TestDraftOfScatteredFiles(t *testing.T) {
	for n, reference := range map[int]string{100: "order_id", 3_000: "ref", 15_000: "order"} {
		dir := t.TempDir()
		scatter(t, dir, n, reference)
		sources := [2]Source{{File: filepath.Join(dir, "orders.csv")}, {File: filepath.Join(dir, "payments.csv")}}
		draft, err := NewDraft(t.Context(), dir, sources, "out.jsonl", 0)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(draft.Text, "on: 'orders.id == payments."+reference+"'") || strings.Contains(draft.Text, "nearest") {
			t.Errorf("%d: %s", n, draft.Text)
		}
	}
}
