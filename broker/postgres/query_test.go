package postgres_test

import (
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
)

// A query is joined as a table is, and a view, too.
func TestQuery(t *testing.T) {
	d := shop(t, 20)
	d.exec("CREATE VIEW recent AS SELECT id, placed FROM orders WHERE id > 10")
	mill, err := leat.New(sum, leat.Name("totals"), quiet,
		leat.Broker(postgres.New(d.url,
			postgres.Table[order]("recent", postgres.OrderBy("id")),
			postgres.Query[item]("cheap", "SELECT order_id, n, price FROM items WHERE n < 3 -- the cheap ones",
				postgres.OrderBy("order_id", "n")),
			postgres.Table[total]("totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
	d.must(err)
	for range 2 { // there is nothing for the second run
		d.must(mill.Run(t.Context()))
	}
	got := d.query("SELECT count(*), sum(id), sum(items), sum(total) FROM totals")
	want := d.query("SELECT count(DISTINCT order_id), (SELECT sum(id) FROM orders WHERE id > 10 AND id % 4 > 0), count(*), " +
		"sum(price) FROM items WHERE n < 3 AND order_id > 10")
	if got[0][0] != want[0][0] || got[0][1] != want[0][1] || got[0][2] != want[0][2] || got[0][3] != want[0][3] {
		t.Errorf("the totals add up to %v, wanted %v", got, want)
	}
}
