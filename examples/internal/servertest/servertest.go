// Package servertest tests the examples on a database or a queue, on a real server.
package servertest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/examples/internal/server"
	"github.com/leat-go/leat/internal/testserver"
)

// Runs runs a program on a new server, once for each of wants, which is what it must print then. Where the server isn't
// installed the test is skipped, unless the environment's variable says "must".
func Runs(t *testing.T, p server.Program, variable string, wants ...string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "leat-example-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // where this is root the server runs as another user
		t.Fatal(err)
	}
	url, stop, err := p.Start(t.Context(), filepath.Join(dir, "server"))
	if errors.Is(err, testserver.ErrNotInstalled) && os.Getenv(variable) != "must" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
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
