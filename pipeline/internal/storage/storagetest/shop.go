package storagetest

import (
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

// The functions below look at a shop: a pipeline file joins the tables orders (id, placed) and items (placed, …) into
// joined on the time they were placed. Order i was placed at 10·i, and every third has no item.

// Check reads the tables of 12,000 orders without waiting for more, writes nothing, and tells of a missing index.
func (w *Workplace) Check(shop, advice string) {
	w.Helper()
	report, err := w.Load(shop).Check(w.Context(), Quiet())
	if err != nil {
		w.Fatal(err)
	}
	if join := report.Joins[0]; len(report.Problems) > 0 || join.Comparable == 0 || join.Matched >= join.Comparable {
		w.Errorf("got\n%v", report)
	}
	if s := report.Streams[0]; s.Storage != w.Kind.Name() || s.Address != "table orders" || s.Read != 1000 {
		w.Errorf("the stream is %+v", s)
	}
	if got := strings.Join(report.Advice, "\n"); !strings.Contains(got, advice) {
		w.Errorf("the advice is %q", got)
	}
	if got := w.Query("SELECT count(*) FROM joined"); got != "0\n" {
		w.Errorf("%s results were written", got)
	}
}

// Explain looks keys of 5,000 orders up.
func (w *Workplace) Explain(shop string) {
	w.Helper()
	p := w.Load(shop)
	for key, want := range map[string]string{
		"40000": "So the element of orders is handed over.",
		"30000": "So the element of orders is not handed over, for want of 30000 in items.",
		"60000": "orders has no",
	} {
		explanation, err := p.Explain(w.Context(), Quiet(), pipeline.About{Key: key})
		if err != nil {
			w.Fatal(err)
		}
		if !strings.Contains(explanation.String(), want) {
			w.Errorf("%s: got\n%v\nwant %s", key, explanation, want)
		}
	}
}

// Capture saves what a range of 5,000 orders needs, with a pipeline file that gives these results without the database.
func (w *Workplace) Capture(shop, results string) {
	w.Helper()
	dir := filepath.Join(w.Dir, "captured")
	if _, err := w.Load(shop).Capture(w.Context(), "39980", "40010", dir); err != nil {
		w.Fatal(err)
	}
	p, err := pipeline.Load(filepath.Join(dir, "shop.yaml"))
	if err != nil {
		w.Fatal(err)
	}
	if err := p.Run(w.Context(), Quiet()); err != nil {
		w.Fatal(err)
	}
	if got := w.Read("captured/joined.jsonl"); got != results {
		w.Errorf("got\n%swant\n%s", got, results)
	}
}

// Positions shows what is kept of 6 orders, the last of which lies at a position, tells how far the pipeline is behind, and
// begins anew once that is removed. The shop is followed.
func (w *Workplace) Positions(shop, last string) {
	w.Helper()
	p := w.Load(shop)
	positions := func() string {
		w.Helper()
		positions, err := p.Positions(w.Context(), Quiet())
		if err != nil {
			w.Fatal(err)
		}
		return positions.String()
	}
	storage := w.Kind.Name()
	if got, want := positions(), storage+" keeps no positions of shop: no run has committed anything\n"; got != want {
		w.Errorf("before the first run:\n%swant\n%s", got, want)
	}
	w.Run(p)
	if got := positions(); !strings.Contains(got, "positions of shop, kept by "+storage) ||
		!strings.Contains(got, "orders  at "+last) {
		w.Errorf("behind the first run:\n%s", got)
	}
	w.Exec("INSERT INTO orders VALUES (7, 70), (8, 80)")
	lag, err := p.Lag(w.Context(), Quiet())
	if err != nil {
		w.Fatal(err)
	}
	if s := lag.Streams[0]; s.Name != "orders" || !s.Begun || s.Behind != 3 || s.Key == nil {
		w.Errorf("the lag is\n%v", lag)
	}
	if err := p.ResetPositions(w.Context(), Quiet()); err != nil {
		w.Fatal(err)
	}
	w.Run(p)
	if got := w.Query("SELECT count(*), count(DISTINCT id) FROM joined"); got != "8 4\n" {
		w.Errorf("after the reset there are %s results", got)
	}
}

// Restarted reads orders whose numbering begins anew between two runs, which the log tells of once, and rows that were only
// deleted. Retyped is a statement that makes orders.id a text, after which the positions mean nothing.
func (w *Workplace) Restarted(retyped string) {
	w.Helper()
	p := w.Load(`
streams:
  orders: {` + w.Kind.Name() + `: {table: orders, order: id}}
  joined: {` + w.Kind.Name() + `: {table: joined}}
master: orders
output: joined
emit: {id: orders.id}
`)
	const warning = "leat positions FILE --reset"
	run := func(change string, warnings int, want string) {
		w.Helper()
		w.Exec(change)
		if log := w.Run(p); strings.Count(log, warning) != warnings {
			w.Errorf("%s: the log has not %d warnings:\n%s", change, warnings, log)
		}
		if got := w.Query("SELECT count(*) FROM joined"); got != want+"\n" {
			w.Errorf("%s: there are %s results, not %s", change, got, want)
		}
	}
	run("DELETE FROM orders WHERE id > 6", 0, "6")
	run("DELETE FROM orders WHERE id < 6", 0, "6")
	run("DELETE FROM orders", 0, "6") // a queue that is empty
	run("INSERT INTO orders VALUES (1, 10), (2, 20)", 1, "6")
	run("INSERT INTO orders VALUES (7, 70)", 0, "7")
	w.Exec(retyped)
	err := p.Run(w.Context(), Quiet())
	if err == nil || !strings.Contains(err.Error(), "ordered as number, and it is ordered as text now") {
		w.Errorf("with ids that are texts: error %v", err)
	}
}

// Refuses finds, in check and in a run, that the table flags takes no value like that of numbers, 1 and 0.5; both tell it
// with the line of the output. Check leaves nothing in the database.
func (w *Workplace) Refuses(p *pipeline.Pipeline, why string) {
	w.Helper()
	report, err := p.Check(w.Context(), Quiet())
	if err != nil {
		w.Fatal(err)
	}
	problems := strings.Join(report.Problems, "\n")
	for _, want := range []string{"shop.yaml:5:", "table flags", why, "the first such result is that of numbers"} {
		if len(report.Problems) != 1 || !strings.Contains(problems, want) {
			w.Errorf("check has the problems %q, wanted is one with %s", report.Problems, want)
		}
	}
	if got := w.Query("SELECT count(*) FROM flags"); got != "0\n" {
		w.Errorf("check has written %s", got)
	}
	switch err := p.Run(w.Context(), Quiet()); {
	case err == nil:
		w.Error("a run writes what check refuses")
	case !strings.Contains(err.Error(), "shop.yaml:5:") || !strings.Contains(err.Error(), why):
		w.Errorf("a run ends with %v", err)
	}
}

// Refused is the pipeline file of Refuses.
func (w *Workplace) Refused() string {
	kind := w.Kind.Name()
	return `
streams:
  numbers: {` + kind + `: {table: numbers, order: id}}
  out: {` + kind + `: {table: flags}}
master: numbers
output: out
emit: {id: numbers.id, flag: numbers.half}
`
}
