package mill

import (
	"os"
	"path/filepath"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Stream is a stream of a mill: a file, a topic or what lies in another storage, and how it is read.
type Stream struct {
	// Name is the file's path as seen from the working directory, the topic's name, or the name in a storage.
	Name  string
	Topic bool
	// Several says that Name is a pattern of files that are read as one stream.
	Several bool
	// Storage is the name of the storage that the stream lies in, and Stored what the pipeline file says of it there;
	// empty and nil for files and topics.
	Storage string
	Stored  *storage.Stream
	// Value is the format of a topic's values, and Key that of its keys; nil for JSON, and for keys that are anything.
	Value, Key *format.Format
	// tombstones returns what is read of records without a value where that isn't their key, see [Mill.Bind].
	tombstones topic.Tombstones
	// typedKeys says that the keys have a format.
	typedKeys bool
	// decodeKey decodes the key of a record for record(…).key, see [Mill.Bind]; nil for keys that are text.
	decodeKey func(key []byte) ([]byte, error)
	// Demo is the path of the file that a demonstration loads into the topic; empty where there is none.
	Demo string
	// CSV is how a text file holds its cells; nil for as its name says.
	CSV *file.Dialect
	// Parquet is how a Parquet file is written; nil for as it is without being asked.
	Parquet *parquet.Options
	// Avro is how an Avro file is written; nil for as it is without being asked.
	Avro *description.Avro
	// Reading is how it is read.
	Reading description.Reading
	// Text is where the pipeline file says so.
	Text description.Text
}

// Standard is the path of standard input and output.
const Standard = "-"

// newStream returns the stream that is described, for a pipeline file in a directory.
func newStream(s description.Stream, dir string) Stream {
	stream := Stream{Name: s.Address.Value, Topic: s.Topic, Text: s.Address, CSV: s.CSV, Parquet: s.Parquet, Avro: s.Avro,
		Reading: s.Reading}
	stream.typedKeys = s.Key != nil && s.Key.Format != nil
	if stream.IsFile() {
		if stream.Several = file.IsPattern(stream.Name); stream.Several {
			dir = file.Literal(dir)
		}
		stream.Name = resolve(dir, stream.Name)
	}
	if s.Demo.Value != "" {
		stream.Demo = resolve(dir, s.Demo.Value)
	}
	return stream
}

// storedStream returns the stream that is described as lying in a storage.
func storedStream(s description.Stream, kind storage.Kind) (Stream, error) {
	stored, err := kind.Stream(s.Name.Value, s.Section)
	if err != nil {
		return Stream{}, err
	}
	stream := Stream{Name: stored.Name, Storage: s.Storage, Stored: stored, Text: stored.Text, Reading: stored.Reading}
	stream.Reading.Sort, stream.Reading.Where, stream.Reading.Idle = s.Reading.Sort, s.Reading.Where, s.Reading.Idle
	return stream, nil
}

// IsFile reports whether the stream is a file, standard input and output among them.
func (s Stream) IsFile() bool { return !s.Topic && s.Storage == "" }

// HasMarks reports whether end-of-stream marks may end the stream's sessions, where it is followed otherwise.
func (s Stream) HasMarks() bool { return s.Topic || s.Stored != nil && s.Stored.Queue }

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
func (s Stream) IsStandard() bool { return s.IsFile() && s.Name == Standard }

// IsReadOnce reports whether the stream is standard input, a pipe or a device, or one of a storage that can't be looked
// at without a trace.
func (s Stream) IsReadOnce() bool {
	switch {
	case s.Stored != nil:
		return s.Stored.ReadOnce
	case s.Topic:
		return false
	case s.IsStandard():
		return true
	case s.Several:
		return false
	}
	info, err := os.Stat(s.Name)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// Tombstones returns what is read of records without a value; nil where they are passed over.
func (s Stream) Tombstones() topic.Tombstones {
	if !s.Reading.Tombstones {
		return nil
	}
	if s.tombstones != nil {
		return s.tombstones
	}
	return object.OfTombstone
}
