package parquet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	parquetgo "github.com/parquet-go/parquet-go"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/member"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
)

const (
	defaultGroup = 1_000_000
	// groupBytes is how many bytes of JSON a row group is made of at most: they wait until the columns are known, and the
	// group's pages until it is whole.
	groupBytes = 32 << 20
	// cellRows and cellBytes bound the rows whose cells are collected before they go to the pages.
	cellRows, cellBytes = 256, 64 << 10
)

// A writer writes results as rows. It implements [file.TableWriter].
type writer struct {
	out     *bufio.Writer
	options Options
	rows    *parquetgo.GenericWriter[any]
	columns []*column
	// cells are the values of the last rows, column by column, and texts what those refer to.
	cells   [][]parquetgo.Value
	texts   []byte
	held    int // how many rows
	count   int64
	inGroup int
	bytes   int
	// Before the columns are known, inferring holds the results, and finds out what they have.
	inferring *inference
	stream    *broker.Stream // while inferring
	members   []member.Member
	splitter  *splitter
	// fields are those of a plain struct of this type, and headSize what an object has beside their values.
	fields   []plainField
	typ      reflect.Type
	headSize int
	failed   error
}

// create begins a file.
func create(stream *broker.Stream, out io.Writer) (*writer, error) {
	w := &writer{out: bufio.NewWriterSize(out, 256<<10)}
	w.options, _ = stream.Format.(Options)
	if w.options.RowGroup == 0 {
		w.options.RowGroup = defaultGroup
	}
	t := stream.Type
	switch {
	case w.options.Columns != nil:
		for _, c := range w.options.Columns {
			typed, err := typeOf(c.Type)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", c.Name, err)
			}
			typed.name, typed.optional = c.Name, true
			w.columns = append(w.columns, &typed)
		}
	case t != nil && t.Kind() == reflect.Struct && stream.Codec == codec.JSON && !elements.EncodesItself(t):
		if w.columns = columnsOf(t); len(w.columns) == 0 {
			return nil, fmt.Errorf("%v has no fields that could be columns", t)
		}
		w.typ, w.fields = t, plainFields(t, w.columns)
		for _, f := range w.fields {
			w.headSize += len(f.name) + len(`"":,`)
		}
	default:
		w.stream, w.inferring = stream, newInference(stream.Members)
		return w, nil
	}
	return w, w.begin()
}

// begin begins the file, when the columns are known.
func (w *writer) begin() (err error) {
	defer recovered(&err)
	w.cells = make([][]parquetgo.Value, number(w.columns, "", 0, 0))
	w.splitter = newSplitter(w.columns)
	compression, err := codecOf(w.options.Compression)
	if err != nil {
		return err
	}
	schema := parquetgo.NewSchema("leat", groupOf(w.columns))
	w.rows = parquetgo.NewGenericWriter[any](w.out, schema, parquetgo.Compression(compression),
		parquetgo.CreatedBy("leat", "", ""))
	return nil
}

// Append implements [file.TableWriter].
func (w *writer) Append(object []byte) (err error) {
	if w.failed != nil {
		return w.failed
	}
	defer func() { w.failed = err }()
	defer recovered(&err)
	if w.rows != nil {
		return w.write(object)
	}
	if w.members, err = member.Split(object, w.members); err != nil {
		return err
	}
	if err := w.inferring.add(w.members); err != nil {
		return err
	}
	w.bytes += len(object)
	if w.inferring.rows >= int64(w.options.RowGroup) || w.bytes >= groupBytes {
		return w.settle()
	}
	return nil
}

// settle decides what the columns are, and writes what has waited for that.
func (w *writer) settle() error {
	if w.rows != nil {
		return nil
	}
	w.columns = w.inferring.columns()
	if err := w.begin(); err != nil {
		return err
	}
	waited := w.inferring
	size := w.bytes
	w.inferring, w.bytes = nil, 0
	err := heldRows(waited.rows, waited.members, w.writeRow)
	if w.inGroup > 0 {
		w.bytes = size
	}
	return err
}

// write writes a row.
func (w *writer) write(object []byte) (err error) {
	w.bytes += len(object)
	if w.splitter.split(object) {
		return w.writeRow(w.splitter.members)
	}
	if w.members, err = member.Split(object, w.members); err != nil {
		return err
	}
	return w.writeRow(w.members)
}

func (w *writer) writeRow(members []member.Member) error {
	if err := w.putMembers(w.columns, members, 0, 0); err != nil {
		return fmt.Errorf("row %d: %w", w.count+1, err)
	}
	return w.endRow()
}

// endRow hands cells and row groups over when they are as large as they may be.
func (w *writer) endRow() error {
	w.count++
	w.held++
	w.inGroup++
	if w.inGroup >= w.options.RowGroup || w.bytes >= groupBytes {
		w.inGroup, w.bytes = 0, 0
		if err := w.writeCells(); err != nil {
			return err
		}
		return w.rows.Flush()
	}
	if w.held >= cellRows || len(w.texts) >= cellBytes {
		return w.writeCells()
	}
	return nil
}

