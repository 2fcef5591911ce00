package parquet_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
)

// readDamaged reads a damaged file in both ways, and checks that this takes bounded memory.
func readDamaged(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := readFrom(t, objects(path), 0); err != nil && strings.Contains(err.Error(), "runtime error") {
		t.Logf("%v", err)
	}
	_, _, _ = readDamagedFields(t, path)
	_, _ = readFrom(t, objects(path), 2)
	runtime.ReadMemStats(&after)
	if size := after.TotalAlloc - before.TotalAlloc; size > 1<<30 {
		t.Fatalf("a file of %d bytes took %d bytes", len(content), size)
	}
}

func readDamagedFields(t testing.TB, path string) ([]scalarFields, bool, error) {
	return readElements[scalarFields](t, broker.NewStream[scalarFields](path))
}

type scalarFields struct {
	I64 int64   `json:"i64"`
	S   string  `json:"s"`
	F64 float64 `json:"f64"`
}

// TestCut reads files that are cut off at every length, and with each byte changed: there is an error or there are
// rows, but no panic, no hang, and bounded memory. LEAT_DAMAGE=all takes each length and byte instead of some.
func TestCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "damaged.parquet")
	step := 61
	if os.Getenv("LEAT_DAMAGE") == "all" {
		step = 1
	}
	for _, name := range []string{"nested.parquet", "empty.parquet"} {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(whole); n += 1 + step/8 {
			readDamaged(t, path, whole[:n])
		}
	}
	for _, name := range []string{"nested-v2.parquet", "arrow.parquet", "arrow-v2.parquet", "polars.parquet", "duckdb.parquet",
		"arrow-lz4.parquet"} {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(whole); at += step {
			for _, change := range []byte{0x01, 0x80, 0xff} {
				changed := bytes.Clone(whole)
				changed[at] ^= change
				readDamaged(t, path, changed)
			}
		}
	}
}

// FuzzRead reads whatever there is in a file.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"arrow", "arrow-v2", "nested", "nested-v2", "polars", "duckdb", "lists-v1"} {
		whole, err := os.ReadFile(filepath.Join("testdata", name+".parquet"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		readDamaged(t, filepath.Join(t.TempDir(), "damaged.parquet"), content)
	})
}
