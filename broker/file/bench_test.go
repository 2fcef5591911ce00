package file

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/leat-go/leat/broker"
)

// BenchmarkRead measures framing on the shapes that files have; the decoder's work comes on top.
func BenchmarkRead(b *testing.B) {
	location := func(i int) string { return fmt.Sprintf(`{"time":%d,"x":%d.25,"y":%d.5}`, 10*i, i%100, i%70) }
	nested := func(i int) string {
		return fmt.Sprintf(`{"time":%d,"pose":{"x":%d.25,"q":[1,2,3]},"text":"a \"b\" c"}`, 10*i, i%100)
	}
	long := func(i int) string { return fmt.Sprintf(`{"time":%d,"data":"%0500d"}`, 10*i, i) }
	for _, c := range []struct {
		name, file string
		element    func(int) string
		separator  string
	}{
		{"list", "a.json", location, ",\n"},
		{"list on one line", "a.json", location, ", "},
		{"lines", "a.jsonl", location, "\n"},
		{"nested", "a.json", nested, ",\n"},
		{"long strings", "a.json", long, ",\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			const n = 200_000
			var text bytes.Buffer
			for i := range n {
				if i > 0 {
					text.WriteString(c.separator)
				}
				text.WriteString(c.element(i))
			}
			content := text.String()
			if filepath.Ext(c.file) == ".json" {
				content = "[" + content + "]"
			}
			path := filepath.Join(b.TempDir(), c.file)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if got := countRecords(b, path); got != n {
					b.Fatalf("read %d records, want %d", got, n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
		})
	}
}

func countRecords(tb testing.TB, path string) int {
	tb.Helper()
	in, err := New().OpenSource(context.Background(), &broker.Job{Inputs: []broker.Stream{{Name: path}}})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := in.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	n := 0
	for {
		records, err := r.Read(context.Background())
		if err == io.EOF {
			return n
		}
		if err != nil {
			tb.Fatal(err)
		}
		n += len(records)
	}
}
