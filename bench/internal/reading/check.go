package reading

import (
	"fmt"
	"path/filepath"
)

// Check returns an error where not all programs read the same of files that it makes in a folder, with so many rows.
func (f *Format) Check(folder string, rows int) error {
	for _, file := range f.Files {
		path := filepath.Join(folder, file.Name+"."+f.Name)
		if err := file.Generate(path, rows); err != nil {
			return err
		}
		for _, width := range file.Widths {
			if err := width.check(path, rows); err != nil {
				return fmt.Errorf("%s, %s columns: %w", file.Name, width.Columns, err)
			}
		}
	}
	return nil
}

func (w *Width) check(path string, rows int) error {
	var first Summary
	for i, program := range Programs {
		s := Summary{Deep: true}
		if err := w.Of(program)(path, &s); err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
		if i == 0 {
			first = s
		}
		if s != first || s.Rows != rows {
			return fmt.Errorf("%s has read %+v, and %s %+v, of %d rows", program, s, Programs[0], first, rows)
		}
	}
	return nil
}
