package parquet

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"

	"github.com/leat-go/leat/broker/internal/member"
)

// An inference finds out which columns results have, by the first of them, which it holds.
type inference struct {
	members []*inferred
	rows    int64
}

// inferred is what is known of a member.
type inferred struct {
	name string
	// kind is what its values are, as what says; empty where all are null.
	kind string
	row  int64
	// whole and double say whether all numbers are whole ones of 64 bits, and whether doubles keep their digits; digits and
	// scale are how many digits they have before and behind the point.
	whole, double bool
	digits, scale int
	held          held
}

func newInference(names []string) *inference {
	in := &inference{}
	for i, name := range names {
		in.member(i, name)
	}
	return in
}

// member returns what is known of a member, which mostly has the same place in each result.
func (in *inference) member(place int, name string) *inferred {
	if place < len(in.members) && in.members[place].name == name {
		return in.members[place]
	}
	for _, m := range in.members {
		if m.name == name {
			return m
		}
	}
	m := &inferred{name: name, whole: true, double: true}
	in.members = append(in.members, m)
	return m
}

// add looks at a result.
func (in *inference) add(members []member.Member) error {
	in.rows++
	for i, m := range members {
		is := what(m.Value)
		switch is {
		case "null":
			in.member(i, m.Name)
			continue
		case "an object", "a list":
			return fmt.Errorf("row %d: the member %s is %s, which can't be in a cell: emit its members by themselves, or write "+
				"it as JSON by parquet: {columns: {%[2]s: json, …}}", in.rows, m.Name, is)
		}
		known := in.member(i, m.Name)
		if known.kind == "" {
			known.kind, known.row = is, in.rows
		}
		if known.kind != is {
			return fmt.Errorf("row %d: the member %s is %s, and in row %d it is %s: give its column a type by parquet: "+
				"{columns: {%[2]s: text, …}}", in.rows, m.Name, is, known.row, known.kind)
		}
		if is == "a number" {
			if err := known.number(m.Value); err != nil {
				return fmt.Errorf("row %d: the member %s: %w", in.rows, m.Name, err)
			}
		}
		if known.held.end == in.rows {
			return fmt.Errorf("row %d: the member %s is there twice", in.rows, m.Name)
		}
		known.held.add(in.rows-1, m.Value)
	}
	return nil
}

// number looks at a number.
func (m *inferred) number(text []byte) error {
	if _, ok := plainWhole(text); ok && len(text) <= 15 {
		m.digits = max(m.digits, len(text))
		return nil
	}
	if whole, scale, ok := plainDecimal(text); ok {
		m.whole = m.whole && scale == 0
		m.digits, m.scale = max(m.digits, whole), max(m.scale, scale)
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	m.double = m.double && err == nil && keepsDigits(text, f)
	d, err := parseDecimal(string(text))
	if err != nil {
		m.whole = false
		if !m.double {
			return err
		}
		m.scale = maxPrecision + 1
		return nil
	}
	m.whole = m.whole && d.scale == 0 && d.digits.IsInt64()
	m.scale = max(m.scale, d.scale)
	m.digits = max(m.digits, len(new(big.Int).Abs(d.digits).String())-d.scale)
	return nil
}

// plainDecimal returns how many digits a number has before and behind its point, where they are so few that a double keeps
// them.
func plainDecimal(text []byte) (whole, scale int, ok bool) {
	if len(text) > 15 {
		return 0, 0, false
	}
	before, behind, _ := bytes.Cut(bytes.TrimPrefix(text, []byte("-")), []byte("."))
	if _, ok := plainWhole(before); !ok || before[0] == '-' {
		return 0, 0, false
	}
	if behind = bytes.TrimRight(behind, "0"); len(behind) > 0 {
		if _, ok := plainWhole(behind); !ok || behind[0] == '-' {
			return 0, 0, false
		}
		return len(bytes.TrimLeft(before, "0")), len(behind), true
	}
	return len(before), 0, true
}

// columns returns the columns: whole numbers of 64 bits, else doubles where they keep all digits, else decimals.
func (in *inference) columns() (columns []*column) {
	for _, m := range in.members {
		c := &column{holds: text}
		switch {
		case m.kind == "a truth value":
			c.holds = boolean
		case m.kind == "a number" && m.whole:
			c.holds, c.bits = integer, 64
		case m.kind == "a number" && (m.double || m.digits+m.scale > maxPrecision):
			c.holds, c.exact = double64, true
		case m.kind == "a number":
			c.holds, c.precision, c.scale = decimal, maxPrecision, m.scale
		}
		c.name, c.optional = m.name, true
		columns = append(columns, c)
	}
	return columns
}