// writeCells hands the cells that were collected over, a column at a time: row by row that takes three times as long.
func (w *writer) writeCells() error {
	if w.held == 0 {
		return nil // parquet-go takes the address of the first
	}
	for i, column := range w.rows.ColumnWriters() {
		if _, err := column.WriteRowValues(w.cells[i]); err != nil {
			return err
		}
		w.cells[i] = w.cells[i][:0]
	}
	w.texts, w.held = w.texts[:0], 0
	return nil
}

// keep copies a text that a cell refers to.
func (w *writer) keep(text []byte) []byte {
	begin := len(w.texts)
	w.texts = append(w.texts, text...)
	return w.texts[begin:len(w.texts):len(w.texts)]
}

// putMembers puts the members of an object into columns.
func (w *writer) putMembers(columns []*column, members []member.Member, rep, def int) error {
	found := 0
	for i, c := range columns {
		var value []byte
		if i < len(members) && members[i].Name == c.name { // mostly they are in order
			value = members[i].Value
			found++
		} else if at := slices.IndexFunc(members, func(m member.Member) bool { return m.Name == c.name }); at >= 0 {
			value = members[at].Value
			found++
		}
		if err := w.put(c, value, rep, def); err != nil {
			return err
		}
	}
	if found < len(members) {
		return unknown(columns, members)
	}
	return nil
}

// unknown says which member has no column.
func unknown(columns []*column, members []member.Member) error {
	var all []string
	for _, c := range columns {
		all = append(all, c.name)
	}
	for i, m := range members {
		switch {
		case slices.ContainsFunc(members[:i], func(other member.Member) bool { return other.Name == m.Name }):
			return fmt.Errorf("the member %s is there twice", m.Name)
		case !slices.Contains(all, m.Name):
			return fmt.Errorf("there is no column for the member %s: the columns, which are those of the first results where "+
				"they aren't given, are %s", m.Name, strings.Join(all, ", "))
		}
	}
	return nil
}

// put puts a value, or null where that is nil, into a column.
func (w *writer) put(c *column, value []byte, rep, def int) error {
	if value == nil || string(value) == "null" {
		if !c.optional {
			return fmt.Errorf("the member %s is null or missing, which its column can't be", c.path)
		}
		w.nulls(c, rep, def)
		return nil
	}
	if c.optional {
		def++
	}
	switch {
	case c.shape == listing:
		return w.putList(c, value, rep, def)
	case c.shape == mapping:
		return w.putMap(c, value, rep, def)
	case c.children != nil:
		if value[0] != '{' {
			return fmt.Errorf("the member %s is %s, and its column an object", c.path, what(value))
		}
		members, err := member.Split(value, nil)
		if err != nil {
			return err
		}
		return w.putMembers(c.children, members, rep, def)
	}
	v, err := c.value(value)
	if err != nil {
		return fmt.Errorf("the member %s: %w", c.path, err)
	}
	if v.Kind() == parquetgo.ByteArray {
		v = parquetgo.ByteArrayValue(w.keep(v.ByteArray()))
	}
	w.cells[c.index] = append(w.cells[c.index], v.Level(rep, def, c.index))
	return nil
}

// nulls puts null into all columns of a node.
func (w *writer) nulls(c *column, rep, def int) {
	if c.children == nil {
		w.cells[c.index] = append(w.cells[c.index], parquetgo.Value{}.Level(rep, def, c.index))
	}
	for _, child := range c.children {
		w.nulls(child, rep, def)
	}
}

func (w *writer) putList(c *column, value []byte, rep, def int) error {
	if value[0] != '[' {
		return fmt.Errorf("the member %s is %s, and its column a list", c.path, what(value))
	}
	next, isFirst := rep, true
	err := member.Items(value, func(item []byte) error {
		defer func() { next, isFirst = c.level(), false }()
		return w.put(c.children[0], item, next, def+1)
	})
	if err == nil && isFirst {
		w.nulls(c.children[0], rep, def)
	}
	return err
}

func (w *writer) putMap(c *column, value []byte, rep, def int) error {
	if value[0] != '{' {
		return fmt.Errorf("the member %s is %s, and its column a map", c.path, what(value))
	}
	members, err := member.Split(value, nil)
	if err != nil {
		return err
	}
	for _, m := range members {
		key := c.children[0]
		name := parquetgo.ByteArrayValue(w.keep([]byte(m.Name)))
		w.cells[key.index] = append(w.cells[key.index], name.Level(rep, def+1, key.index))
		if err := w.put(c.children[1], m.Value, rep, def+1); err != nil {
			return err
		}
		rep = c.level()
	}
	if len(members) == 0 {
		w.nulls(c, rep, def)
	}
	return nil
}

// level returns the repetition level of what repeats in a list or map.
func (c *column) level() int { return c.depth + 1 }

// Close implements [file.TableWriter].
func (w *writer) Close() (err error) {
	if w.failed != nil {
		return w.failed
	}
	defer recovered(&err)
	if w.inferring != nil {
		if w.inferring.rows == 0 {
			w.inferring = newInference(w.stream.Members) // as they are known now
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	if w.rows == nil {
		return errors.New("the file was not begun")
	}
	if err := w.writeCells(); err != nil {
		return err
	}
	if err := w.rows.Close(); err != nil {
		return err
	}
	return w.out.Flush()
}
