package avrojson

import (
	"encoding/base64"
	stdbinary "encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/jsontree"
	"github.com/leat-go/leat/internal/suggest"
)

// AppendAvro appends the encoding of a JSON value. Errors are of type [*codec.Error]. What the schema can't hold without
// a loss is one, but for fractions, which float and double round.
func (s *Schema) AppendAvro(dst, raw []byte) ([]byte, error) {
	value, err := jsontree.Parse(raw)
	if err == nil {
		var w writer
		dst, err = w.value(dst, s.root, &value)
	}
	if err == nil {
		return dst, nil
	}
	if where := (*codec.Error)(nil); !errors.As(err, &where) {
		err = &codec.Error{Offset: -1, Err: err}
	}
	return nil, err
}

// A writer encodes values.
type writer struct {
	// ofSchema says that the value is the default of a field: bytes in base64, also where they are a logical type.
	ofSchema bool
}

func mismatch(n *node, v *jsontree.Value) error {
	return fmt.Errorf("%s is %v, and the schema has %s here", v, v.Kind, n.describe())
}

// describe says what values a type has.
func (n *node) describe() string {
	switch n.kind {
	case record:
		return "the record " + n.name
	case enum:
		return "the enum " + n.name
	case union:
		var names []string
		for _, b := range n.branches {
			names = append(names, b.name)
		}
		return "one of " + strings.Join(names, ", ")
	}
	return n.name
}

func appendLong(dst []byte, v int64) []byte { return stdbinary.AppendVarint(dst, v) }

func (w *writer) value(dst []byte, n *node, v *jsontree.Value) ([]byte, error) {
	switch n.kind {
	case null:
		if v.Kind == jsontree.Null {
			return dst, nil
		}
	case boolean:
		if v.Kind == jsontree.Bool {
			return append(dst, map[byte]byte{'t': 1, 'f': 0}[v.Raw[0]]), nil
		}
	case integer:
		if v.Kind == jsontree.Number {
			i, err := whole(v.Raw, n.bits)
			return appendLong(dst, i), err
		}
	case float, double:
		return w.float(dst, n, v)
	case decimal:
		if v.Kind == jsontree.Number && !w.ofSchema {
			return w.decimal(dst, n, v)
		}
		return w.bytes(dst, n, v)
	case text:
		if v.Kind == jsontree.Text {
			return append(appendLong(dst, int64(len(v.Text))), v.Text...), nil
		}
	case binary, uuid:
		return w.bytes(dst, n, v)
	case instant, local, date, daytime:
		at, err := w.time(n, v)
		if err == nil && n.kind == date && int64(int32(at)) != at {
			err = fmt.Errorf("%s is beyond what a date holds", v)
		}
		return appendLong(dst, at), err
	case enum:
		return w.enum(dst, n, v)
	case duration:
		return w.duration(dst, n, v)
	case record:
		return w.record(dst, n, v)
	case list:
		return w.list(dst, n, v)
	case mapping:
		return w.mapping(dst, n, v)
	case union:
		return w.union(dst, n, v)
	}
	return nil, mismatch(n, v)
}

// floats are the texts that stand for what no JSON number is.
var floats = map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}

// ParseFloat reads a number, or the text of one that JSON hasn't got. A whole number must be held exactly, and a fraction is
// rounded.
func ParseFloat(v *jsontree.Value, bits int, name string) (float64, error) {
	if v.Kind == jsontree.Text {
		if f, ok := floats[v.Text]; ok {
			return f, nil
		}
	}
	if v.Kind != jsontree.Number {
		return 0, fmt.Errorf("%s is %v, and the schema has %s here", v, v.Kind, name)
	}
	f, err := strconv.ParseFloat(string(v.Raw), bits)
	if err != nil {
		return 0, fmt.Errorf("%s is beyond what a %s holds", v, name)
	}
	if isExact(v.Raw) && math.Abs(f) >= 1<<24 && !holds(f, bits, v.Raw) {
		return 0, fmt.Errorf("a %s would round the whole number %s: give a schema with another type", name, v)
	}
	return f, nil
}

// holds reports whether a float is a whole number, or the shortest decimal that denotes it is.
func holds(f float64, bits int, raw []byte) bool {
	if exact, _ := new(big.Float).SetFloat64(f).Int(nil); exact.Text(10) == string(raw) {
		return true
	}
	shortest, err := parseNumber(AppendFloat(nil, f, bits))
	if err != nil {
		return false
	}
	n, err := parseNumber(raw)
	return err == nil && n.exponent == shortest.exponent && n.digits.Cmp(shortest.digits) == 0
}

