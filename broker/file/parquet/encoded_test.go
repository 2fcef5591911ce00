package parquet

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

type small int16

type plainRow struct {
	Bool   bool     `json:"bool"`
	Int8   int8     `json:"int8"`
	Int16  small    `json:"int16"`
	Int32  int32    `json:"int32"`
	Int64  int64    `json:"int64"`
	Int    *int     `json:"int"`
	Uint8  uint8    `json:"uint8"`
	Uint16 *uint16  `json:"uint16"`
	Uint32 uint32   `json:"uint32"`
	Uint64 uint64   `json:"uint64"`
	Uint   uint     `json:"uint"`
	Single float32  `json:"single"`
	Double float64  `json:"double"`
	Far    *float64 `json:"far"`
	Text   string   `json:"té xt"`
	Maybe  *string
	Maybes *bool  `parquet:"other"`
	Left   string `json:"-"`
	_      int
}

// Files of plain structs are to the byte what they are by way of JSON, and refused is what that refuses.
func TestPlainStructsAreWrittenAsTheirJSON(t *testing.T) {
	stream := broker.NewStream[plainRow]("a.parquet")
	encodeJSON, err := codec.JSON.Encoder(stream.Type)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		stream.Format = Options{RowGroup: rapid.IntRange(0, 30).Draw(t, "row group")}
		var files [2]bytes.Buffer
		var writers [2]*writer
		for i := range writers {
			if writers[i], err = create(&stream, &files[i]); err != nil {
				t.Fatal(err)
			}
		}
		encode := writers[0].Encoder()
		var rows []byte
		count := 0
		for range rapid.IntRange(0, 300).Draw(t, "rows") {
			row := drawRow(t)
			object, wrong := encodeJSON(nil, &row)
			before := len(rows)
			var refused error
			if rows, refused = encode(rows, &row); refused != nil {
				if wrong == nil || refused.Error() != wrong.Error() || len(rows) != before {
					t.Fatalf("%+v is refused by %v, and by JSON %v", row, refused, wrong)
				}
				continue
			}
			if wrong != nil {
				t.Fatalf("%+v is not refused: %v", row, wrong)
			}
			if err := writers[1].Append(object); err != nil {
				t.Fatal(err)
			}
			if count++; rapid.IntRange(0, 3).Draw(t, "commit") == 0 {
				appendRows(t, writers[0], rows, count)
				rows, count = rows[:0], 0
			}
		}
		appendRows(t, writers[0], rows, count)
		for _, w := range writers {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
			t.Fatal("the files differ")
		}
	})
}

// appendRows appends rows, and writes over them then.
func appendRows(t *rapid.T, w *writer, rows []byte, count int) {
	if err := w.AppendEncoded(rows, count); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i] = 'x'
	}
}

func drawRow(t *rapid.T) plainRow {
	var row plainRow
	v := reflect.ValueOf(&row).Elem()
	for i := range v.NumField() - 1 {
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			if rapid.Bool().Draw(t, "null") {
				continue
			}
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		switch f.Kind() {
		case reflect.Bool:
			f.SetBool(rapid.Bool().Draw(t, "bool"))
		case reflect.String:
			f.SetString(rapid.SampledFrom([]string{"", "null", "plain", "\"q\"\n", "é\u2028", "a\xff\xfeb", "\xed\xa0\x80"}).Draw(t, "text"))
		case reflect.Float32, reflect.Float64:
			f.SetFloat(rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-7, 1e21,
				math.SmallestNonzeroFloat64})).Draw(t, "float"))
			if rapid.IntRange(0, 2000).Draw(t, "is finite") == 0 {
				f.SetFloat(rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "not finite"))
			}
		default:
			bits := rapid.Uint64().Draw(t, "bits") >> rapid.IntRange(0, 64).Draw(t, "shift")
			f.Set(reflect.ValueOf(bits).Convert(f.Type()))
		}
	}
	return row
}

// Structs with more than that are written by way of JSON.
func TestOtherStructsAreWrittenByTheirJSON(t *testing.T) {
	for _, stream := range []broker.Stream{
		broker.NewStream[struct{ At time.Time }]("a.parquet"),
		broker.NewStream[struct{ List []int }]("a.parquet"),
		broker.NewStream[struct {
			Left int `json:",omitempty"`
		}]("a.parquet"),
		broker.NewStream[struct {
			Price string `parquet:",decimal(2:10)"`
		}]("a.parquet"),
		broker.NewStream[struct{ plainRow }]("a.parquet"),
		broker.NewStream[struct{ A, a int }]("a.parquet"),
		broker.NewStream[map[string]int]("a.parquet"),
	} {
		w, err := create(&stream, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		if isPlain := w.Encoder() != nil; isPlain != (stream.Type == reflect.TypeFor[struct{ A, a int }]()) {
			t.Errorf("%v is plain: %v", stream.Type, isPlain)
		}
	}
}
