package parquet

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/leat-go/leat/broker/internal/member"
)

// An inference finds out which columns results have, by the first of them.
type inference struct {
	names []string
	of    map[string]*inferred
	rows  int64
}

// inferred is what is known of a member.
type inferred struct {
	// kind is what its values are, as what says; empty where all are null.
	kind string
	row  int64
	// whole and double say whether all numbers are whole ones of 64 bits, and whether doubles keep their digits; digits and
	// scale are how many digits they have before and behind the point.
	whole, double bool
	digits, scale int
}

func newInference(names []string) *inference {
	in := &inference{of: map[string]*inferred{}}
	for _, name := range names {
		in.member(name)
	}
	return in
}

func (in *inference) member(name string) *inferred {
	m := in.of[name]
	if m == nil {
		m = &inferred{whole: true, double: true}
		in.of[name] = m
		in.names = append(in.names, name)
	}
	return m
}

// add looks at a result.
func (in *inference) add(members []member.Member) error {
	in.rows++
	for _, m := range members {
		is := what(m.Value)
		switch is {
		case "null":
			in.member(m.Name)
			continue
		case "an object", "a list":
			return fmt.Errorf("row %d: the member %s is %s, which can't be in a cell: emit its members by themselves, or write "+
				"it as JSON by parquet: {columns: {%[2]s: json, …}}", in.rows, m.Name, is)
		}
		known := in.member(m.Name)
		if known.kind == "" {
			known.kind, known.row = is, in.rows
		}
		if known.kind != is {
			return fmt.Errorf("row %d: the member %s is %s, and in row %d it is %s: give its column a type by parquet: "+
				"{columns: {%[2]s: text, …}}", in.rows, m.Name, is, known.row, known.kind)
		}
		if is == "a number" {
			if err := known.number(string(m.Value)); err != nil {
				return fmt.Errorf("row %d: the member %s: %w", in.rows, m.Name, err)
			}
		}
	}
	return nil
}

// number looks at a number.
func (m *inferred) number(text string) error {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) <= 15 {
		m.digits = max(m.digits, len(text))
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	m.double = m.double && err == nil && keepsDigits(text, f)
	d, err := parseDecimal(text)
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

// columns returns the columns: whole numbers of 64 bits, else doubles where they keep all digits, else decimals.
func (in *inference) columns() (columns []*column) {
	for _, name := range in.names {
		m := in.of[name]
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
		c.name, c.optional = name, true
		columns = append(columns, c)
	}
	return columns
}
