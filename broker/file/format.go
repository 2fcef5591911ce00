package file

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
)

// standard is the path of standard input and output.
const standard = "-"

// layout is how the objects lie in a file.
type layout int

const (
	list   layout = iota // a JSON list of objects
	lines                // one object a line
	rows                 // cells, see Dialect
	table                // rows of columns with types, see Tables
	either               // whichever the first character says
)

// HasCells reports whether a stream's file holds rows of cells, as [Dialect] says.
func HasCells(s broker.Stream) bool {
	l, _ := formatOf(&s)
	return l == rows
}

// seeks reports whether files may be read from the middle.
func (l layout) seeks() bool { return l == list || l == lines }

// isLines reports whether what is appended to a file goes on where it ended.
func (l layout) isLines() bool { return l == lines || l == rows }

// compression is how a file is compressed.
type compression int

const (
	plain compression = iota
	gzipped
	zstandard
	sixteenBits // UTF-16, see inUTF16
)

func (c compression) String() string {
	return [...]string{"uncompressed", "gzip", "Zstandard", "UTF-16"}[c]
}

// formatOf tells the layout and compression of a stream's file.
func formatOf(s *broker.Stream) (layout, compression) {
	name := s.Name
	if s.Several {
		name = strings.TrimRight(name, "*?.") // as in part-*.csv*, of which some are compressed
	}
	l, packed := format(name)
	if s.Format != nil && l != table {
		l = rows
	}
	return l, packed
}

// format tells a file's layout and compression by its name.
func format(path string) (layout, compression) {
	if path == standard {
		return either, plain
	}
	name := strings.ToLower(path)
	packed := plain
	switch filepath.Ext(name) {
	case ".gz":
		packed = gzipped
	case ".zst":
		packed = zstandard
	}
	if packed != plain {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	switch filepath.Ext(name) {
	case ".jsonl", ".ndjson":
		return lines, packed
	case ".csv", ".tsv", ".txt":
		return rows, packed
	case ".parquet", ".avro":
		if packed == plain {
			return table, packed
		}
	}
	return list, packed
}

// others are endings of names that say that a file is not JSON.
var others = [...]struct{ end, is string }{
	{".arrow", "Arrow"}, {".xlsx", "a spreadsheet"}, {".xml", "XML"}, {".yaml", "YAML"}, {".yml", "YAML"},
	{".zip", "a zip archive"}, {".tar", "a tar archive"}, {".tgz", "a tar archive"},
	{".bz2", "compressed with bzip2"}, {".xz", "compressed with xz"}, {".lz4", "compressed with LZ4"},
	{".br", "compressed with Brotli"},
}

// otherFormat refuses a path whose name says that the file is none that is read and written here.
func otherFormat(path string) error {
	name := strings.ToLower(path)
	for _, packed := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	if end := filepath.Ext(name); name != strings.ToLower(path) && (end == ".parquet" || end == ".avro") {
		return fmt.Errorf("its name says that a Parquet or an Avro file is compressed as a whole: its pages or blocks are "+
			"compressed already; decompress it, and name it %s", end)
	}
	for _, other := range others {
		if other.end == filepath.Ext(name) {
			return fmt.Errorf("its name says that this is %s, but files are read and written as JSON or as text: .json for a "+
				"list of objects, .jsonl or .ndjson for one object a line, .csv, .tsv or .txt for lines of cells, each with "+
				".gz or .zst behind it, .parquet and .avro", other.is)
		}
	}
	return nil
}
