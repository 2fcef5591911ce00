package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/internal/tempfile"
)

// isThere is said where the pipeline file would be written over.
func (c *initCommand) isThere() error {
	return &usageError{fmt.Errorf("%s is there already: write to another file by -o, or over it by --force", c.Output)}
}

// write writes the pipeline file, which is there as a whole or not at all. One that came while the questions were answered stays,
// unless it may be written over.
func (c *initCommand) write(text string) error {
	info, err := os.Stat(c.Output)
	switch {
	case err == nil && info.IsDir():
		return &usageError{fmt.Errorf("%s is a directory: name a file in it by -o", c.Output)}
	case err == nil && c.Force:
		err = writeOver(c.Output, info, text)
	default:
		err = writeNew(c.Output, text)
	}
	if errors.Is(err, fs.ErrExist) && !c.Force {
		return c.isThere()
	}
	if err != nil {
		return fmt.Errorf("the pipeline file can't be written: %w", err)
	}
	return nil
}

// writeNew writes a file that isn't there; the error is fs.ErrExist where it is.
func writeNew(path, text string) error {
	begun, err := begin(path, text)
	if err != nil {
		return err
	}
	err = os.Link(begun.Name(), path) // unlike a renaming, it fails where there is a file
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = writeUnlinked(path, text) // not every file system has links
	}
	return errors.Join(err, tempfile.Remove(begun))
}

func writeUnlinked(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, text)
	if err = errors.Join(err, file.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// writeOver writes over a file, whose permissions stay, and so does a link to it. What isn't on a disk is written to.
func writeOver(path string, info fs.FileInfo, text string) error {
	if !info.Mode().IsRegular() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = io.WriteString(file, text)
		return errors.Join(err, file.Close())
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	begun, err := begin(path, text)
	if err != nil {
		return err
	}
	err = os.Chmod(begun.Name(), info.Mode().Perm())
	if err = errors.Join(err, begun.Close()); err == nil { // no open file is renamed on Windows
		err = os.Rename(begun.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, tempfile.Remove(begun))
	}
	return err
}

// begin writes what becomes a file under another name beside it.
func begin(path, text string) (*os.File, error) {
	dir, prefix := filepath.Dir(path), tempfile.Prefix(path)
	tempfile.RemoveStale(dir, prefix)
	file, err := tempfile.Create(dir, prefix, 0o666)
	var at *fs.PathError
	if errors.As(err, &at) {
		at.Path = path // the other name says nothing to the user
	}
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(file, text)
	if err = errors.Join(err, file.Sync()); err != nil {
		return nil, errors.Join(err, tempfile.Remove(file))
	}
	return file, nil
}
