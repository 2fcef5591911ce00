package file

import (
	"maps"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
)

// formats are the formats of tables, by the ends of names. They implement tables.
type formats map[string]tableFiles

// withTables adds a format to those that there are.
func withTables(before tables, ending string, format tableFiles) tables {
	all := formats{ending: format}
	if others, ok := before.(formats); ok {
		maps.Copy(all, others)
		all[ending] = format
	}
	return all
}

// of returns the format of a file.
func (f formats) of(path string) (tableFiles, error) {
	one, ok := f[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return one, errNoTables
	}
	return one, nil
}

func (f formats) open(s *inputStream) error {
	one, err := f.of(s.name)
	if err != nil {
		return err
	}
	return one.open(s)
}

// reader is asked of what was opened.
func (f formats) reader(in *input, s *inputStream, from int64) broker.Reader {
	one, _ := f.of(s.name)
	return one.reader(in, s, from)
}

func (f formats) resume(s *inputStream, p *position) error {
	one, err := f.of(s.name)
	if err != nil {
		return err
	}
	return one.resume(s, p)
}

func (f formats) start(t *target) error {
	one, err := f.of(t.stream.Name)
	if err != nil {
		return err
	}
	return one.start(t)
}

// isAvro reports whether a path's file is one of Avro by its name.
func isAvro(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".avro") }
