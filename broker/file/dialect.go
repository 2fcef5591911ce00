package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file/internal/csv"
	"github.com/leat-go/leat/codec"
)

// A Dialect says how a text file holds rows of cells: a CSV file and its relatives. Each row is an element, with a member
// for each column. The zero value is what the end of the file's name says: a comma between the cells of .csv, a tab in
// .tsv, and blanks in .txt.
//
// A cell that is a number as JSON writes it, is one, with all its digits; true and false are truth values, an empty cell is
// null, and all else is text. Blanks at its ends belong to a text. A cell may stand in quotes, "…", and may then hold
// delimiters, line breaks, and quotes written twice; it is never null then. Quotes elsewhere in a cell stand for themselves.
// Empty lines, and a byte order mark, are passed over; lines end with a line feed, or a carriage return and a line feed. The
// text is UTF-8, or UTF-16 where a byte order mark says so and the file isn't compressed.
//
// The first line has the columns' names, without blanks at their ends; a column without a name is column0, column1 and so
// on by its place. A struct's field takes the column of its tag csv, else that of its name in JSON; without such a column
// it stays zero, but a file without a column for any field is an error. A field of a string takes what the cell holds, also
// where that looks like a number.
//
// Results are written with the columns of the first one, or with Columns. Each must have plain values only, and no member
// that has no column; what is missing is null. Texts that would be read as something else stand in quotes.
type Dialect struct {
	// Delimiter is what is between cells; zero for what the name says.
	Delimiter rune
	// Blanks says that any run of blanks and tabs is between cells.
	Blanks bool
	// Columns are the names of the columns of a file without a line of names. Of an output they are those that are written,
	// in their order.
	Columns []string
	// Comment is what lines begin with that are passed over; empty for none.
	Comment string
	// Null are the cells that are null; nil for the empty one. The first is written for null.
	Null []string
	// Decimal is what stands before a number's decimals: '.', which zero stands for, or ','.
	Decimal rune
	// Ragged takes rows with too few cells, where those missing are null, and with too many, where these are passed over and
	// counted. They are errors otherwise.
	Ragged bool
	// Text are the columns whose cells are texts, also where they look like numbers or truth values.
	Text []string
}

// Check returns an error where the dialect contradicts itself.
func (d *Dialect) Check() error { return (*csv.Dialect)(d).Check() }

// CSV says how a text file holds its cells, where the end of its name doesn't, as it is for .csv, .tsv and .txt. The
// file may have any name but those of JSON. It panics where the dialect contradicts itself; see [Dialect.Check].
func CSV(d Dialect) StreamOption {
	if err := d.Check(); err != nil {
		panic(fmt.Sprintf("file.CSV: %v", err))
	}
	return func(to *Declaration) { to.Stream.Format = d }
}

// checkFormat refuses a stream whose name contradicts what is said of its format.
func checkFormat(s *broker.Stream) error {
	if s.Format == nil {
		return nil
	}
	l, _ := format(s.Name)
	if _, isDialect := s.Format.(Dialect); l == table && !isDialect {
		return nil // it is for Tables.Check
	}
	if _, ok := s.Format.(Dialect); !ok {
		return fmt.Errorf("its format is a %T, and files take a file.Dialect", s.Format)
	}
	if l == table {
		return errors.New("its name says that this is Parquet, which has no cells: leave out how they lie in it")
	}
	if l == lines || strings.HasSuffix(strings.ToLower(unpacked(s.Name)), ".json") {
		return errors.New("its name says that this is JSON, which has no cells: leave out how they lie in it, or name it .csv")
	}
	d := dialectOf(s)
	return d.Check()
}

// unpacked returns a path without the ending that says how it is compressed.
func unpacked(path string) string {
	if _, packed := format(path); packed != plain {
		return strings.TrimSuffix(path, filepath.Ext(path))
	}
	return path
}

// dialectOf returns how a stream's file holds its cells.
func dialectOf(s *broker.Stream) csv.Dialect {
	d, _ := s.Format.(Dialect)
	if d.Delimiter == 0 && !d.Blanks {
		switch strings.ToLower(filepath.Ext(unpacked(s.Name))) {
		case ".tsv":
			d.Delimiter = '\t'
		case ".txt":
			d.Blanks = true
		default:
			d.Delimiter = ','
		}
	}
	return csv.Dialect(d)
}

