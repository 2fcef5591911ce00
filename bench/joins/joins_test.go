package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Leat and the loop find the same matches, and some elements have none.
func TestLeatAndTheLoopFindTheSame(t *testing.T) {
	for _, workload := range workloads {
		t.Run(workload, func(t *testing.T) {
			folder := t.TempDir()
			must(t, generate(folder, workload, 0.003))
			must(t, loop(workload, folder))
			want, err := sum(filepath.Join(folder, outputName))
			must(t, err)
			must(t, join(t.Context(), workload, folder))
			got, err := sum(filepath.Join(folder, outputName))
			must(t, err)
			if got != want || strings.Contains(got, " 0 with") {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
