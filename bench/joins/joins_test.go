package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/leat-go/leat/bench/internal/process"
)

// Leat, the command and the loop find the same matches, whatever the format, and some elements have none.
func TestLeatAndTheLoopFindTheSame(t *testing.T) {
	t.Chdir("..")
	leat, err := process.BuildLeat(t.Context(), t.TempDir())
	must(t, err)
	for _, format := range []string{"json", "csv", "parquet"} {
		for _, workload := range workloads {
			t.Run(format+" "+workload, func(t *testing.T) {
				j := job{workload, format, t.TempDir()}
				must(t, generate(j, 0.003))
				must(t, loop(j))
				want, err := sum(j)
				must(t, err)
				if strings.Contains(want, " 0 with") {
					t.Errorf("the loop found %s", want)
				}
				must(t, join(t.Context(), j))
				compare(t, j, "leat", want)
				pipeline, err := writePipeline(j)
				must(t, err)
				out, err := exec.Command(leat, "run", "--quiet", pipeline).CombinedOutput()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				compare(t, j, "leat run", want)
			})
		}
	}
}

// compare compares what a program has written, and removes it.
func compare(t *testing.T, j job, program, want string) {
	t.Helper()
	if got, err := sum(j); err != nil || got != want {
		t.Errorf("%s: got %s, %v, want %s", program, got, err, want)
	}
	must(t, os.Remove(j.path("output")))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
