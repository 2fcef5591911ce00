// Package folder lets an example find its data, wherever it is started from.
package folder

import (
	"os"
	"path/filepath"
	"runtime"
)

// Enter makes the folder of the source file that calls it the working directory, so that the paths in an example are as
// short as in the user's own program. A binary that doesn't know its sources (go build -trimpath) finds them from the
// root of the repository, and stays where it is elsewhere.
func Enter() {
	_, file, _, _ := runtime.Caller(1)
	source := filepath.Dir(file)
	for _, dir := range []string{source, filepath.Join("examples", filepath.Base(source))} {
		if os.Chdir(dir) == nil {
			return
		}
	}
}
