package file_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// TestRecycleValues gives records back in any order, with their values and without, while others are still in use.
func TestRecycleValues(t *testing.T) {
	const n = 30_000
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "{\"time\":%d,\"text\":%q}\n", i, strings.Repeat("x", i%97))
	}
	path := write(t, t.TempDir(), "a.jsonl", text.String())
	rapid.Check(t, func(t *rapid.T) {
		in, err := openSource(file.New(file.At[location](path)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := in.Reader(context.Background(), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		var inUse [][]broker.Record
		var values [][][]byte
		read := 0
		most := rapid.IntRange(1, 50).Draw(t, "most")
		for {
			records, err := r.Read(context.Background())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			inUse = append(inUse, records)
			values = append(values, nil)
			for i := range records {
				values[len(values)-1] = append(values[len(values)-1], records[i].Value)
			}
			read += len(records)
			if len(inUse) < most {
				continue
			}
			at := rapid.IntRange(0, len(inUse)-1).Draw(t, "at")
			for i, record := range inUse[at] {
				want := fmt.Sprintf(`{"time":%d,"text":%q}`, record.Offset, strings.Repeat("x", int(record.Offset)%97))
				if string(values[at][i]) != want {
					t.Fatalf("record %d is now %s, want %s", record.Offset, values[at][i], want)
				}
			}
			switch rapid.SampledFrom([]string{"all", "all", "all", "records", "nothing"}).Draw(t, "what") {
			case "all":
				r.(broker.ValueRecycler).RecycleValues(inUse[at])
			case "records":
				r.(broker.Recycler).Recycle(inUse[at])
			}
			inUse, values = slices.Delete(inUse, at, at+1), slices.Delete(values, at, at+1)
		}
		if read != n {
			t.Errorf("%d records, want %d", read, n)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}
