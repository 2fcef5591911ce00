package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// decode returns the object of a row, given the header.
func decode(d Dialect, header, row string) (string, error) {
	dec := NewDecoder(d, nil, nil)
	if d.Delimiter == 0 {
		dec.Guess()
	}
	if !dec.HasColumns() {
		if err := dec.Header([]byte(header)); err != nil {
			return "", err
		}
	}
	object, err := dec.Append(nil, []byte(row))
	return string(object), err
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name        string
		dialect     Dialect
		header, row string
		want        string
	}{
		{"kinds", Dialect{}, "a,b,c,d,e", `1,true,x,,false`, `{"a":1,"b":true,"c":"x","d":null,"e":false}`},
		{"numbers keep their digits", Dialect{}, "a,b,c,d", `1.50,-0.0,1e400,123456789012345678901234567890`,
			`{"a":1.50,"b":-0.0,"c":1e400,"d":123456789012345678901234567890}`},
		{"what only looks like numbers", Dialect{}, "a,b,c,d,e,f,g,h", `007,+1,.5,1.,NaN,0x10,1_000,1e`,
			`{"a":"007","b":"+1","c":".5","d":"1.","e":"NaN","f":"0x10","g":"1_000","h":"1e"}`},
		{"what only looks like truth", Dialect{}, "a,b,c", `True,TRUE,falsehood`, `{"a":"True","b":"TRUE","c":"falsehood"}`},
		{"a delimiter that is given", Dialect{Delimiter: ','}, "a;b", `1;2`, `{"a;b":"1;2"}`},
		{"quotes", Dialect{}, "a,b,c", `"x,y","say ""hi""",""`, `{"a":"x,y","b":"say \"hi\"","c":""}`},
		{"quoted numbers", Dialect{}, "a,b", `"12","true"`, `{"a":12,"b":true}`},
		{"quotes within a cell", Dialect{}, "a,b", `5" pipe,a"b"c`, `{"a":"5\" pipe","b":"a\"b\"c"}`},
		{"a line break within quotes", Dialect{}, "a,b", "\"x\ny\",2", `{"a":"x\ny","b":2}`},
		{"blanks around", Dialect{}, "a, b ,c", ` 1 , x , "y" `, `{"a":1,"b":" x ","c":"y"}`},
		{"semicolons and commas", Dialect{Delimiter: ';', Decimal: ','}, "a;b;c", `1,5;1.5;1,000,000`,
			`{"a":1.5,"b":"1.5","c":"1,000,000"}`},
		{"tabs", Dialect{Delimiter: '\t'}, "a\tb", "x y\t2", `{"a":"x y","b":2}`},
		{"a delimiter of several bytes", Dialect{Delimiter: '¦'}, "a¦b¦c", `1¦"x¦y"¦`, `{"a":1,"b":"x¦y","c":null}`},
		{"blanks", Dialect{Blanks: true}, "time  path", "  1.5 \t rgb/1.png  ", `{"time":1.5,"path":"rgb/1.png"}`},
		{"blanks and quotes", Dialect{Blanks: true}, "a b", `"x y"  b"c`, `{"a":"x y","b":"b\"c"}`},
		{"null", Dialect{Null: []string{"NA", "-"}}, "a,b,c,d", `NA,-,,"NA"`, `{"a":null,"b":null,"c":"","d":"NA"}`},
		{"text", Dialect{Text: []string{"id"}}, "id,n", `12,12`, `{"id":"12","n":12}`},
		{"columns", Dialect{Columns: []string{"x", "y"}}, "", `1,2`, `{"x":1,"y":2}`},
		{"ragged, too few", Dialect{Ragged: true}, "a,b,c", `1`, `{"a":1,"b":null,"c":null}`},
		{"ragged, too many", Dialect{Ragged: true}, "a", `1,2,3`, `{"a":1}`},
		{"a column without a name", Dialect{}, ",x", `0,1`, `{"column0":0,"x":1}`},
		{"names are escaped", Dialect{}, `"a""b",c\d`, `1,2`, `{"a\"b":1,"c\\d":2}`},
		{"control characters", Dialect{}, "a", "x\ty\x00z", `{"a":"x\ty\u0000z"}`},
	} {
		got, err := decode(c.dialect, c.header, c.row)
		if err != nil || got != c.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", c.name, got, err, c.want)
		}
	}
}

