package mysql_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

const looked = `
streams:
  orders: {mysql: {table: orders, order: [placed, id], follow: true, in_commit_order: true, data_timeout: 300ms}}
  items:
    mysql:
      query: "SELECT * FROM items"
      order: [placed, n]
      follow: true
      in_commit_order: true
      data_timeout: 300ms
  joined: {mysql: {table: joined}}
master: orders
join: [{left: orders, right: items, on: orders.placed == items.placed}]
output: joined
emit: {id: orders.id}
`

// fill makes tables in which every third order has no item.
func (w *workplace) fill(rows string) {
	w.Helper()
	w.exec(`CREATE TABLE orders (id BIGINT PRIMARY KEY, placed BIGINT NOT NULL);
		CREATE TABLE items (placed BIGINT NOT NULL, n INT NOT NULL, PRIMARY KEY (placed, n));
		CREATE TABLE joined (place BIGINT AUTO_INCREMENT PRIMARY KEY, id BIGINT);
		INSERT INTO orders SELECT seq, 10 * seq FROM seq_1_to_` + rows + `;
		INSERT INTO items SELECT placed, 1 FROM orders WHERE id % 3 <> 0`)
}

// TestCheck reads tables without waiting for more, writes nothing, and tells of a missing index.
func TestCheck(t *testing.T) {
	w := newWorkplace(t)
	w.fill("12000")
	report, err := w.load(looked).Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if join := report.Joins[0]; len(report.Problems) > 0 || join.Comparable == 0 || join.Matched >= join.Comparable {
		t.Errorf("got\n%v", report)
	}
	if s := report.Streams[0]; s.Storage != "mysql" || s.Address != "table orders" || s.Read != 1000 {
		t.Errorf("the stream is %+v", s)
	}
	if advice := strings.Join(report.Advice, "\n"); !strings.Contains(advice, "CREATE INDEX `orders_order` ON `orders`") {
		t.Errorf("the advice is %q", advice)
	}
	if got := w.query("SELECT count(*) FROM joined"); got != "0\n" {
		t.Errorf("%s results were written", got)
	}
}

// TestExplain looks keys up in tables.
func TestExplain(t *testing.T) {
	w := newWorkplace(t)
	w.fill("5000")
	p := w.load(looked)
	for key, want := range map[string]string{
		"40000": "So the element of orders is handed over.",
		"30000": "So the element of orders is not handed over, for want of 30000 in items.",
		"60000": "orders has no",
	} {
		explanation, err := p.Explain(t.Context(), quiet(), pipeline.About{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(explanation.String(), want) {
			t.Errorf("%s: got\n%v\nwant %s", key, explanation, want)
		}
	}
}

// TestCapture saves what a range needs, with a pipeline file that runs without the database.
func TestCapture(t *testing.T) {
	w := newWorkplace(t)
	w.fill("5000")
	dir := filepath.Join(w.dir, "captured")
	if _, err := w.load(looked).Capture(t.Context(), "39980", "40010", dir); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Load(filepath.Join(dir, "shop.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.read("captured/joined.jsonl"), "{\"id\":3998}\n{\"id\":4000}\n{\"id\":4001}\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestPositions shows what is kept, tells how far the pipeline is behind, and begins anew once that is removed.
func TestPositions(t *testing.T) {
	w := newWorkplace(t)
	w.fill("6")
	p := w.load(looked)
	positions := func() string {
		t.Helper()
		positions, err := p.Positions(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		return positions.String()
	}
	if got, want := positions(), "mysql keeps no positions of shop: no run has committed anything\n"; got != want {
		t.Errorf("before the first run:\n%swant\n%s", got, want)
	}
	w.run(p)
	if got := positions(); !strings.Contains(got, "positions of shop, kept by mysql") ||
		!strings.Contains(got, "orders  at (60, 6)") {
		t.Errorf("behind the first run:\n%s", got)
	}
	w.exec("INSERT INTO orders VALUES (7, 70), (8, 80)")
	lag, err := p.Lag(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if s := lag.Streams[0]; s.Name != "orders" || !s.Begun || s.Behind != 3 || s.Key == nil {
		t.Errorf("the lag is\n%v", lag)
	}
	if err := p.ResetPositions(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	w.run(p)
	if got := w.query("SELECT count(*), count(DISTINCT id) FROM joined"); got != "8 4\n" {
		t.Errorf("after the reset there are %s results", got)
	}
}
