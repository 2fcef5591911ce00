package tempfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestStaleFilesAreRemoved: what an open file has locked stays, and so does what only begins with the same name.
func TestStaleFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	used, err := Create(dir, "sort-", 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	if errors.Is(lock(used), errors.ErrUnsupported) {
		t.Skip("there are no locks here: nothing is ever found stale")
	}
	stale, other := filepath.Join(dir, "sort-17"), filepath.Join(dir, "sort-of-a-letter")
	for _, path := range []string{stale, other} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	RemoveStale(dir, "sort-")
	for path, there := range map[string]bool{used.Name(): true, stale: false, other: true} {
		if _, err := os.Stat(path); (err == nil) != there {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
