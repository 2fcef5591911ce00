package file

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
)

// TestRows reads texts through buffers of any size, from every offset.
func TestRows(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             []framed
	}{
		{"plain", "a.csv", "id,x\n1,a\n2,b\n", []framed{`0:2:1 {"id":1,"x":"a"}`, `1:3:1 {"id":2,"x":"b"}`}},
		{"no line end at the end", "a.csv", "id\n1\n2", []framed{`0:2:1 {"id":1}`, `1:3:1 {"id":2}`}},
		{"carriage returns", "a.csv", "id\r\n1\r\n\r\n2\r\n", []framed{`0:2:1 {"id":1}`, `1:4:1 {"id":2}`}},
		{"a byte order mark", "a.csv", "\uFEFF\"id\"\n1\n", []framed{`0:2:1 {"id":1}`}},
		{"a line break in quotes", "a.csv", "id,x\n1,\"a\nb\n\"\n2,\"\"\n",
			[]framed{`0:2:1 {"id":1,"x":"a\nb\n"}`, `1:5:1 {"id":2,"x":""}`}},
		{"quotes at the end", "a.csv", "id\n\"a\"\"b\"", []framed{`0:2:1 {"id":"a\"b"}`}},
		{"quotes within a cell are none", "a.csv", "id,x\n1,5\" a\n2,b\n", []framed{`0:2:1 {"id":1,"x":"5\" a"}`, `1:3:1 {"id":2,"x":"b"}`}},
		{"a line break in the header", "a.csv", "\"i\nd\"\n1\n", []framed{`0:3:1 {"i\nd":1}`}},
		{"nothing but a header", "a.csv", "id,x", nil},
		{"tabs", "a.tsv", "id\tx\n1\ta b\n", []framed{`0:2:1 {"id":1,"x":"a b"}`}},
		{"blanks", "a.txt", " id  x\n\n 1 a \n  \n2\tb\n", []framed{`0:3:1 {"id":1,"x":"a"}`, `1:5:1 {"id":2,"x":"b"}`}},
	} {
		for size := 1; size <= len(c.text)+1; size++ {
			for from := range int64(len(c.want)) + 1 {
				got, err := frameText(c.file, iotest.OneByteReader(strings.NewReader(c.text)), size, from)
				if err != nil || !cmp.Equal(got, c.want[from:], cmp.Transformer("empty", func(all []framed) string { return fmt.Sprint(all) })) {
					t.Errorf("%s, buffer %d, from %d: got %q, %v, want %q", c.name, size, from, got, err, c.want[from:])
				}
			}
		}
	}
}

// One column whose name has what is between the cells of other files is a mistake only where nobody says what is between them.
func TestOneColumnOfADelimiterThatIsGiven(t *testing.T) {
	for _, c := range []struct {
		file    string
		dialect any
		isWrong bool
	}{
		{"a.csv", nil, true}, {"a.csv", Dialect{Null: []string{"NA"}}, true}, {"a.txt", nil, true},
		{"a.csv", Dialect{Delimiter: ','}, false}, {"a.csv", Dialect{Blanks: true}, false}, {"a.txt", Dialect{Delimiter: '\t'}, false},
	} {
		cells, _ := newCells(&broker.Stream{Name: c.file, Format: c.dialect}, nil)
		if err := cells.Header([]byte("a;b")); (err != nil) != c.isWrong {
			t.Errorf("%s, %+v: %v", c.file, c.dialect, err)
		}
	}
}

// What is wrong with a text is told with its line and column.
func TestRowErrors(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"empty", "a.csv", "", ":1:1 (partition 0, offset 0): the file is empty: its first line has the names of the columns"},
		{"quotes that aren't closed", "a.csv", "id,x\n1,a\n2,\"b\n3,c\n",
			":3:3 (partition 0, offset 1): the quotes that begin here are not closed before the file ends; was the file cut off?"},
		{"quotes that seem to be closed", "a.csv", "id,x\n1,\"b\"\"\n2,c\n", ":2:3 (partition 0, offset 0): the quotes that begin here are not closed"},
		{"too few cells", "a.csv", "id,x\n1,a\n2\n", ":3:2 (partition 0, offset 1): the line has 1 cells, and there are 2 columns: \"x\" has none"},
		{"too many cells behind a line break", "a.csv", "id,x\n1,\"a\nb\",c\n", ":3:4 (partition 0, offset 0): the line has 3 cells"},
		{"not UTF-8", "a.csv", "id,x\né,caf\xe9\n", ":2:6 (partition 0, offset 0): the byte 0xe9 is not UTF-8"},
		{"carriage returns alone", "a.csv", "id,x\r1,a\r", ":1:5 (partition 0, offset 0): lines end with a carriage return alone here"},
		{"gzip", "a.csv", "\x1F\x8B\x08", ":1:1 (partition 0, offset 0): the file is compressed with gzip, its name must end in .gz"},
		{"Avro", "a.csv", "Obj\x01\x04", ":1:1 (partition 0, offset 0): the file is an Avro file, its name must end in .avro"},
		{"JSON", "a.tsv", "[\n{}\n]\n", ":1:1 (partition 0, offset 0): the file begins as JSON does: its name must end in .json " +
			"where it is one list of objects, and in .jsonl where each line is an object"},
		{"Parquet", "a.csv", "PAR1\x15\x00", ":1:1 (partition 0, offset 0): the file is a Parquet file, its name must end in .parquet"},
		{"UTF-16 within gzip", "a.csv", "\xFF\xFEi\x00", "the text is not UTF-8; is it UTF-16?"},
	} {
		for _, size := range []int{1, 7, 100} {
			_, err := frameText(c.file, strings.NewReader(c.text), size, 0)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, buffer %d:\n got %v\nwant %s", c.name, size, err, c.want)
			}
		}
	}
}