// What is wrong is told, with the byte where it is.
func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct {
		name        string
		dialect     Dialect
		header, row string
		at          int
		want        string
	}{
		{"too few", Dialect{}, "a,b,c", "1,2", 3, `the line has 2 cells, and there are 3 columns: "c" has none; with ragged`},
		{"too many", Dialect{}, "a,b", "1,2,x", 4, `the line has 3 cells, and there are 2 columns: "x" has none; with ragged`},
		{"behind quotes", Dialect{}, "a,b", `"x"y,2`, 3, `'y' stands behind the closing quote of a cell`},
		{"behind quotes, blanks", Dialect{Blanks: true}, "a b", `"x"y 2`, 3, `'y' stands behind the closing quote of a cell`},
		{"not UTF-8", Dialect{}, "a", "caf\xe9", 3, "the byte 0xe9 is not UTF-8"},
		{"one name twice", Dialect{}, "a,b,a", "", 4, `columns 1 and 3 are both named "a"`},
		{"another delimiter", Dialect{}, "a;b", "", 0, `one column, "a;b": is its delimiter ";"?`},
		{"a line for Excel", Dialect{}, "sep=;", "", 0, `with comment "sep=" and delimiter ";"`},
		{"a line for Excel, divided", Dialect{Delimiter: ';'}, "sep=;", "", 0, `with comment "sep=" and delimiter ";"`},
		{"a comma", Dialect{Blanks: true}, "a,b", "", 0, `is its delimiter ","?`},
		{"text of no column", Dialect{Text: []string{"x"}}, "a", "", 0, `the column "x" is to be text, and is none of the columns`},
	} {
		_, err := decode(c.dialect, c.header, c.row)
		wrong, ok := errors.AsType[*Error](err)
		if !ok || wrong.Offset != c.at || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v at %d, want %q at %d", c.name, err, wrong.Offset, c.want, c.at)
		}
	}
}

// A header without the column of any field is that of another file, or divided by something else.
func TestHeaderOfOtherColumns(t *testing.T) {
	const ofNoField, divided = "is that of a field, of which there are", `is its delimiter ";"?`
	for header, want := range map[string]string{
		"time;x": divided, "Time;": divided, "1,2": ofNoField, "time x": ofNoField, "time,x": "", "x,other": "", "Time": "",
	} {
		d := NewDecoder(Dialect{}, []string{"time", "x"}, nil)
		d.Guess()
		err := d.Header([]byte(header))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", header, err)
		}
	}
}

func TestDialectErrors(t *testing.T) {
	for _, c := range []struct {
		dialect Dialect
		want    string
	}{
		{Dialect{Delimiter: '"'}, "can't be between cells"},
		{Dialect{Delimiter: ';', Blanks: true}, "by blanks or by ';', not by both"},
		{Dialect{Decimal: ';'}, "a point or a comma"},
		{Dialect{Decimal: ',', Delimiter: ','}, "a comma can't be both"},
		{Dialect{Columns: []string{"a", ""}}, "a column has no name"},
		{Dialect{Columns: []string{"a", "a"}}, `two columns are named "a"`},
		{Dialect{Columns: []string{"a"}, Text: []string{"b"}}, `the column "b" is to be text`},
	} {
		if err := c.dialect.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.dialect, err, c.want)
		}
	}
}

// Rows as encoding/csv writes them are split as it splits them.
func TestSplitAsTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SliceOfN(rapid.StringMatching(`[a,;" \né]{0,5}`), 1, 5).Draw(t, "row")
		comma := rapid.SampledFrom([]rune{',', ';', '\t', '¦'}).Draw(t, "comma")
		var text bytes.Buffer
		w := stdcsv.NewWriter(&text)
		w.Comma = comma
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		d := Dialect{Delimiter: comma}
		s := splitter{delimiter: d.delimiter()}
		if err := s.split(bytes.TrimSuffix(text.Bytes(), []byte{'\n'})); err != nil {
			t.Fatalf("%q: %v", text.String(), err)
		}
		var got []string
		for _, c := range s.cells {
			got = append(got, string(c.text))
		}
		if !slices.Equal(got, row) {
			t.Fatalf("%q: got %q, want %q", text.String(), got, row)
		}
	})
}

