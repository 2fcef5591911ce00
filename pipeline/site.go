package pipeline

import (
	"os"
	"path/filepath"

	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/topic"
)

// A site is where a stream is: in a file, or in a topic.
type site struct {
	// name is the file's path as seen from the working directory, or the topic's name.
	name  string
	topic bool
	// demo is the path of the file that a demonstration loads into the topic; empty where there is none.
	demo string
	// reading is how it is read.
	reading description.Reading
	// text is what the pipeline file says.
	text description.Text
}

// standard is the path of standard input and output.
const standard = "-"

// siteOf returns where a stream is, for a pipeline file in a directory.
func siteOf(s description.Stream, dir string) site {
	at := site{name: s.Address.Value, topic: s.Topic, text: s.Address, reading: s.Reading}
	if !s.Topic {
		at.name = resolve(dir, at.name)
	}
	if s.Demo.Value != "" {
		at.demo = resolve(dir, s.Demo.Value)
	}
	return at
}

// resolve returns a path of the pipeline file as seen from the working directory.
func resolve(dir, path string) string {
	if path == standard || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	if a == standard || b == standard {
		return false // they are standard input and standard output
	}
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// isStandard reports whether the site is standard input or output.
func (s site) isStandard() bool { return !s.topic && s.name == standard }

// readOnce reports whether the site is standard input, a pipe or a device.
func (s site) readOnce() bool {
	if s.topic || s.isStandard() {
		return !s.topic
	}
	info, err := os.Stat(s.name)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// tombstones returns what is read of records without a value; nil where they are passed over.
func (s site) tombstones() topic.Tombstones {
	if !s.reading.Tombstones {
		return nil
	}
	return object.OfTombstone
}