// Quotes that aren't closed take no more memory than an element may have.
func TestRowsWithoutAnEnd(t *testing.T) {
	text := &endless{head: "id,x\n1,\"", body: "2,a\n"}
	_, err := frameText("a.csv", text, bufferSize, 0)
	const want = ":2:3 (partition 0, offset 0): the quotes that begin here are not closed within 67108864 bytes"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if text.read > 256<<20 {
		t.Errorf("%d bytes were read before", text.read)
	}
}

// checkRows compares what comes of a text with what encoding/csv finds in it, where that takes it.
func checkRows(text []byte, size int) error {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = 2
	want, err := r.ReadAll()
	got, gotErr := frameText("a.csv", bytes.NewReader(text), size, 0)
	for _, g := range got {
		_, object, _ := strings.Cut(string(g), " ")
		if !json.Valid([]byte(object)) {
			return fmt.Errorf("%s is no JSON", object)
		}
	}
	if err != nil || len(want) == 0 || bytes.ContainsAny(text, "\r\x00\uFEFF") || !json.Valid(text) && !isPlainText(text) {
		return nil // it takes less than Leat, or means something else by it
	}
	if names := want[0]; strings.TrimSpace(names[0]) == strings.TrimSpace(names[1]) {
		return nil
	}
	if gotErr != nil && len(got) == 0 && strings.Contains(gotErr.Error(), "the file begins as JSON does") {
		return nil // names that look so are refused on purpose
	}
	if gotErr != nil || len(got) != len(want)-1 {
		return fmt.Errorf("got %d rows, %v, want %d", len(got), gotErr, len(want)-1)
	}
	return nil
}

// isPlainText reports whether a text is what package file reads as one of UTF-8.
func isPlainText(text []byte) bool {
	return bytes.Equal(bytes.ToValidUTF8(text, nil), text) && notText(append(text[:len(text):len(text)], '\n')) == nil
}

func FuzzRows(f *testing.F) {
	for _, text := range []string{
		"", "a,b\n", "a,b\n1,2\n", "a,b\n\"x\ny\",2", "a,b\n\"x\"\"\",\n", "a,b\r\n1,2\r\n", "a,b\n\"", "\"\",\n\n\"\"\"\",1",
		"\uFEFFa,b\n1,2", "a, b\n 1, \"x\"\n", "a,b\n1\n", "\xFF\xFEa",
	} {
		f.Add([]byte(text), 7)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		if err := checkRows(text, 1+abs(size)%100); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// Random rows, written by encoding/csv, come out as they went in, whatever the size of the buffer.
func TestRowsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`[a,;"\n é]{0,5}`)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 0, 8).Draw(t, "rows")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		if err := w.WriteAll(append([][]string{{"x", "y"}}, rows...)); err != nil {
			t.Fatal(err)
		}
		from := rapid.Int64Range(0, int64(len(rows))).Draw(t, "from")
		got, err := frameText("a.csv", iotest.HalfReader(bytes.NewReader(text.Bytes())), rapid.IntRange(1, 60).Draw(t, "buffer"), from)
		if err != nil || len(got) != len(rows)-int(from) {
			t.Fatalf("%q from %d: %d rows, %v", text.String(), from, len(got), err)
		}
		for i, g := range got {
			_, object, _ := strings.Cut(string(g), " ")
			var is struct{ X, Y *string }
			if err := json.Unmarshal([]byte(object), &is); err != nil {
				t.Fatal(err)
			}
			for k, v := range []*string{is.X, is.Y} {
				if want := rows[int(from)+i][k]; v == nil && want != "" || v != nil && *v != want {
					t.Fatalf("%q: row %d is %s", text.String(), i, object)
				}
			}
		}
	})
}

// A text of UTF-16 is read as one of UTF-8, whichever end of its units comes first.
func TestUTF16(t *testing.T) {
	for name, text := range map[string]string{
		"little": "\xFF\xFEa\x00\n\x00\xE9\x00\n\x00\x3D\xD8\x00\xDE\n\x00", "big": "\xFE\xFF\x00a\x00\n\x00\xE9\x00\n\xD8\x3D\xDE\x00\x00\n",
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			from, _, err := inUTF16{}.Decompress(r)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(from); err != nil || string(got) != "a\né\n😀\n" {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
		}
	}
	for text, want := range map[string]string{
		"\xFF\xFE\x3D\xD8a\x00": "half a character, 0xd83d, stands by itself before byte 6",
		"\xFF\xFE\x3D\xD8":      "half a character", "\xFF\xFEa": "unexpected EOF",
	} {
		from, _, _ := inUTF16{}.Decompress(strings.NewReader(text))
		if got, err := io.ReadAll(from); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, %v, want %s", text, got, err, want)
		}
	}
}

// Columns are found as names are in JSON: also in other letters.
func TestColumnsInOtherLetters(t *testing.T) {
	type element struct {
		ID string `json:"id"`
	}
	stream := broker.NewStream[element]("a.csv")
	cells, _ := newCells(&stream, nil)
	if err := cells.Header([]byte("Id,x")); err != nil {
		t.Fatal(err)
	}
	if object, err := cells.Append(nil, []byte("007,1")); err != nil || string(object) != `{"id":"007","x":1}` {
		t.Errorf("got %s, %v", object, err)
	}
}
