package avro_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/avro"
)

// FuzzRead reads whatever there is in a file: elements or an error, no panic, no hang, and bounded memory. A file of a few bytes
// may hold any number of elements without fields, so that not all are read.
func FuzzRead(f *testing.F) {
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		path := filepath.Join(f.TempDir(), "a.avro")
		o := avro.Options{Codec: codec, Schema: `{"type":"record","name":"R","fields":[{"name":"n","type":["null","long"]},` +
			`{"name":"t","type":{"type":"array","items":"string"}},{"name":"m","type":{"type":"map","values":"bytes"}}]}`}
		if err := write(f, objects(path, o), `{"n":1,"t":["a"],"m":{}}`, `{"n":null,"t":[],"m":{"k":"AA=="}}`); err != nil {
			f.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
		f.Add(whole[:len(whole)-3])
	}
	empty, err := os.ReadFile("testdata/empty.avro")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(empty)
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "a.avro")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		readSome(t, path, 0)
		readSome(t, path, 1)
		runtime.ReadMemStats(&after)
		if size := after.TotalAlloc - before.TotalAlloc; size > 1<<30 {
			t.Fatalf("a file of %d bytes took %d bytes", len(content), size)
		}
	})
}

// readSome reads elements of a file, but no endless number of them.
func readSome(t *testing.T, path string, from int64) {
	b := file.New(file.Streams(objects(path, avro.Options{})), avro.Files())
	in, err := b.OpenSource(t.Context(), job(b.Streams(), nil))
	if err != nil {
		return
	}
	defer in.Close()
	r, err := in.Reader(t.Context(), 0, 0, from)
	if err != nil {
		return
	}
	defer r.Close()
	next := from
	for range 20 {
		records, err := r.Read(t.Context())
		for i := range records {
			if records[i].Offset != next {
				t.Fatalf("offset %d comes in place of %d", records[i].Offset, next)
			}
			next++
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && len(records) > 0 {
				t.Errorf("records come with %v", err)
			}
			return
		}
		if len(records) == 0 {
			t.Fatal("nothing comes, and no end")
		}
	}
}
