package file

import "github.com/leat-go/leat/broker"

// Columns returns the names of the columns of what a reader of this package reads, as far as it has come to them; nil for
// objects, which have none. A file without elements has them, too.
func Columns(r broker.Reader) (names []string) {
	var columns []Column
	switch r := r.(type) {
	case *reader:
		if r.framer.cells != nil {
			return r.framer.cells.Names()
		}
	case *tableReader:
		columns = r.stream.columns
	case *chain:
		columns, _ = r.of.columnsIn(0) // what is wrong there is told by who reads
	}
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

// DialectOf returns how the cells of a stream's file lie, whether that is said or follows from its name; false where it has none.
func DialectOf(s broker.Stream) (Dialect, bool) {
	if l, _ := formatOf(&s); l != rows {
		return Dialect{}, false
	}
	return Dialect(dialectOf(&s)), true
}
