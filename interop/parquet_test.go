//go:build interop

package interop

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A kind is the type of a column, as tables.py knows it.
type kind struct {
	Kind      string  `json:"kind"`
	Precision int     `json:"precision,omitempty"`
	Scale     int     `json:"scale,omitempty"`
	Unit      string  `json:"unit,omitempty"`
	Zone      string  `json:"zone,omitempty"`
	Of        *kind   `json:"of,omitempty"`
	Fields    []field `json:"fields,omitempty"`
}

type field struct {
	Name string `json:"name"`
	Type kind   `json:"type"`
}

// A cell is a value in two forms: as it travels to tables.py, and as Leat has it in an element.
type cell struct {
	wire any
	leat string
}

var null = cell{nil, "null"}

// random returns a value of a kind; null now and then.
func (k kind) random(r *rand.Rand) cell {
	if r.IntN(7) == 0 {
		return null
	}
	switch k.Kind {
	case "bool":
		b := r.IntN(2) == 0
		return cell{b, strconv.FormatBool(b)}
	case "text":
		s := text(r, 6)
		return cell{s, quoted(s)}
	case "bytes":
		b := make([]byte, r.IntN(5))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		s := base64.StdEncoding.EncodeToString(b)
		return cell{s, quoted(s)}
	case "float":
		f := float32(r.NormFloat64() * math.Pow10(r.IntN(60)-30))
		return floating(float64(f), 32)
	case "double":
		f := pick(r, math.Float64frombits(r.Uint64()), r.NormFloat64(), float64(r.IntN(100)), math.Copysign(0, -1))
		return floating(f, 64)
	case "decimal":
		unscaled := digits(r, 1+r.IntN(k.Precision))
		s := new(big.Rat).SetFrac(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(k.Scale)), nil)).FloatString(k.Scale)
		return cell{s, s}
	case "list":
		return k.list(r)
	case "struct":
		return k.object(r)
	case "timestamp", "date", "time":
		return k.moment(r)
	}
	return k.whole(r)
}

func floating(f float64, bits int) cell {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return null // as they travel, and null is there anyway
	}
	s := strconv.FormatFloat(f, 'g', -1, bits)
	return cell{s, s}
}

// digits is a whole number of up to n digits.
func digits(r *rand.Rand, n int) *big.Int {
	i := new(big.Int)
	for range n {
		i.Mul(i, big.NewInt(10)).Add(i, big.NewInt(int64(r.IntN(10))))
	}
	if r.IntN(2) == 0 {
		i.Neg(i)
	}
	return i
}

// whole is a whole number, of which many are at the ends of what the kind holds.
func (k kind) whole(r *rand.Rand) cell {
	bits, _ := strconv.Atoi(strings.TrimLeft(k.Kind, "uint"))
	u := pick(r, r.Uint64(), 0, math.MaxUint64, uint64(r.IntN(100)))
	s := strconv.FormatInt(int64(u)>>(64-bits), 10)
	if strings.HasPrefix(k.Kind, "u") {
		s = strconv.FormatUint(u>>(64-bits), 10)
	}
	return cell{json.Number(s), s}
}

func (k kind) list(r *rand.Rand) cell {
	wires, leats := []any{}, []string{}
	for range r.IntN(4) {
		c := k.Of.random(r)
		wires, leats = append(wires, c.wire), append(leats, c.leat)
	}
	return cell{wires, "[" + strings.Join(leats, ",") + "]"}
}

func (k kind) object(r *rand.Rand) cell {
	wires, leats := []any{}, []string{}
	for _, f := range k.Fields {
		c := f.Type.random(r)
		wires, leats = append(wires, c.wire), append(leats, quoted(f.Name)+":"+c.leat)
	}
	return cell{wires, "{" + strings.Join(leats, ",") + "}"}
}

