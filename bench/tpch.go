package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/leat-go/leat/bench/internal/process"
)

// An Order is a row of TPC-H's table orders.
type Order struct {
	Key      int64   `json:"o_orderkey"`
	Customer int64   `json:"o_custkey"`
	Status   string  `json:"o_orderstatus"`
	Price    float64 `json:"o_totalprice"`
	Date     string  `json:"o_orderdate"`
	Priority string  `json:"o_orderpriority"`
	Clerk    string  `json:"o_clerk"`
	Ship     int64   `json:"o_shippriority"`
	Comment  string  `json:"o_comment"`
}

// A LineItem is a row of TPC-H's table lineitem.
type LineItem struct {
	Order     int64   `json:"l_orderkey"`
	Part      int64   `json:"l_partkey"`
	Supplier  int64   `json:"l_suppkey"`
	Number    int64   `json:"l_linenumber"`
	Quantity  int64   `json:"l_quantity"`
	Price     float64 `json:"l_extendedprice"`
	Discount  float64 `json:"l_discount"`
	Tax       float64 `json:"l_tax"`
	Returned  string  `json:"l_returnflag"`
	Status    string  `json:"l_linestatus"`
	Shipped   string  `json:"l_shipdate"`
	Committed string  `json:"l_commitdate"`
	Received  string  `json:"l_receiptdate"`
	Instruct  string  `json:"l_shipinstruct"`
	Mode      string  `json:"l_shipmode"`
	Comment   string  `json:"l_comment"`
}

// itemsPerOrder is the mean number of line items of an order: one to seven, as in TPC-H.
const itemsPerOrder = 4

// tpchInputs is TPC-H's orders and their line items, sorted by the order's key, of which a quarter is used.
func tpchInputs(elements int) []input {
	orders := max(1, elements/(itemsPerOrder+1))
	itemsOf := func(order int) int { return 1 + order*5%7 }
	items := 0
	for i := range orders {
		items += itemsOf(i)
	}
	rows, lines := newTPCH(), newTPCH()
	order, number := 0, 0
	return []input{
		inputOf("orders", orders, rows.order),
		inputOf("lineitem", items, func(int) LineItem {
			if number == itemsOf(order) {
				order, number = order+1, 0
			}
			number++
			return lines.item(order, number)
		}),
	}
}

// A tpch makes rows with the columns of TPC-H and values like there.
type tpch struct{ random *rand.Rand }

func newTPCH() *tpch { return &tpch{rand.New(rand.NewPCG(5, 6))} }

// orderKey leaves the gaps that TPC-H has: eight keys of 32 are used.
func orderKey(i int) int64 { return int64(i/8*32 + i%8 + 1) }

func (t *tpch) order(i int) Order {
	return Order{
		Key: orderKey(i), Customer: t.random.Int64N(150_000) + 1, Status: t.one("F", "O", "P"), Price: t.money(500_000),
		Date: t.date(), Priority: t.one("1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"),
		Clerk: fmt.Sprintf("Clerk#%09d", t.random.IntN(1000)+1), Comment: t.text(12),
	}
}

func (t *tpch) item(order, number int) LineItem {
	return LineItem{
		Order: orderKey(order), Part: t.random.Int64N(200_000) + 1, Supplier: t.random.Int64N(10_000) + 1,
		Number: int64(number), Quantity: t.random.Int64N(50) + 1, Price: t.money(100_000),
		Discount: float64(t.random.IntN(11)) / 100, Tax: float64(t.random.IntN(9)) / 100,
		Returned: t.one("A", "N", "R"), Status: t.one("F", "O"),
		Shipped: t.date(), Committed: t.date(), Received: t.date(),
		Instruct: t.one("DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"),
		Mode:     t.one("REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"), Comment: t.text(5),
	}
}

func (t *tpch) one(of ...string) string { return of[t.random.IntN(len(of))] }

func (t *tpch) money(below int) float64 { return float64(t.random.IntN(below*100)) / 100 }

func (t *tpch) date() string {
	return time.Date(1992, 1, 1+t.random.IntN(2_400), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

func (t *tpch) text(words int) string {
	text := t.one("carefully", "quickly", "furiously", "slyly", "blithely")
	for range words - 1 {
		text += " " + t.one("final", "regular", "express", "deposits", "accounts", "packages", "sleep", "wake", "above",
			"the")
	}
	return text
}

// tpchFile is the pipeline file that joins orders with line items.
const tpchFile = `streams:
  orders: {file: %[1]s/orders.json}
  lineitem: {file: %[1]s/lineitem.json}
  joined: {file: %[2]s}
master: orders
join:
  - {left: orders, right: lineitem, on: "orders.o_orderkey == lineitem.l_orderkey"}
output: joined
`

// leatRun returns the program that is the command leat, built into dir, on a pipeline file.
func leatRun(ctx context.Context, dir string) (program, error) {
	leat, err := process.BuildLeat(ctx, dir)
	if err != nil {
		return program{}, err
	}
	file := filepath.Join(dir, "tpch.yaml")
	return program{
		name: "leat run", lacks: []string{"W1", "W2", "W3", "W4"}, source: "// lines: all\n" + tpchFile,
		prepare: func(at endpoints) error {
			return os.WriteFile(file, fmt.Appendf(nil, tpchFile, filepath.ToSlash(at.in), filepath.ToSlash(at.out)), 0o666)
		},
		command: func(string, endpoints) []string { return []string{leat, "run", "--quiet", file} },
	}, nil
}

// duckDB returns the program in python/duck.py.
func duckDB(ctx context.Context) (program, error) {
	interpreter, err := pythonWith(ctx, "duckdb-2.0.0", "duckdb", "duckdb==2.0.0")
	if err != nil {
		return program{}, err
	}
	script, err := script("python", "duck.py")
	return program{
		name: "duckdb", unordered: true, source: duckSource,
		command: func(workload string, at endpoints) []string {
			return append([]string{interpreter, script, workload}, at.arguments()...)
		},
	}, err
}
