package mill

import (
	"os"
	"path/filepath"

	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Stream is a stream of a mill: a file or a topic, and how it is read.
type Stream struct {
	// Name is the file's path as seen from the working directory, or the topic's name.
	Name  string
	Topic bool
	// Demo is the path of the file that a demonstration loads into the topic; empty where there is none.
	Demo string
	// Reading is how it is read.
	Reading description.Reading
	// Text is where the pipeline file says so.
	Text description.Text
}

// Standard is the path of standard input and output.
const Standard = "-"

// newStream returns the stream that is described, for a pipeline file in a directory.
func newStream(s description.Stream, dir string) Stream {
	stream := Stream{Name: s.Address.Value, Topic: s.Topic, Text: s.Address, Reading: s.Reading}
	if !s.Topic {
		stream.Name = resolve(dir, stream.Name)
	}
	if s.Demo.Value != "" {
		stream.Demo = resolve(dir, s.Demo.Value)
	}
	return stream
}

// resolve returns a path of the pipeline file as seen from the working directory.
func resolve(dir, path string) string {
	if path == Standard || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	if a == Standard || b == Standard {
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

// IsStandard reports whether the stream is standard input or output.
func (s Stream) IsStandard() bool { return !s.Topic && s.Name == Standard }

// IsReadOnce reports whether the stream is standard input, a pipe or a device.
func (s Stream) IsReadOnce() bool {
	if s.Topic || s.IsStandard() {
		return !s.Topic
	}
	info, err := os.Stat(s.Name)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// Tombstones returns what is read of records without a value; nil where they are passed over.
func (s Stream) Tombstones() topic.Tombstones {
	if !s.Reading.Tombstones {
		return nil
	}
	return object.OfTombstone
}