// newCells returns what makes objects of a stream's rows, and, where it makes elements without these, what decodes the objects of
// rows that need them.
func newCells(s *broker.Stream, pick picking) (*csv.Decoder, codec.Decode) {
	columns, member := columnsOf(s)
	cells := csv.NewDecoder(dialectOf(s), columns, member)
	if d, _ := s.Format.(Dialect); d.Delimiter == 0 && !d.Blanks {
		cells.Guess()
	}
	isPicked := pick != nil && s.Members != nil
	if s.Type == nil || s.Codec != codec.JSON && !isPicked {
		return cells, nil
	}
	decode, err := s.Codec.Decoder(s.Type)
	switch {
	case err != nil: // then nothing is read
	case isPicked:
		pick(cells, s)
	default:
		cells.ForStructs(s.Type, s.ElementLimit())
	}
	return cells, decode
}

// A picking lets a decoder of a stream's rows make objects of the members that are needed.
type picking func(d *csv.Decoder, s *broker.Stream)

// NeededColumns is an option for streams whose elements are objects, with a codec that is a [codec.Placer]: of rows of cells
// only the columns of the stream's Members are read where these are given. It isn't built in because programs with structs for
// elements needn't carry it.
func NeededColumns() Option {
	return func(b *Broker) {
		b.pick = func(d *csv.Decoder, s *broker.Stream) {
			if c, ok := s.Codec.(codec.Placer); ok {
				d.ForObjects(s.Members, c, s.ElementLimit())
			}
		}
	}
}

// newRows returns what makes rows of a stream's objects.
func newRows(s *broker.Stream) *csv.Encoder {
	columns, member := columnsOf(s)
	return csv.NewEncoder(dialectOf(s), columns, member)
}

// columnsOf returns the columns that a stream's elements have by their type, and the member of each column; none where
// the type says nothing.
func columnsOf(s *broker.Stream) (columns []string, member func(column string) csv.Member) {
	members := map[string]csv.Member{}
	if s.Type != nil && s.Type.Kind() == reflect.Struct && s.Codec == codec.JSON {
		for _, f := range reflect.VisibleFields(s.Type) {
			if column, m := memberOf(f); column != "" {
				members[column] = m
				columns = append(columns, column)
			}
		}
	}
	return columns, func(column string) csv.Member {
		if m, ok := members[column]; ok {
			return m
		}
		for _, other := range columns { // as names are found in JSON
			if strings.EqualFold(other, column) {
				return members[other]
			}
		}
		return csv.Member{Name: column}
	}
}

// memberOf returns the column that a field takes, and the member that it is of; no column for a field that takes none.
func memberOf(f reflect.StructField) (column string, m csv.Member) {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || f.Anonymous && name == "" || name == "-" {
		return "", m
	}
	if name == "" {
		name = f.Name
	}
	column, _, _ = strings.Cut(f.Tag.Get("csv"), ",")
	if column == "-" {
		return "", m
	}
	if column == "" {
		column = name
	}
	return column, csv.Member{Name: name, Text: isText(f.Type)}
}

// isText reports whether a type takes any text, also one that looks like a number.
func isText(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	decodesItself := reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
	return t.Kind() == reflect.String && !decodesItself && t != reflect.TypeFor[json.Number]()
}

// cells are what a reader has made objects of.
type cells struct {
	stream string
	*csv.Decoder
}

// noteCells notes what a reader makes objects of.
func (in *input) noteCells(stream string, d *csv.Decoder) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cells = append(in.cells, cells{stream, d})
}

// passedOver says of which rows cells were passed over. REQUIRES: mu is held.
func (in *input) passedOver() (warnings []string) {
	var told []string
	for _, c := range in.cells {
		if n := c.Long(); n > 0 && !slices.Contains(told, c.stream) {
			told = append(told, c.stream)
			lines := "lines have"
			if n == 1 {
				lines = "line has"
			}
			warnings = append(warnings, fmt.Sprintf("%s: %d %s more cells than there are columns, and those behind the last "+
				"column were passed over", c.stream, n, lines))
		}
	}
	return warnings
}
