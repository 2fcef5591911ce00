package mysql_test

import (
	"testing"
)

const looked = `
streams:
  orders: {mysql: {table: orders, order: [placed, id], follow: true, in_commit_order: true, data_timeout: 2s}}
  items:
    mysql:
      query: "SELECT * FROM items"
      order: [placed, n]
      follow: true
      in_commit_order: true
      data_timeout: 2s
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
	w.Check(looked, "CREATE INDEX `orders_order` ON `orders`")
}

// TestExplain looks keys up in tables.
func TestExplain(t *testing.T) {
	w := newWorkplace(t)
	w.fill("5000")
	w.Explain(looked)
}

// TestCapture saves what a range needs, with a pipeline file that runs without the database.
func TestCapture(t *testing.T) {
	w := newWorkplace(t)
	w.fill("5000")
	w.Capture(looked, "{\"id\":3998}\n{\"id\":4000}\n{\"id\":4001}\n")
}

// TestPositions shows what is kept, tells how far the pipeline is behind, and begins anew once that is removed.
func TestPositions(t *testing.T) {
	w := newWorkplace(t)
	w.fill("6")
	w.Positions(looked, "(60, 6)")
}

// TestPositionsOfRestartedTable tells of rows that aren't read, since ids begin anew, and refuses positions of another type.
func TestPositionsOfRestartedTable(t *testing.T) {
	w := newWorkplace(t)
	w.fill("6")
	w.Restarted("ALTER TABLE orders MODIFY id VARCHAR(20)")
}