// isExact reports whether a number is written with all its digits, as counts and ids are, and not as a power of ten.
func isExact(raw []byte) bool { return !strings.ContainsAny(string(raw), "eE.") }

func (w *writer) float(dst []byte, n *node, v *jsontree.Value) ([]byte, error) {
	if n.kind == float {
		f, err := ParseFloat(v, 32, n.name)
		return stdbinary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f))), err
	}
	f, err := ParseFloat(v, 64, n.name)
	if err == nil && n.exact && v.Kind == jsontree.Number && !holds(f, 64, v.Raw) {
		err = fmt.Errorf("a double would round %s: give a schema with a decimal, or say by float(…) that digits may be lost", v)
	}
	return stdbinary.LittleEndian.AppendUint64(dst, math.Float64bits(f)), err
}

func (w *writer) decimal(dst []byte, n *node, v *jsontree.Value) ([]byte, error) {
	parsed, err := parseNumber(v.Raw)
	if err != nil {
		return nil, err
	}
	unscaled, err := parsed.scaled(v.Raw, n.scale)
	if err != nil {
		return nil, err
	}
	if digits := len(strings.TrimPrefix(unscaled.Text(10), "-")); unscaled.Sign() != 0 && digits > n.precision {
		return nil, fmt.Errorf("%s has %d digits at scale %d, and the schema's decimal has %d", v, digits, n.scale,
			n.precision)
	}
	b := twosComplement(unscaled)
	if n.size < 0 {
		return append(appendLong(dst, int64(len(b))), b...), nil
	}
	if len(b) > n.size {
		return nil, fmt.Errorf("%s doesn't fit into the %d bytes of %s", v, n.size, n.name)
	}
	sign := byte(0)
	if unscaled.Sign() < 0 {
		sign = 0xFF
	}
	for range n.size - len(b) {
		dst = append(dst, sign)
	}
	return append(dst, b...), nil
}

// twosComplement returns an integer in as few bytes as hold it.
func twosComplement(v *big.Int) []byte {
	if v.Sign() >= 0 {
		if b := v.Bytes(); len(b) > 0 && b[0]&0x80 == 0 {
			return b
		}
		return append([]byte{0}, v.Bytes()...)
	}
	size := uint(new(big.Int).Add(v, big.NewInt(1)).BitLen()/8 + 1)
	b := new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), 8*size)).Bytes()
	return b
}

func (w *writer) bytes(dst []byte, n *node, v *jsontree.Value) ([]byte, error) {
	if v.Kind != jsontree.Text {
		return nil, mismatch(n, v)
	}
	var b []byte
	var err error
	switch {
	case n.kind == uuid && !w.ofSchema:
		if b, err = hex.DecodeString(strings.ReplaceAll(v.Text, "-", "")); err != nil || len(b) != 16 {
			return nil, fmt.Errorf("%s is no UUID", v)
		}
	default:
		if b, err = base64.StdEncoding.DecodeString(v.Text); err != nil {
			return nil, fmt.Errorf("%s is no base64, as which bytes are written: %w", v, err)
		}
	}
	if n.size < 0 {
		return append(appendLong(dst, int64(len(b))), b...), nil
	}
	if len(b) != n.size {
		return nil, fmt.Errorf("%s has %d bytes, and %s has %d", v, len(b), n.name, n.size)
	}
	return append(dst, b...), nil
}

func (w *writer) enum(dst []byte, n *node, v *jsontree.Value) ([]byte, error) {
	if v.Kind != jsontree.Text {
		return nil, mismatch(n, v)
	}
	i := slices.Index(n.symbols, v.Text)
	if i < 0 {
		return nil, fmt.Errorf("%s has no symbol %s, but %s%s", n.name, v, strings.Join(n.symbols, ", "),
			suggest.Name(v.Text, n.symbols))
	}
	return appendLong(dst, int64(i)), nil
}

func (w *writer) duration(dst []byte, n *node, v *jsontree.Value) ([]byte, error) {
	if w.ofSchema {
		return w.bytes(dst, n, v)
	}
	for _, name := range []string{"months", "days", "millis"} {
		part := v.Member(name)
		if part == nil || part.Kind != jsontree.Number || len(v.Members) != 3 {
			return nil, fmt.Errorf(`%s is no duration, which is {"months":0,"days":0,"millis":0}`, v)
		}
		i, err := whole(part.Raw, 64)
		if err != nil || i < 0 || i > math.MaxUint32 {
			return nil, fmt.Errorf("%s of a duration is %s, which isn't a whole number of 32 bits", name, part)
		}
		dst = stdbinary.LittleEndian.AppendUint32(dst, uint32(i))
	}
	return dst, nil
}

