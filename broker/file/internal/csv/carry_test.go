package csv

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCarry: a row is carried only if it is the row of its object; then the members asked for are those of the object, and all rows
// that are wrong are left to the decoder.
func TestCarry(t *testing.T) {
	cells := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "a", "1", "-0", "1.50", "1e5", "007", " 1", "1 ", "\tx", "x\t", "a b", "true", " true", "null", `"`, `""`, `"a"`,
			`"a,b"`, `"say ""it"""`, `a"b`, "\\", "\u2028", "日本", "\xff", "\x00", "\r", "-", "+1", "1_000", "#no",
		}),
		rapid.StringOfN(rapid.SampledFrom([]rune("01-.eE \t,;|\"\\x\r")), 0, 6, -1),
	)
	carried := 0
	rapid.Check(t, func(t *rapid.T) {
		d := Dialect{Delimiter: rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "delimiter")}
		columns := []string{"a", `b "quoted"`, "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "columns")]
		asked := rapid.SliceOf(rapid.SampledFrom([]string{"a", "c", `b "quoted"`, "none"})).Draw(t, "asked")
		row := strings.Join(rapid.SliceOfN(cells, 1, 5).Draw(t, "cells"), string(d.Delimiter))
		if row == "" {
			t.Skip("an empty line is no row")
		}
		c := NewCarrier(d, columns, asked)
		if !c.Take([]byte(row)) {
			return
		}
		object := c.Members(nil)
		carried++
		whole, err := c.Object(nil, []byte(row))
		if err != nil {
			t.Fatalf("%q was carried: %v", row, err)
		}
		text, err := c.Row(nil, whole)
		if err != nil || string(text) != row+"\n" {
			t.Fatalf("%q was carried, and is written as %q, %v", row, text, err)
		}
		isAsked := func(name string) bool { return slices.Contains(asked, name) }
		all := func(string) bool { return true }
		if got, want := membersOf(t, object, all), membersOf(t, whole, isAsked); !slices.Equal(got, want) {
			t.Fatalf("%s of %s, want %q", object, whole, want)
		}
	})
	if carried == 0 && !testing.Short() { // which draws a few
		t.Error("no row was carried")
	}
}

// membersOf returns the members of an object, and what they hold.
func membersOf(t *rapid.T, object []byte, takes func(name string) bool) (found []string) {
	err := members(object, func(name string, value []byte) error {
		if takes(name) {
			found = append(found, name+"="+string(value))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestCarries: which dialects let rows stay as they are.
func TestCarries(t *testing.T) {
	for _, c := range []struct {
		d    Dialect
		want bool
	}{
		{Dialect{}, true},
		{Dialect{Delimiter: ';'}, true},
		{Dialect{Columns: []string{"a"}}, true},
		{Dialect{Null: []string{""}}, true},
		{Dialect{Delimiter: 'x'}, false},
		{Dialect{Blanks: true}, false},
		{Dialect{Null: []string{"NA"}}, false},
		{Dialect{Comment: "#"}, false},
		{Dialect{Delimiter: ';', Decimal: ','}, false},
		{Dialect{Ragged: true}, false},
		{Dialect{Text: []string{"a"}}, false},
	} {
		if got := Carries(c.d); got != c.want {
			t.Errorf("%+v: %t", c.d, got)
		}
	}
}
