package postgres_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/leat-go/leat/broker/postgres"
)

// A change is one of any table.
type change = postgres.Change[map[string]any]

// next waits for the next change.
func (f *followed) next() string {
	f.Helper()
	select {
	case got := <-f.values:
		return got
	case <-time.After(time.Minute):
		f.Fatalf("no change comes; the log is\n%s", f.log)
	}
	return ""
}

// expectChanges waits for changes, each as its op, table, before and after.
func (f *followed) expectChanges(want ...string) {
	f.Helper()
	for _, w := range want {
		var c struct {
			Op, Schema, Table string
			Before, After     json.RawMessage
			LSN               int64
			Committed         time.Time
		}
		text := f.next()
		f.must(json.Unmarshal([]byte(text), &c))
		if got := fmt.Sprintf("%s %s.%s %s %s", c.Op, c.Schema, c.Table, c.Before, c.After); got != w {
			f.Errorf("the change is\n%s, not\n%s", got, w)
		}
		if c.LSN == 0 || time.Since(c.Committed).Abs() > time.Hour {
			f.Errorf("the change is at %d, %v", c.LSN, c.Committed)
		}
	}
}

// Each kind of change is an element, with as much of the row before as the replica identity gives.
func TestChanges(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE orders (id int PRIMARY KEY, v text); CREATE TABLE items (id int, v text); CREATE TABLE other (id int);
		ALTER TABLE items REPLICA IDENTITY FULL`)
	f := d.follow(postgres.Changes[change]("all", []string{"orders", "public.items"}))
	d.exec(`INSERT INTO other VALUES (1); INSERT INTO orders VALUES (1, 'a'), (2, NULL); UPDATE orders SET v = 'b' WHERE id = 1`)
	d.exec("UPDATE orders SET id = 3 WHERE id = 2")
	d.exec("BEGIN; INSERT INTO items VALUES (1, 'x'); INSERT INTO orders VALUES (9, 'not'); ROLLBACK")
	d.exec("BEGIN; INSERT INTO items VALUES (1, 'x'); DELETE FROM orders WHERE id = 1; COMMIT")
	d.exec("UPDATE items SET v = 'y'; DELETE FROM items; TRUNCATE orders")
	f.expectChanges(
		`insert public.orders null {"id":1,"v":"a"}`,
		`insert public.orders null {"id":2,"v":null}`,
		`update public.orders {"id":1} {"id":1,"v":"b"}`,
		`update public.orders {"id":2} {"id":3,"v":null}`,
		`insert public.items null {"id":1,"v":"x"}`,
		`delete public.orders {"id":1} null`,
		`update public.items {"id":1,"v":"x"} {"id":1,"v":"y"}`,
		`delete public.items {"id":1,"v":"y"} null`,
		`truncate public.orders null null`,
	)
}
