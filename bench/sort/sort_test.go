package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/bench/internal/process"
)

// Leat, GNU sort and the hand-written program write the same bytes.
func TestTheProgramsWriteTheSame(t *testing.T) {
	t.Chdir("..")
	leat, err := process.BuildLeat(t.Context(), t.TempDir())
	must(t, err)
	for _, format := range allFormats {
		for _, order := range allOrders {
			t.Run(format+" "+order, func(t *testing.T) {
				folder := t.TempDir()
				must(t, os.Symlink(leat, filepath.Join(folder, "leat")))
				j := job{format, order, folder}
				must(t, generate(j, 1))
				c := command{folder: folder}
				var written []process.Found
				for _, program := range []string{"leat", "gnu"} {
					if _, err := exec.LookPath("sort"); err != nil && program == "gnu" {
						continue
					}
					written = append(written, process.Found{Program: program, Results: sorted(t, &c, program, j)})
				}
				must(t, loop(j))
				sums, err := sum(j)
				must(t, err)
				must(t, compare(append(written, process.Found{Program: "loop", Results: sums})))
				if !strings.Contains(sums, " elements, ") || strings.HasPrefix(sums, "0 ") {
					t.Errorf("the loop has written %s", sums)
				}
			})
		}
	}
}

// sorted sums up what a program writes.
func sorted(t *testing.T, c *command, program string, j job) string {
	t.Helper()
	command := c.command(t.Context(), program, j)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	sums, err := sum(j)
	must(t, err)
	must(t, os.Remove(j.path("out")))
	return sums
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