// moment is an instant between 1700 and 2250, a day, or a time of day.
func (k kind) moment(r *rand.Rand) cell {
	const day = 24 * time.Hour
	unit := map[string]time.Duration{"s": time.Second, "ms": time.Millisecond, "us": time.Microsecond, "ns": 1}[k.Unit]
	switch k.Kind {
	case "date":
		n := r.IntN(200_000) - 98_000
		return cell{n, quoted(time.Unix(0, 0).UTC().AddDate(0, 0, n).Format(time.DateOnly))}
	case "time":
		n := r.Int64N(int64(day / unit))
		return cell{n, quoted(time.Unix(0, n*int64(unit)).UTC().Format("15:04:05.999999999"))}
	}
	n := (r.Int64N(int64(280*365*day)) - int64(140*365*day)) / int64(unit)
	layout := "2006-01-02T15:04:05.999999999"
	if k.Zone != "" {
		layout += "Z"
	}
	return cell{n, quoted(time.Unix(0, 0).UTC().Add(time.Duration(n) * unit).Format(layout))}
}

// randomKind is a type that others write; of those in lists and structs pandas and DuckDB give fewer.
func randomKind(r *rand.Rand, depth int) kind {
	switch n := r.IntN(10); {
	case n == 0 && depth > 0:
		of := randomKind(r, depth-1)
		return kind{Kind: "list", Of: &of}
	case n == 1 && depth > 0:
		return kind{Kind: "struct", Fields: []field{{"a", randomKind(r, depth-1)}, {"b c", randomKind(r, depth-1)}}}
	case n == 2:
		precision := 1 + r.IntN(38)
		return kind{Kind: "decimal", Precision: precision, Scale: r.IntN(precision + 1)}
	case n < 5:
		return kind{Kind: "timestamp", Unit: pick(r, "s", "ms", "us", "ns"), Zone: pick(r, "", "UTC")}
	case n == 5:
		return kind{Kind: "time", Unit: "us"}
	}
	return kind{Kind: pick(r, "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double",
		"text", "text", "bytes", "date")}
}

// A sheet is a table as a Parquet file holds it.
type sheet struct {
	columns []field
	rows    [][]cell
}

func randomSheet(r *rand.Rand, random func() kind) sheet {
	s := sheet{rows: [][]cell{}}
	for i := range 1 + r.IntN(6) {
		s.columns = append(s.columns, field{fmt.Sprintf("%s %d", strings.Map(printable, text(r, 2)), i), random()})
	}
	for range pick(r, 0, 1, r.IntN(10), r.IntN(200)) {
		row := make([]cell, len(s.columns))
		for i, c := range s.columns {
			row[i] = c.Type.random(r)
		}
		s.rows = append(s.rows, row)
	}
	return s
}

func printable(c rune) rune {
	if c < ' ' || c == '"' || c == '\ufeff' {
		return -1
	}
	return c
}

func (s sheet) objects() string {
	var b strings.Builder
	for _, row := range s.rows {
		for i, c := range row {
			b.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + quoted(s.columns[i].Name) + ":" + c.leat)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func (s sheet) wires() [][]any {
	rows := make([][]any, len(s.rows))
	for i, row := range s.rows {
		for _, c := range row {
			rows[i] = append(rows[i], c.wire)
		}
	}
	return rows
}

// What pandas and DuckDB write, Leat reads equal: integers and decimals with their digits, floating numbers as the same number.
func TestReadParquet(t *testing.T) {
	python := startTables(t)
	eachTable(t, func(t *testing.T, r *rand.Rand, dir string) {
		s := randomSheet(r, func() kind { return randomKind(r, 2) })
		by := pick(r, "pandas", "DuckDB")
		python.ask(t, question{
			"do": "parquet_write", "by": by, "path": filepath.Join(dir, "in.parquet"), "columns": s.columns, "rows": s.wires(),
			"compression": pick(r, "snappy", "zstd", "gzip", "none"), "row_group": 1 + r.IntN(100), "dictionary": r.IntN(2) == 0,
			"page_version": pick(r, "1.0", "2.0"),
		})
		if err := convert(t, dir, "in.parquet", "out.jsonl"); err != nil {
			t.Error(by, err)
			return
		}
		data, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		got, want := slices.Collect(strings.Lines(string(data))), slices.Collect(strings.Lines(s.objects()))
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, not %d", by, len(got), len(want))
			return
		}
		for i := range got {
			if a, b := plain(t, got[i]), plain(t, want[i]); a != b {
				t.Errorf("%s: row %d is\n%swant\n%sof %s", by, i, got[i], want[i], quoted(s.columns))
				return
			}
		}
	})
}

// plain makes one text of all that mean the same: a number with a point or an exponent is a float, or a decimal that keeps its
// digits; floats are compared as numbers.
func plain(t *testing.T, object string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(object))
	d.UseNumber()
	var b strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return b.String()
		}
		if n, ok := token.(json.Number); ok && strings.ContainsAny(string(n), "eE") {
			f, err := n.Float64()
			if err != nil {
				t.Fatal(err)
			}
			token = strconv.FormatFloat(f, 'f', -1, 64)
		}
		fmt.Fprintf(&b, "%v,", token)
	}
}

