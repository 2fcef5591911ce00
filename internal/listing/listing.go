// Package listing lists directories.
package listing

import (
	"errors"
	"io/fs"
	"os"
	"sort"
)

// Of returns what a directory holds, sorted by name, as [os.ReadDir] does. That one has a sort for its type alone, which
// is 8 KB of each program; this one's, by reflection, is in every program anyway.
func Of(dir string) ([]fs.DirEntry, error) {
	file, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	entries, err := file.ReadDir(-1)
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	return entries, errors.Join(err, file.Close())
}
