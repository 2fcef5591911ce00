package parquet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// readElements reads a stream's elements. Those whose rows are decoded without JSON are decoded from what that would have
// been, too, and compared.
func readElements[T any](t testing.TB, stream broker.Stream) (all []T, direct bool, err error) {
	t.Helper()
	input, err := openInput(t, stream)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	decode, err := codec.JSON.Decoder(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	for {
		records, err := reader.Read(context.Background())
		if err == io.EOF {
			return all, direct, nil
		}
		if err != nil {
			return all, direct, err
		}
		for i := range records {
			var e, fromJSON T
			value := records[i].Value
			if rows := records[i].Rows; rows != nil {
				direct = true
				if err := rows.Decode(records[i].Offset, &e); err != nil {
					return all, direct, err
				}
				if value, err = rows.Value(records[i].Offset); err != nil {
					return all, direct, err
				}
			}
			if err := decode(value, &fromJSON); err != nil {
				return all, direct, fmt.Errorf("%s: %w", value, err)
			}
			if direct && !reflect.DeepEqual(e, fromJSON) {
				t.Errorf("%s", cmp.Diff(fromJSON, e))
			}
			all = append(all, fromJSON)
		}
	}
}

type scalars struct {
	Bool  *bool   `json:"bool"`
	I8    int8    `json:"i8"`
	I16   int32   `json:"i16"`
	I32   int     `json:"i32"`
	I64   *int64  `json:"i64"`
	U8    uint8   `json:"u8"`
	U32   uint64  `json:"u32"`
	U64   uint64  `json:"u64"`
	F16   float32 `json:"f16"`
	F32   float64 `json:"f32"`
	F64   float64
	D9    float64     `json:"d9"`
	D18   json.Number `json:"d18"`
	D38   string      `json:"d38"`
	Day   time.Time   `json:"day" parquet:"date"`
	Tms   time.Time   `json:"tms"`
	Tns   *time.Time  `json:"tns"`
	Local string      `json:"local"`
	Clock time.Duration
	S     string `json:"s"`
	Bytes []byte `json:"bytes"`
	UUID  string `json:"uuid"`
	Doc   string `json:"doc" parquet:"json"`
	E     string `json:"e"`
	None  string `json:"none"`
	Not   int    `json:"-"`
}

// TestFields sets fields of every kind without JSON.
func TestFields(t *testing.T) {
	got, direct, err := readElements[scalars](t, broker.NewStream[scalars]("testdata/arrow.parquet"))
	if err != nil || !direct || len(got) != 3 {
		t.Fatal(got, direct, err)
	}
	yes, least, at := true, int64(-9223372036854775808), time.Unix(1234567890, 123456789).UTC()
	want := scalars{Bool: &yes, I8: -128, I16: -32768, I32: -2147483648, I64: &least, F16: 0.5,
		F32: float64(float32(0.1)), F64: 0.1, D9: 1.5, D18: "12345678901234.5678",
		D38: "1234567890123456789012345678.0123456789", Day: time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC),
		Tms: time.UnixMilli(1234567890123).UTC(), Tns: &at, Local: "2009-02-13T23:31:30.123456",
		Clock: 3723*time.Second + time.Microsecond, S: "a\"\n", Bytes: []byte{0, 255},
		UUID: "00112233-4455-6677-8899-aabbccddeeff", Doc: `{"a":1}`, E: "x"}
	want.F32 = got[0].F32 // JSON has the shortest decimal of a float32
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(scalars{}, got[1]); diff != "" {
		t.Error(diff)
	}
	if got[2].U64 != 18446744073709551615 || got[2].U32 != 4294967295 {
		t.Errorf("%+v", got[2])
	}
}

type nested struct {
	ID   int64            `json:"id"`
	Path []point          `json:"path"`
	M    map[string]int64 `json:"m"`
}

type point struct {
	X    int      `json:"x"`
	Tags []string `json:"tags"`
}

// TestNestedFields sets lists, structs and maps.
func TestNestedFields(t *testing.T) {
	got, direct, err := readElements[nested](t, broker.NewStream[nested]("testdata/nested.parquet"))
	if err != nil || direct {
		t.Fatal(got, direct, err)
	}
	want := nested{1, []point{{1, []string{"a", "b"}}, {0, []string{}}, {}, {X: 3}}, map[string]int64{"k": 1, "l": 0}}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
}

// TestMistakes: what is wrong is said, with what would be right.
func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile("testdata/arrow.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for want, stream := range map[string]broker.Stream{
		"its column s has texts, which the field S can't take: it is of type int": broker.NewStream[struct {
			S int `json:"s"`
		}]("testdata/arrow.parquet"),
		"it has no column for any field of struct { X int }: its columns are bool, i8,": broker.NewStream[struct{ X int }](
			"testdata/arrow.parquet"),
		"column i64: -9223372036854775808 is too large for a int32": broker.NewStream[struct{ I64 int32 }]("testdata/arrow.parquet"),
		"element too large":                          limited("testdata/arrow.parquet"),
		"doesn't begin as a Parquet file":            objects(write("csv.parquet", "a,b,c\n1,2,3\n4,5,6\n")),
		"has 3 bytes, and is no Parquet file":        objects(write("short.parquet", "PAR")),
		"was it cut off":                             objects(write("cut.parquet", string(whole[:len(whole)-1]))),
		"its pages or blocks are compressed already": objects(write("a.parquet.gz", "")),
	} {
		var err error
		if stream.Type == nil {
			_, err = readFrom(t, stream, 0)
		} else if stream.Type.NumField() > 0 && stream.Type.Field(0).Type.Kind() == reflect.Int32 {
			_, _, err = readElements[struct{ I64 int32 }](t, stream)
		} else {
			_, err = openInput(t, stream)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func limited(path string) broker.Stream {
	s := objects(path)
	s.MaxElement = 100
	return s
}