// writtenKinds are the types of columns that a pipeline file may give, and what a value of each is.
func writtenKind(r *rand.Rand) (declared string, k kind) {
	switch r.IntN(8) {
	case 0:
		precision := 1 + r.IntN(38)
		k = kind{Kind: "decimal", Precision: precision, Scale: r.IntN(precision + 1)}
		return fmt.Sprintf("decimal(%d,%d)", k.Precision, k.Scale), k
	case 1:
		return "timestamp", kind{Kind: "timestamp", Unit: "us", Zone: "UTC"}
	case 2:
		return "int64", kind{Kind: pick(r, "int64", "int8", "uint32")}
	case 3:
		return "json", kind{Kind: "list", Of: &kind{Kind: "int32"}}
	}
	same := pick(r, "bool", "double", "text", "date", "bytes")
	return same, kind{Kind: same}
}

// What Leat writes, pandas, DuckDB and Leat itself read equal.
func TestWrittenParquet(t *testing.T) {
	python := startTables(t)
	eachTable(t, func(t *testing.T, r *rand.Rand, dir string) {
		var declared []string
		s := randomSheet(r, func() kind {
			name, k := writtenKind(r)
			declared = append(declared, name)
			return k
		})
		options := fmt.Sprintf("row_group: %d, compression: %s", 1+r.IntN(100), pick(r, "zstd", "snappy", "gzip", "lz4", "none"))
		var columns []string
		for i, c := range s.columns {
			columns = append(columns, quoted(c.Name)+": "+quoted(declared[i]))
		}
		write(t, filepath.Join(dir, "in.jsonl"), s.objects())
		path := filepath.Join(dir, "out.parquet")
		options += ", columns: {" + strings.Join(columns, ", ") + "}"
		if err := convert(t, dir, "in.jsonl", "out.parquet, parquet: {"+options+"}"); err != nil {
			t.Fatal(err)
		}
		s.compareRead(t, python, path)
		if err := convert(t, dir, "out.parquet", "again.jsonl"); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "again.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := plain(t, string(data)), plain(t, s.objects()); got != want {
			t.Errorf("Leat reads\n%s\nwant\n%s", got, want)
		}
	})
}

// compareRead says where pandas or DuckDB read something else.
func (s sheet) compareRead(t *testing.T, python *tables, path string) {
	t.Helper()
	for _, by := range []string{"pandas", "DuckDB"} {
		a := python.ask(t, question{"do": "parquet_read", "by": by, "path": path})
		if len(a.Rows) != len(s.rows) {
			t.Errorf("%s finds %d rows, not %d", by, len(a.Rows), len(s.rows))
			return
		}
		for i, row := range a.Rows {
			for j, v := range row {
				if got, want := travelled(v, s.columns[j].Type), travelled(s.rows[i][j].wire, s.columns[j].Type); got != want {
					t.Errorf("%s finds in row %d in %s %s, not %s", by, i, quoted(s.columns[j]), got, want)
				}
			}
		}
	}
}

// travelled makes one text of a value that has travelled: instants come back in nanoseconds, lists as the JSON that they are.
func travelled(v any, k kind) string {
	if v == nil {
		return "null"
	}
	switch k.Kind {
	case "double", "float":
		bits := map[string]int{"double": 64, "float": 32}[k.Kind]
		f, err := strconv.ParseFloat(fmt.Sprint(v), bits)
		if err != nil {
			return err.Error()
		}
		return strconv.FormatFloat(f, 'g', -1, bits)
	case "timestamp":
		if n, ok := v.(int64); ok { // in microseconds, as it was made
			v = n * 1000
		}
	case "list":
		if text, ok := v.(string); ok {
			return text
		}
		return quoted(v)
	}
	return fmt.Sprint(v)
}