func (w *writer) record(dst []byte, n *node, v *jsontree.Value) (_ []byte, err error) {
	if v.Kind != jsontree.Object {
		return nil, mismatch(n, v)
	}
	for i := range v.Members {
		name := v.Members[i].Name
		if !slices.ContainsFunc(n.fields, func(f field) bool { return f.name == name }) {
			return nil, fmt.Errorf("%s has no field %q%s", n.describe(), name, n.suggest(name))
		}
	}
	for i := range n.fields {
		f := &n.fields[i]
		member := v.Member(f.name)
		switch {
		case member == nil && f.absent != nil:
			dst = append(dst, f.absent...)
			continue
		case member == nil:
			return nil, within(fmt.Errorf("it is missing, and %s has no default for it", n.describe()), f.name)
		}
		if dst, err = w.value(dst, f.node, member); err != nil {
			return nil, within(err, f.name)
		}
	}
	return dst, nil
}

// suggest says which fields there are.
func (n *node) suggest(name string) string {
	var names []string
	for _, f := range n.fields {
		names = append(names, f.name)
	}
	return suggest.Among(name, names)
}

func (w *writer) list(dst []byte, n *node, v *jsontree.Value) (_ []byte, err error) {
	if v.Kind != jsontree.List {
		return nil, mismatch(n, v)
	}
	if len(v.Items) > 0 {
		dst = appendLong(dst, int64(len(v.Items)))
	}
	for i := range v.Items {
		if dst, err = w.value(dst, n.inner, &v.Items[i]); err != nil {
			return nil, within(err, "["+strconv.Itoa(i)+"]")
		}
	}
	return append(dst, 0), nil
}

func (w *writer) mapping(dst []byte, n *node, v *jsontree.Value) (_ []byte, err error) {
	if v.Kind != jsontree.Object {
		return nil, mismatch(n, v)
	}
	if len(v.Members) > 0 {
		dst = appendLong(dst, int64(len(v.Members)))
	}
	for i := range v.Members {
		m := &v.Members[i]
		dst = append(appendLong(dst, int64(len(m.Name))), m.Name...)
		if dst, err = w.value(dst, n.inner, &m.Value); err != nil {
			return nil, within(err, m.Name)
		}
	}
	return append(dst, 0), nil
}

// ranks are the orders in which the branches of a union are tried: what holds fewer values comes first, so that a number
// without a fraction is an int before it is a double, and a text is a symbol or a time before it is any text.
var ranks = map[kind]int{
	enum: 1, date: 2, instant: 3, local: 4, daytime: 5, uuid: 6, text: 8, integer: 9, decimal: 11, double: 12, float: 13,
	binary: 14, duration: 15, record: 16, mapping: 17,
}

// union writes the first branch that a value fits. A time is taken for one only where it is written as such.
func (w *writer) union(dst []byte, n *node, v *jsontree.Value) ([]byte, error) {
	var candidates int
	var last error
	for _, i := range w.order(n) {
		branch := n.branches[i]
		if !w.ofSchema && v.Kind == jsontree.Number && slices.Contains([]kind{date, instant, local, daytime}, branch.kind) {
			continue
		}
		encoded, err := w.branch(dst, n, i, v)
		if err == nil {
			return encoded, nil
		}
		if branch.takes(v) {
			candidates++
			last = err
		}
	}
	if candidates == 1 {
		return nil, last // it says more
	}
	return nil, mismatch(n, v)
}

// order returns the branches in the order in which they are tried. For a default that is the schema's.
func (w *writer) order(n *node) []int {
	order := make([]int, len(n.branches))
	for i := range order {
		order[i] = i
	}
	if w.ofSchema {
		return order
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := n.branches[a], n.branches[b]
		if x.kind == integer && y.kind == integer {
			return x.bits - y.bits
		}
		return ranks[x.kind] - ranks[y.kind]
	})
	return order
}

// takes reports whether a type has values of a kind of JSON.
func (n *node) takes(v *jsontree.Value) bool {
	switch v.Kind {
	case jsontree.Number:
		return slices.Contains([]kind{integer, float, double, decimal}, n.kind)
	case jsontree.Text:
		return slices.Contains([]kind{text, enum, binary, instant, local, date, daytime, uuid}, n.kind)
	case jsontree.List:
		return n.kind == list
	case jsontree.Object:
		return slices.Contains([]kind{record, mapping, duration}, n.kind)
	case jsontree.Bool:
		return n.kind == boolean
	}
	return n.kind == null
}

func (w *writer) branch(dst []byte, n *node, i int, v *jsontree.Value) ([]byte, error) {
	return w.value(appendLong(dst, int64(i)), n.branches[i], v)
}
