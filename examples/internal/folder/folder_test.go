package folder_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/leat-go/leat/examples/internal/folder"
)

func TestEnterComesToTheCallersFolder(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, start := range []string{filepath.Dir(here), here, os.TempDir()} {
		t.Chdir(start)
		folder.Enter()
		if !same(".", here) && knowsSources() {
			t.Errorf("started in %s, Enter didn't go to %s", start, here)
		}
		if !same(".", start) && !knowsSources() {
			t.Errorf("started in %s, Enter went on although it doesn't know where to", start)
		}
	}
}

// same reports whether two paths lead to the same folder.
func same(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// knowsSources is false for what was built with -trimpath.
func knowsSources() bool {
	_, file, _, _ := runtime.Caller(0)
	return filepath.IsAbs(file)
}
