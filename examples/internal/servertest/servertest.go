// Package servertest tests the examples on a database or a queue, on a real server.
package servertest

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/examples/internal/server"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// Runs runs a program on a new server, once for each of wants, which is what it must print then. Where the server isn't
// installed the test is skipped, unless the environment's variable says "must".
func Runs(t *testing.T, p server.Program, variable string, wants ...string) {
	t.Helper()
	url := fixture.Start(t, variable, p.Start)
	for n, want := range wants {
		var out strings.Builder
		if err := p.Run(t.Context(), url, &out); err != nil {
			t.Fatalf("run %d: %v", n+1, err)
		}
		if got := strings.TrimSpace(out.String()); got != strings.TrimSpace(want) {
			t.Errorf("run %d printed\n%s\nwant\n%s", n+1, got, want)
		}
	}
}