// Objects of plain values come back as they were, whatever the dialect; but texts that look like numbers or truth values
// are those, unless their column is text.
func TestThereAndBack(t *testing.T) {
	value := rapid.OneOf(
		rapid.Just(any(nil)), rapid.Just(any(true)), rapid.Just(any(false)),
		rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,3})?(e[+-]?[0-9]{1,3})?`), func(s string) any { return json.Number(s) }),
		rapid.Map(rapid.StringMatching(`[a,;"#\r\n \\é1.-]{0,6}`), func(s string) any { return s }),
		rapid.Map(rapid.String(), func(s string) any { return strings.ToValidUTF8(s, "?") }),
	)
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]Dialect{
			{}, {Delimiter: ';', Decimal: ','}, {Delimiter: '\t'}, {Delimiter: '¦'}, {Null: []string{"NA"}}, {Comment: "#"},
			{Blanks: true, Null: []string{"-"}},
		}).Draw(t, "dialect")
		columns := []string{"a", "b c", `"d"`}[:rapid.IntRange(1, 3).Draw(t, "columns")]
		var want bytes.Buffer
		for i, name := range columns {
			v := value.Draw(t, name)
			if s, ok := v.(string); ok {
				if isNumber(bytes.ReplaceAll([]byte(s), []byte{','}, []byte{'.'})) || s == "true" || s == "false" {
					v = "x"
				}
				if v == nil && len(columns) == 1 && d.Null == nil {
					v = "x" // an empty line is none
				}
			}
			if v == nil && len(columns) == 1 && d.Null == nil {
				v = true
			}
			member, err := json.Marshal(map[string]any{name: v})
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 {
				want.WriteByte(',')
			}
			want.Write(member[1 : len(member)-1])
		}
		object := "{" + want.String() + "}"
		e := NewEncoder(d, nil, nil)
		if err := e.Learn([]byte(object)); err != nil {
			t.Fatal(err)
		}
		header := bytes.TrimSuffix(e.AppendHeader(nil), []byte{'\n'})
		row, err := e.Append(nil, []byte(object))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(d, string(header), string(bytes.TrimSuffix(row, []byte{'\n'})))
		if err != nil || !sameJSON(t, got, object) {
			t.Fatalf("%s is written %q and read %s, %v", object, row, got, err)
		}
	})
}

// sameJSON reports whether two objects have the same members, with the same digits.
func sameJSON(t *rapid.T, texts ...string) bool {
	var canonical [2]string
	for i, text := range texts {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v map[string]any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		canonical[i] = string(again)
	}
	return canonical[0] == canonical[1]
}

func TestEncodeErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect Dialect
		objects []string
		want    string
	}{
		{"a list", Dialect{}, []string{`{"a":1,"b":[1,2]}`}, `the member "b" is a list, [1,2], and a cell holds one plain value`},
		{"an object", Dialect{}, []string{`{"a":{"b":"}"}}`}, `the member "a" is an object, {"b":"}"}, and a cell holds one`},
		{"one member more", Dialect{}, []string{`{"a":1}`, `{"a":1,"b":2}`}, `the member "b" has no column: the columns are ["a"]`},
		{"null between blanks", Dialect{Blanks: true}, []string{`{"a":null}`}, `the member "a" is null, and between blanks`},
		{"no members", Dialect{}, []string{`{}`}, "the result has no members"},
		{"no object", Dialect{}, []string{`{"a":1,}`}, "the result is no JSON object"},
		{"cut off", Dialect{}, []string{`{"a":"x`}, "the result is no JSON object"},
	} {
		e := NewEncoder(c.dialect, nil, nil)
		err := e.Learn([]byte(c.objects[0]))
		for _, object := range c.objects {
			if err == nil {
				_, err = e.Append(nil, []byte(object))
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// A member that is missing is null, and the order of members doesn't matter.
func TestEncodeMembersInAnyOrder(t *testing.T) {
	e := NewEncoder(Dialect{}, nil, nil)
	if err := e.Learn([]byte(`{"a":1,"b":2}`)); err != nil {
		t.Fatal(err)
	}
	for object, want := range map[string]string{`{"b": 2 , "a": "x"}`: "x,2\n", `{"b":2}`: ",2\n", `{"a":1}`: "1,\n"} {
		if row, err := e.Append(nil, []byte(object)); err != nil || string(row) != want {
			t.Errorf("%s: got %q, %v, want %q", object, row, err, want)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	d := NewDecoder(Dialect{}, nil, nil)
	if err := d.Header([]byte("time,robot,x,y")); err != nil {
		b.Fatal(err)
	}
	row := []byte("1403715273312143104,robot-17,1.25,-0.5")
	var object []byte
	b.SetBytes(int64(len(row)))
	b.ReportAllocs()
	for b.Loop() {
		object, _ = d.Append(object[:0], row)
	}
}

// TestPlainRows: the short way through rows that have nothing unusual makes the same objects as the long one.
func TestPlainRows(t *testing.T) {
	cells := rapid.SampledFrom([]string{
		"", "0", "-0", "1", "01", "-7", "1.5", "1.", ".5", "-", "-.5", "1e3", "1.5E-2", "1.2.3", "12 ", " 12", "true", "false", "t",
		"text", "a text", " a", "a ", "2026-01-01", "1,5", `a"b`, `"quoted"`, `"a,b"`, `back\slash`, "tab\there", "Grüße", "\u2028", "–",
		"\xff", "a;b", "NA", "|",
	})
	dialects := []Dialect{
		{}, {Delimiter: ';'}, {Delimiter: '\t'}, {Delimiter: '|', Ragged: true}, {Delimiter: '1'}, {Null: []string{"NA"}},
		{Null: []string{}},
		{Delimiter: ';', Decimal: ','}, {Text: []string{"b"}}, {Blanks: true},
	}
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(dialects).Draw(t, "dialect")
		d.Columns = []string{"a", "b", "c"}
		delimiter := " "
		if !d.Blanks {
			delimiter = string(d.delimiter())
		}
		row := []byte(strings.Join(rapid.SliceOfN(cells, 1, 4).Draw(t, "row"), delimiter))
		long := NewDecoder(d, nil, nil)
		long.isPlain = false
		got, gotErr := NewDecoder(d, nil, nil).Append(nil, row)
		want, wantErr := long.Append(nil, row)
		if string(got) != string(want) || (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("%+v, %q: got %s, %v, want %s, %v", d, row, got, gotErr, want, wantErr)
		}
	})
}

// TestPlainObjects: the short way of objects that have nothing unusual makes the same rows as the long one.
func TestPlainObjects(t *testing.T) {
	values := rapid.SampledFrom([]string{
		"null", "true", "false", "nil", "truely", "t", "0", "-0", "1", "01", "-7.50", "1e3", "1.5E-2", "-", "{}", "[1]", `""`, `"text"`,
		`"a text"`, `" a"`, `"a "`, `"\ta"`, `"1"`, `"-"`, `"1.5e3"`, `"true"`, `"trust"`, `"2026-01-01"`, `"1,5"`, `"a;b"`, `"a|b"`,
		`"a\"b"`, `"\\"`, `"\n"`, `"Grüße"`, `"NA"`, `"#a"`, `"open`, "",
	})
	dialects := []Dialect{
		{}, {Delimiter: ';'}, {Delimiter: '\t'}, {Delimiter: '|'}, {Delimiter: 'e'}, {Null: []string{"NA"}}, {Null: []string{}},
		{Delimiter: ';', Decimal: ','}, {Comment: "#"}, {Blanks: true}, {Delimiter: '¦'},
	}
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(dialects).Draw(t, "dialect")
		d.Columns = []string{"a", "the b", "c"}[:rapid.IntRange(1, 3).Draw(t, "columns")]
		object := []byte{'{'}
		for i, name := range rapid.SampledFrom([][]string{d.Columns, d.Columns, d.Columns, {"a"}, {"c", "a"}}).Draw(t, "members") {
			if i > 0 {
				object = append(object, rapid.SampledFrom([]string{",", ",", ",", ", "}).Draw(t, "comma")...)
			}
			object = fmt.Appendf(object, "%q:%s", name, values.Draw(t, name))
		}
		object = append(object, rapid.SampledFrom([]string{"}", "}", "}", " }", "", "}}"}).Draw(t, "end")...)
		long := NewEncoder(d, nil, nil)
		long.isPlain = false
		want, wantErr := long.Append(nil, object)
		got, gotErr := NewEncoder(d, nil, nil).Append(nil, object)
		if string(got) != string(want) && json.Valid(object) || (gotErr == nil) != (wantErr == nil) && json.Valid(object) {
			t.Fatalf("%+v, %s: got %q, %v, want %q, %v", d, object, got, gotErr, want, wantErr)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e := NewEncoder(Dialect{}, []string{"time", "robot", "x", "y"}, nil)
	object := []byte(`{"time":1403715273312143104,"robot":"robot-17","x":1.25,"y":-0.5}`)
	var row []byte
	b.SetBytes(int64(len(object)))
	b.ReportAllocs()
	for b.Loop() {
		row, _ = e.Append(row[:0], object)
	}
}
