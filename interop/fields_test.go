//go:build interop

package interop

import (
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
)

// Fields has a column for each of its fields, and nil for null.
type Fields struct {
	Bool   *bool      `json:"bool"`
	Small  *int8      `json:"small"`
	Large  *int64     `json:"large"`
	Count  *uint32    `json:"count"`
	Double *float64   `json:"double"`
	Single *float32   `json:"single"`
	Text   *string    `json:"text"`
	At     *time.Time `json:"at"`
	List   []*int64   `json:"list"`
}

// Passed is the same, written.
type Passed Fields

var columnsOfFields = []field{
	{"bool", kind{Kind: "bool"}},
	{"small", kind{Kind: "int8"}},
	{"large", kind{Kind: "int64"}},
	{"count", kind{Kind: "uint32"}},
	{"double", kind{Kind: "double"}},
	{"single", kind{Kind: "float"}},
	{"text", kind{Kind: "text"}},
	{"at", kind{Kind: "timestamp", Unit: "us", Zone: "UTC"}},
	{"list", kind{Kind: "list", Of: &kind{Kind: "int64"}}},
}

// What pandas and DuckDB write becomes fields of a struct, and what is written of these, both read equal; so with a list, which
// takes another way, and without it.
func TestParquetOfFields(t *testing.T) {
	type (
		Plain struct {
			Bool   *bool      `json:"bool"`
			Small  *int8      `json:"small"`
			Large  *int64     `json:"large"`
			Count  *uint32    `json:"count"`
			Double *float64   `json:"double"`
			Single *float32   `json:"single"`
			Text   *string    `json:"text"`
			At     *time.Time `json:"at"`
		}
		PlainPassed Plain
	)
	python := startTables(t)
	eachTable(t, func(t *testing.T, r *rand.Rand, dir string) {
		in, out := filepath.Join(dir, "in.parquet"), filepath.Join(dir, "out.parquet")
		columns := columnsOfFields
		withList := r.IntN(2) == 0
		if !withList {
			columns = columns[:len(columns)-1]
		}
		s := sheet{columns: columns, rows: [][]cell{}}
		for range r.IntN(20) {
			var row []cell
			for _, c := range columns {
				row = append(row, c.Type.random(r))
			}
			s.rows = append(s.rows, row)
		}
		python.ask(t, question{
			"do": "parquet_write", "by": pick(r, "pandas", "DuckDB"), "path": in, "columns": s.columns, "rows": s.wires(),
			"compression": pick(r, "snappy", "zstd"), "row_group": 1 + r.IntN(10), "dictionary": r.IntN(2) == 0, "page_version": "1.0",
		})
		if withList {
			pass(t, func(f Fields) Passed { return Passed(f) }, file.At[Fields](in), file.At[Passed](out))
		} else {
			pass(t, func(f Plain) PlainPassed { return PlainPassed(f) }, file.At[Plain](in), file.At[PlainPassed](out))
		}
		s.compareRead(t, python, out)
	})
}

func pass(t *testing.T, fn any, in, out file.Option) {
	t.Helper()
	mill, err := leat.New(fn, leat.Broker(file.New(parquet.Files(), in, out)), leat.Logger(slog.New(slog.DiscardHandler)))
	if err == nil {
		err = mill.Run(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}
