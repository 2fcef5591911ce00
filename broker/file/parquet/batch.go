package parquet

import (
	"cmp"
	"fmt"
	"reflect"
	"unicode/utf8"
	"unsafe"

	"github.com/leat-go/leat/internal/quote"
	"github.com/leat-go/leat/internal/variable"
)

// values are those of a column in some rows.
type values struct {
	numbers []int64
	texts   []string
	// present says which are there; nil where all are.
	present []bool
	// isUTF8 says that all texts are; where it is false some may not be.
	isUTF8 bool
}

// has reports whether a row has a value.
func (v *values) has(i int) bool { return v.present == nil || v.present[i] }

// A scratch is memory that is used while texts are taken.
type scratch struct {
	arena []byte
	ends  []int
}

// take takes a column's values in the next rows.
func (v *values) take(c *chunk, n int, with *scratch, limit int) error {
	if c.isText() {
		v.texts, v.isUTF8 = resize(v.texts, n), true
	} else {
		v.numbers = resize(v.numbers, n)
	}
	if c.node.def > 0 {
		v.present = resize(v.present, n)
		clear(v.present)
	}
	for at := 0; at < n; {
		if !c.has() {
			return cmp.Or(c.err, damaged("it ends too early"))
		}
		run := min(n-at, c.entries-c.entry)
		switch {
		case c.isText():
			if shared := c.values.sharedTexts(limit); shared != nil {
				v.takeShared(c, at, run, shared)
			} else if err := v.takeTexts(c, at, run, with, limit); err != nil {
				return err
			}
		case c.defs == nil:
			copy(v.numbers[at:at+run], c.values.numbers[c.value:])
			c.value += run
		default:
			v.takeNumbers(c, at, run)
		}
		at, c.entry = at+run, c.entry+run
	}
	return nil
}

// takeNumbers takes numbers of which some may be null.
func (v *values) takeNumbers(c *chunk, at, run int) {
	for i, d := range c.defs[c.entry : c.entry+run] {
		if d == c.node.def {
			v.present[at+i] = true
			v.numbers[at+i] = c.values.numbers[c.value]
			c.value++
		}
	}
}

// takeShared takes texts that all rows with the same one share.
func (v *values) takeShared(c *chunk, at, run int, shared []string) {
	v.isUTF8 = v.isUTF8 && c.dictionary.sharedUTF8
	if c.defs == nil {
		for i, index := range c.values.indexes[c.value : c.value+run] {
			v.texts[at+i] = shared[index]
		}
		c.value += run
		if v.present != nil {
			setAll(v.present[at : at+run])
		}
		return
	}
	for i, d := range c.defs[c.entry : c.entry+run] {
		if d == c.node.def {
			v.present[at+i] = true
			v.texts[at+i] = shared[c.values.indexes[c.value]]
			c.value++
		}
	}
}

// takeTexts takes texts that lie side by side in one piece of memory.
func (v *values) takeTexts(c *chunk, at, run int, with *scratch, limit int) error {
	arena, ends := with.arena[:0], with.ends[:0]
	for i := range run {
		if c.defs == nil || c.defs[c.entry+i] == c.node.def {
			if v.present != nil {
				v.present[at+i] = true
			}
			text := c.values.text(c.value)
			if len(text) > limit {
				return errLimit
			}
			arena = append(arena, text...)
			c.value++
		}
		ends = append(ends, len(arena))
	}
	with.arena, with.ends = arena, ends
	all, begin := string(arena), 0
	for i, end := range ends {
		v.texts[at+i] = all[begin:end]
		begin = end
	}
	v.isUTF8 = v.isUTF8 && isASCII(arena)
	return nil
}

func setAll(present []bool) {
	for i := range present {
		present[i] = true
	}
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// A batch is some rows whose columns become fields. It implements [broker.Rows].
type batch struct {
	*table
	first   int64
	columns []values
}

// Decode implements [broker.Rows].
func (b *batch) Decode(offset int64, element any) error {
	p := reflect.ValueOf(element).UnsafePointer()
	i := int(offset - b.first)
	for at, f := range b.fields {
		v := &b.columns[at]
		if !v.has(i) {
			continue // it is zero
		}
		switch {
		case f.copies == wholeCells:
			*(*int64)(unsafe.Add(p, f.offset)) = v.numbers[i]
		case f.copies == textCells && v.isUTF8:
			*(*string)(unsafe.Add(p, f.offset)) = v.texts[i]
		default:
			if err := f.assign(p, v, i); err != nil {
				return fmt.Errorf("column %s: %w", f.node.name, err)
			}
		}
	}
	return nil
}

// DecodeAll implements [broker.BulkRows].
func (b *batch) DecodeAll(offset int64, elements []any) (n int) {
	n = len(elements)
	for at, f := range b.fields {
		n = f.setAll(&b.columns[at], int(offset-b.first), elements[:n])
	}
	return n
}

// setAll sets a field of elements to a column's values from one on, up to one that can't be set, and returns how many.
func (f *field) setAll(v *values, i int, elements []any) (n int) {
	switch {
	case v.present != nil:
	case f.copies == wholeCells:
		for n, value := range v.numbers[i : i+len(elements)] {
			*(*int64)(unsafe.Add(variable.In(elements[n]), f.offset)) = value
		}
		return len(elements)
	case f.copies == textCells && v.isUTF8:
		for n, value := range v.texts[i : i+len(elements)] {
			*(*string)(unsafe.Add(variable.In(elements[n]), f.offset)) = value
		}
		return len(elements)
	}
	for n, element := range elements {
		if v.has(i+n) && f.assign(variable.In(element), v, i+n) != nil {
			return n
		}
	}
	return len(elements)
}

// Value implements [broker.Rows].
func (b *batch) Value(offset int64) (object []byte, err error) {
	i := int(offset - b.first)
	object = append(object, '{')
	for at, f := range b.fields {
		if at > 0 {
			object = append(object, ',')
		}
		object = append(quote.Append(object, f.name), ':')
		if object, err = f.appendMember(object, &b.columns[at], i); err != nil {
			return nil, fmt.Errorf("column %s: %w", f.node.name, err)
		}
	}
	return append(object, '}'), nil
}
