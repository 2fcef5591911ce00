package main

import (
	"path/filepath"
	"testing"
)

// All programs read the same, whatever the compression and however many columns.
func TestAllReadTheSame(t *testing.T) {
	const rows = 3000
	for _, compression := range compressions {
		path := filepath.Join(t.TempDir(), "events.parquet")
		if err := generate(compression, path, rows); err != nil {
			t.Fatal(err)
		}
		for _, width := range columns {
			t.Run(compression+" "+width, func(t *testing.T) {
				sums := map[uint64]bool{}
				for program, read := range readers(width) {
					s := summary{deep: true}
					if err := read(path, &s); err != nil || s.rows != rows {
						t.Fatalf("%s read %d rows: %v", program, s.rows, err)
					}
					sums[s.sum] = true
				}
				if len(sums) != 1 {
					t.Errorf("the programs read different rows: %v", sums)
				}
			})
		}
	}
}
