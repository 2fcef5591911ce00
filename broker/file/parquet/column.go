package parquet

import (
	"reflect"
	"strconv"
	"strings"

	parquetgo "github.com/parquet-go/parquet-go"

	"github.com/leat-go/leat/internal/elements"
)

// maxPrecision is how many digits a decimal has at most.
const maxPrecision = 38

// A column is one that is written, or a group of them.
type column struct {
	name string
	// path is the member's, for messages.
	path     string
	optional bool
	shape    shape
	// children are the members of a group, the elements of a list, or the keys and values of a map; nil for a column.
	children []*column
	// index is the number of the first column in it, and depth how many lists and maps it lies in.
	index, depth int

	// holds is what a column has, and bits, scale, precision and unit say more of it. exact says that a number must not lose
	// digits.
	holds            kind
	bits             int
	scale, precision int
	unit             int64
	exact            bool
}

// group is a group whose members keep their order, as those of parquetgo.Group don't.
type group struct {
	parquetgo.Group
	fields []parquetgo.Field
}

func (g *group) Fields() []parquetgo.Field { return g.fields }

// GoType implements [parquetgo.Node]: no Go values are written.
func (*group) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

type groupField struct {
	parquetgo.Node
	name string
}

func (f groupField) Name() string { return f.name }

// Value implements [parquetgo.Field].
func (groupField) Value(base reflect.Value) reflect.Value { return base }

func groupOf(columns []*column) parquetgo.Node {
	g := &group{Group: parquetgo.Group{}}
	for _, c := range columns {
		n := c.node()
		g.Group[c.name] = n
		g.fields = append(g.fields, groupField{n, c.name})
	}
	return g
}

// node returns the column as parquet-go has it.
func (c *column) node() parquetgo.Node {
	n := c.required()
	if c.optional {
		return parquetgo.Optional(n)
	}
	return n
}

func (c *column) required() parquetgo.Node {
	switch {
	case c.shape == listing:
		return parquetgo.List(c.children[0].node())
	case c.shape == mapping:
		return parquetgo.Map(c.children[0].node(), c.children[1].node())
	case c.children != nil:
		return groupOf(c.children)
	}
	switch c.holds {
	case boolean:
		return parquetgo.Leaf(parquetgo.BooleanType)
	case integer:
		return differences(parquetgo.Int(c.bits))
	case unsigned:
		return differences(parquetgo.Uint(c.bits))
	case single32:
		return parquetgo.Leaf(parquetgo.FloatType)
	case double64:
		return parquetgo.Leaf(parquetgo.DoubleType)
	case decimal:
		return parquetgo.Decimal(c.scale, c.precision, parquetgo.FixedLenByteArrayType(decimalBytes))
	case timestamp:
		return differences(parquetgo.TimestampAdjusted(unitNamed(c.unit), true))
	case date:
		return differences(parquetgo.Date())
	case uuid:
		return parquetgo.UUID()
	case document:
		return parquetgo.JSON()
	case binaryBytes:
		return parquetgo.Leaf(parquetgo.ByteArrayType)
	}
	return parquetgo.String()
}

// differences has whole numbers written as differences, in as many bits as those need: keys and times grow by little. That is
// smaller before the compression than 8 bytes are behind it, and spares it most of its work.
func differences(n parquetgo.Node) parquetgo.Node {
	return parquetgo.Encoded(n, &parquetgo.DeltaBinaryPacked)
}

func unitNamed(unit int64) parquetgo.TimeUnit {
	switch unit {
	case 1e3:
		return parquetgo.Millisecond
	case 1e6:
		return parquetgo.Microsecond
	}
	return parquetgo.Nanosecond
}

// number gives columns their numbers and paths, from one on, and returns the next.
func number(columns []*column, path string, next, depth int) int {
	for _, c := range columns {
		c.index, c.depth, c.path = next, depth, path+c.name
		switch {
		case c.children == nil:
			next++
		case c.shape == single:
			next = number(c.children, c.path+".", next, depth)
		default:
			next = number(c.children, c.path+".", next, depth+1)
		}
	}
	return next
}

// columnsOf returns the columns of a struct's fields.
func columnsOf(t reflect.Type) (columns []*column) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if f.Anonymous && tag == "" {
			embedded := f.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			if embedded.Kind() == reflect.Struct && embedded != timeType && !elements.EncodesItself(embedded) {
				inner := columnsOf(embedded)
				for _, c := range inner {
					c.optional = c.optional || f.Type.Kind() == reflect.Pointer
				}
				columns = append(columns, inner...)
				continue
			}
		}
		_, name := names(f)
		if name == "" || !f.IsExported() {
			continue
		}
		c := columnOf(f.Type, f.Tag.Get("parquet"))
		c.name = name
		_, options, _ := strings.Cut(tag, ",")
		c.optional = c.optional || strings.Contains(options, "omit")
		columns = append(columns, c)
	}
	return columns
}

// columnOf returns the column of a type as its codec encodes it to JSON.
func columnOf(t reflect.Type, tag string) *column {
	if t.Kind() == reflect.Pointer {
		c := columnOf(t.Elem(), tag)
		c.optional = true
		return c
	}
	switch {
	case t == timeType:
		return timeColumn(tag)
	case t == numberType:
		return &column{holds: double64, exact: true}
	case t == bytesType:
		return &column{holds: binaryBytes, optional: true}
	case elements.EncodesItself(t):
		return &column{holds: document, optional: true}
	}
	bits := 0
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 {
		bits = t.Bits()
	}
	switch t.Kind() {
	case reflect.Bool:
		return &column{holds: boolean}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &column{holds: integer, bits: bits}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &column{holds: unsigned, bits: bits}
	case reflect.Float32:
		return &column{holds: single32}
	case reflect.Float64:
		return &column{holds: double64}
	case reflect.String:
		return textColumn(tag)
	case reflect.Struct:
		if children := columnsOf(t); len(children) > 0 {
			return &column{children: children}
		}
	case reflect.Slice, reflect.Array:
		element := columnOf(t.Elem(), "")
		element.name = "element"
		return &column{children: []*column{element}, shape: listing, optional: t.Kind() == reflect.Slice}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !elements.EncodesItself(t.Key()) {
			value := columnOf(t.Elem(), "")
			value.name = "value"
			return &column{children: []*column{{name: "key", holds: text}, value}, shape: mapping, optional: true}
		}
	}
	return &column{holds: document, optional: true}
}

// timeColumn returns the column of a time.Time: an instant in nanoseconds, or what a tag as parquet-go has it says.
func timeColumn(tag string) *column {
	switch {
	case strings.Contains(tag, ",date"):
		return &column{holds: date}
	case strings.Contains(tag, "timestamp(millisecond"):
		return &column{holds: timestamp, unit: 1e3}
	case strings.Contains(tag, "timestamp(microsecond"):
		return &column{holds: timestamp, unit: 1e6}
	}
	return &column{holds: timestamp, unit: 1e9}
}

func textColumn(tag string) *column {
	if _, digits, ok := strings.Cut(tag, ",decimal("); ok { // decimal(scale:precision), as parquet-go has it
		digits, _, _ = strings.Cut(digits, ")")
		scale, precision, _ := strings.Cut(digits, ":")
		s, errS := strconv.Atoi(scale)
		p, errP := strconv.Atoi(precision)
		if errS == nil && errP == nil && 0 <= s && s <= p && p <= maxPrecision {
			return &column{holds: decimal, scale: s, precision: p}
		}
	}
	if strings.Contains(tag, ",uuid") {
		return &column{holds: uuid}
	}
	return &column{holds: text}
}
