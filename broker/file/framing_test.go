package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
)

// A framed object is what tests compare of a record: "offset:line:column object".
type framed string

// frameText reads a text as a file of that name, through a buffer of a given size, from an offset.
func frameText(name string, text io.Reader, size int, from int64) ([]framed, error) {
	l, packed := format(name)
	by, err := New().by(name)
	if err != nil {
		return nil, err
	}
	r := &reader{
		anchors: &anchors{},
		framer:  newFramer(broker.Stream{Name: name}, l, nil),
		open:    func() (io.ReadCloser, error) { return io.NopCloser(text), nil },
		packed:  packed,
		by:      by,
		read:    new(atomic.Int64),
		size:    size,
		from:    from,
		next:    from,
	}
	return frameAll(r)
}

// frameAll returns what a reader has left.
func frameAll(r *reader) (all []framed, err error) {
	defer func() { _ = r.Close() }()
	for {
		records, err := r.Read(context.Background())
		for _, record := range records {
			at := record.At("", 0)
			all = append(all, framed(fmt.Sprintf("%d:%d:%d %s", at.Offset, at.Line, at.Column, record.Value)))
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func TestFraming(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             []framed
	}{
		{"empty list", "a.json", "[]", nil},
		{"empty list with white space", "a.json", " \r\n\t[ \n ] \n", nil},
		{"one object", "a.json", "[{}]", []framed{"0:1:2 {}"}},
		{"one object a line", "a.json", "[\n{\"a\":1},\n{\"a\":2}\n]\n", []framed{`0:2:1 {"a":1}`, `1:3:1 {"a":2}`}},
		{"all on one line", "a.json", `[{"a":1}, {"a":2},{"a":3}]`, []framed{`0:1:2 {"a":1}`, `1:1:11 {"a":2}`,
			`2:1:19 {"a":3}`}},
		{"indented", "a.json", "[\n  {\n    \"a\": 1\n  },\n  {}\n]", []framed{"0:2:3 {\n    \"a\": 1\n  }", "1:5:3 {}"}},
		{"objects in objects", "a.json", `[{"a":{"b":{}},"c":[{},{}]},{}]`, []framed{`0:1:2 {"a":{"b":{}},"c":[{},{}]}`,
			"1:1:29 {}"}},
		{"braces in strings", "a.json", `[{"}":"{"},{"a":"}}"}]`, []framed{`0:1:2 {"}":"{"}`, `1:1:12 {"a":"}}"}`}},
		{"escaped quotation marks", "a.json", `[{"a":"\"}"},{"a":"\\"},{}]`, []framed{`0:1:2 {"a":"\"}"}`,
			`1:1:14 {"a":"\\"}`, "2:1:25 {}"}},
		{"columns count characters", "a.json", `[{"ä":"€𝄞"},{}]`, []framed{`0:1:2 {"ä":"€𝄞"}`, "1:1:13 {}"}},
		{"byte order mark", "a.json", "\uFEFF[{}]", []framed{"0:1:2 {}"}},
		{"CRLF", "a.json", "[\r\n{},\r\n{}\r\n]\r\n", []framed{"0:2:1 {}", "1:3:1 {}"}},

		{"no lines", "a.jsonl", "", nil},
		{"blank lines only", "a.jsonl", "\n \r\n", nil},
		{"lines", "a.jsonl", "{\"a\":1}\n{\"a\":2}\n", []framed{`0:1:1 {"a":1}`, `1:2:1 {"a":2}`}},
		{"last line without an end", "a.ndjson", "{}\n{}", []framed{"0:1:1 {}", "1:2:1 {}"}},
		{"blank lines between", "a.jsonl", "\n\n{}\n\n  {} \t\n", []framed{"0:3:1 {}", "1:5:3 {}"}},
		{"lines with CRLF", "a.jsonl", "{}\r\n{}\r\n", []framed{"0:1:1 {}", "1:2:1 {}"}},
		{"lines with a byte order mark", "a.jsonl", "\uFEFF{}\n{}", []framed{"0:1:1 {}", "1:2:1 {}"}},
		{"what isn't an object is for the codec to refuse", "a.jsonl", "{}\nnull\n{\n", []framed{"0:1:1 {}", "1:2:1 null",
			"2:3:1 {"}},

		{"a list on standard input", "-", " [{},{}]", []framed{"0:1:3 {}", "1:1:6 {}"}},
		{"lines on standard input", "-", "\n{}\n{}", []framed{"0:2:1 {}", "1:3:1 {}"}},
		{"a list with a byte order mark on standard input", "-", "\uFEFF\n[{}]", []framed{"0:2:2 {}"}},
		{"nothing on standard input", "-", "", nil},
		{"white space on standard input", "-", "\n\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for size := 1; size < 70; size++ {
				got, err := frameText(c.file, strings.NewReader(c.text), size, 0)
				if err != nil {
					t.Fatalf("buffer of %d: %v", size, err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Fatalf("buffer of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

// Each mistake in a text is answered with its place and what is wrong there; objects before it were given.
func TestFramingErrors(t *testing.T) {
	const example = "[\n{\"a\":1},\n"
	for _, c := range []struct {
		name, file, text string
		want             string
		objects          int
	}{
		{"empty", "a.json", "", "a.json:1:1 (partition 0, offset 0): the file is empty; " +
			"a list without elements is written []", 0},
		{"white space only", "a.json", "\n \n", "a.json:3:1 (partition 0, offset 0): the file is empty; " +
			"a list without elements is written []", 0},
		{"half a byte order mark", "a.json", "\xEF\xBB", "a.json:1:1 (partition 0, offset 0): " +
			"expected a list of objects, [{…}, …], found the byte 0xef; " +
			"files are read as JSON: a list of objects, or one object a line where the name ends in .jsonl or .ndjson", 0},
		{"lines in a list file", "a.json", "{}\n{}\n", "a.json:1:1 (partition 0, offset 0): " +
			"expected a list of objects, [{…}, …], found an object; " +
			"a file with one object a line must have a name that ends in .jsonl or .ndjson", 0},
		{"not JSON", "a.json", "time,x,y\n", "a.json:1:1 (partition 0, offset 0): expected a list of objects, [{…}, …], " +
			"found 't'; files are read as JSON: a list of objects, or one object a line where the name ends in .jsonl or " +
			".ndjson", 0},
		{"compressed", "a.json", "\x1F\x8B\x08\x00", "a.json:1:1 (partition 0, offset 0): " +
			"the file is compressed with gzip, its name must end in .gz", 0},
		{"compressed with Zstandard", "a.json", "\x28\xB5\x2F\xFD",
			"a.json:1:1 (partition 0, offset 0): the file is compressed with Zstandard, its name must end in .zst", 0},
		{"UTF-16", "a.json", "\xFF\xFE[\x00", "a.json:1:1 (partition 0, offset 0): the text is not UTF-8; is it UTF-16?", 0},
		{"number", "a.json", "[1]", "a.json:1:2 (partition 0, offset 0): expected an object, found a number", 0},
		{"string", "a.json", example + ` "b"]`, "a.json:3:2 (partition 0, offset 1): expected an object, found a string", 1},
		{"list", "a.json", example + "[]]", "a.json:3:1 (partition 0, offset 1): expected an object, found a list", 1},
		{"null", "a.json", example + "null]", "a.json:3:1 (partition 0, offset 1): expected an object, found null", 1},
		{"true", "a.json", example + "true]", "a.json:3:1 (partition 0, offset 1): expected an object, found true", 1},
		{"word", "a.json", example + "é]", "a.json:3:1 (partition 0, offset 1): expected an object, found 'é'", 1},
		{"byte", "a.json", example + "\xFF]", "a.json:3:1 (partition 0, offset 1): expected an object, found the byte 0xff",
			1},
		{"comma behind the last object", "a.json", example + "]", "a.json:3:1 (partition 0, offset 1): " +
			"expected an object behind the comma, found ']'", 1},
		{"two commas", "a.json", example + ",{}]", "a.json:3:1 (partition 0, offset 1): " +
			"expected an object behind the comma, found ','", 1},
		{"only a comma", "a.json", "[,]", "a.json:1:2 (partition 0, offset 0): expected an object, found ','", 0},
		{"comma missing", "a.json", "[{}\n {}]", "a.json:2:2 (partition 0, offset 1): " +
			"a comma is missing between the object that begins here and the one before", 1},
		{"something else behind an object", "a.json", "[{}}]", "a.json:1:4 (partition 0, offset 1): " +
			"expected a comma or ] behind the object, found '}'", 1},
		{"list not closed", "a.json", "[{},\n{}\n", "a.json:3:1 (partition 0, offset 2): " +
			"the list is not closed with a ] before the file ends; was the file cut off?", 2},
		{"list not closed behind a comma", "a.json", "[{},", "a.json:1:5 (partition 0, offset 1): " +
			"the list is not closed with a ] before the file ends; was the file cut off?", 1},
		{"object not closed", "a.json", example + `{"a":{}`, "a.json:3:1 (partition 0, offset 1): " +
			"the object that begins here is not closed before the file ends; was the file cut off?", 1},
		{"cut off behind a backslash", "a.json", `[{"a\`, "a.json:1:2 (partition 0, offset 0): " +
			"the object that begins here is not closed before the file ends; was the file cut off?", 0},
		{"quotation mark missing", "a.json", "[{\"a\":\"b},\n{\"a\":\"c\"}]",
			"a.json:1:7 (partition 0, offset 0): the string that begins here is not closed before its line ends", 0},
		{"text behind the list", "a.json", "[{}]\n]", "a.json:2:1 (partition 0, offset 1): " +
			"expected nothing behind the list, found ']'", 1},
		{"a second list", "a.json", "[{}][{}]", "a.json:1:5 (partition 0, offset 1): " +
			"expected nothing behind the list, found '['", 1},
		{"compressed lines", "a.jsonl", "\x1F\x8B\x08\x00", "a.jsonl:1:1 (partition 0, offset 0): " +
			"the file is compressed with gzip, its name must end in .gz", 0},
		{"a list in a lines file", "a.jsonl", "\n [{},{}]\n", "a.jsonl:2:2 (partition 0, offset 0): " +
			"expected one object a line, found a list; a file with a JSON list must have a name that ends in .json", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for size := 1; size < 70; size++ {
				got, err := frameText(c.file, strings.NewReader(c.text), size, 0)
				if err == nil || err.Error() != c.want {
					t.Fatalf("buffer of %d:\n got %v\nwant %s", size, err, c.want)
				}
				if position := new(broker.PositionError); !errors.As(err, &position) {
					t.Fatalf("error is a %T, want a *broker.PositionError", err)
				}
				if len(got) != c.objects {
					t.Fatalf("buffer of %d: %d objects before the error, want %d", size, len(got), c.objects)
				}
			}
		})
	}
}

// A missing quotation mark must not make one object of the rest of a large file.
func TestMissingQuotationMarkIsFoundEarly(t *testing.T) {
	for end, want := range map[string]string{
		"\n": "a.json:1:9 (partition 0, offset 0): the string that begins here is not closed before its line ends",
		" ":  "a.json:1:16 (partition 0, offset 0): 'k' is outside of a string; is a quotation mark missing before it?",
	} {
		text := &endless{head: `[{"key":"b},` + end, body: `{"key":"c"},` + end}
		_, err := frameText("a.json", text, 1024, 0)
		if err == nil || err.Error() != want {
			t.Errorf("\n got %v\nwant %s", err, want)
		}
		if text.read > 10_000 {
			t.Errorf("%d bytes were read to find it", text.read)
		}
	}
}

// TestReadFrom is R8's part of a reader: from an offset, the records from there on, with their places.
func TestReadFrom(t *testing.T) {
	for _, file := range []string{"a.json", "a.jsonl"} {
		text := "{\"a\":0}\n{\"a\":1}\n{\"a\":2}\n"
		if file == "a.json" {
			text = "[" + strings.ReplaceAll(strings.TrimSpace(text), "\n", ",\n") + "]"
		}
		all, err := frameText(file, strings.NewReader(text), 64, 0)
		if err != nil || len(all) != 3 {
			t.Fatal(all, err)
		}
		for from := range 5 {
			got, err := frameText(file, strings.NewReader(text), 64, int64(from))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(all[min(from, 3):], got, cmp.Transformer("",
				func(f []framed) string { return fmt.Sprint(f) })); diff != "" {
				t.Errorf("%s from %d (-want +got):\n%s", file, from, diff)
			}
		}
	}
}

// reference frames a text with encoding/json, which checks what the framer leaves to the codec, too.
func reference(text []byte) ([]string, error) {
	var objects []json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte(byteOrderMark)), &objects); err != nil {
		return nil, err
	}
	if objects == nil {
		return nil, errors.New("null")
	}
	values := make([]string, len(objects))
	for i, object := range objects {
		if object[0] != '{' {
			return nil, errors.New("not an object")
		}
		values[i] = string(object)
	}
	return values, nil
}

// checked frames a text and refuses what a codec refuses.
func checked(file string, text io.Reader, size int) ([]string, error) {
	got, err := frameText(file, text, size, 0)
	if err != nil {
		return nil, err
	}
	values := make([]string, len(got))
	for i, f := range got {
		_, values[i], _ = strings.Cut(string(f), " ")
		if !json.Valid([]byte(values[i])) || values[i][0] != '{' {
			return nil, errors.New("not an object")
		}
	}
	return values, nil
}

// compare frames a list and, where its objects hold no line breaks, lines, both against encoding/json.
func compare(text []byte, size int) error {
	want, wantErr := reference(text)
	for _, r := range []io.Reader{bytes.NewReader(text), iotest.OneByteReader(bytes.NewReader(text))} {
		got, err := checked("a.json", r, size)
		if (err == nil) != (wantErr == nil) {
			return fmt.Errorf("framing says %v, encoding/json %v", err, wantErr)
		}
		if err == nil && !cmp.Equal(want, got) {
			return fmt.Errorf("framed %q, want %q", got, want)
		}
	}
	return nil
}

// FuzzFraming frames any text as a list: encoding/json must find the same objects, or refuse it, too.
func FuzzFraming(f *testing.F) {
	for _, text := range []string{
		"[]", " [ ] ", "[{}]", `[{"a":1},{"b":[{"c":"}"}]}]`, `[{"a":"\\"},{"a":"\"}"}]`, "[{}", "[{},]", "[{}]]", "[{} {}]",
		"[1]", "[null]", "\uFEFF[{\"é\":\"\\u00e9\"}]", "[{\"a\":\"\n\"}]", "{}\n{}", `[{"a":[}]}]`, `[{"a":"b},{"a":"c"}]`,
	} {
		f.Add([]byte(text), 7)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		if err := compare(text, 1+abs(size)%100); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

// Random lists, with random white space, come out of the framer as they went in, whatever the size of its buffer.
func TestFramingProperty(t *testing.T) {
	space := rapid.StringMatching(`[ \n\r\t]{0,3}`)
	value := rapid.OneOf(
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.SliceOfN(rapid.StringMatching(`[{}"\\\[\], a]{0,6}`), 0, 3), func(s []string) any { return s }),
		rapid.Map(rapid.MapOfN(rapid.StringMatching(`[{}"\\a]{0,3}`), rapid.Bool(), 0, 3),
			func(m map[string]bool) any { return m }),
	)
	object := rapid.MapOfN(rapid.StringMatching(`[a-c{}"\\é]{0,4}`), value, 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		objects := rapid.SliceOfN(object, 0, 8).Draw(t, "objects")
		text := space.Draw(t, "before") + "[" + space.Draw(t, "space")
		for i, o := range objects {
			if i > 0 {
				text += space.Draw(t, "space") + "," + space.Draw(t, "space")
			}
			encoded, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "indented") {
				var indented bytes.Buffer
				if err := json.Indent(&indented, encoded, "", "\t"); err != nil {
					t.Fatal(err)
				}
				encoded = indented.Bytes()
			}
			text += string(encoded)
		}
		text += space.Draw(t, "space") + "]" + space.Draw(t, "behind")
		if err := compare([]byte(text), rapid.IntRange(1, 200).Draw(t, "buffer")); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// endless is a text that goes on for ever.
type endless struct {
	head, body string
	read       int
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.head) == 0 {
		e.head = strings.Repeat(e.body, 1+1000/len(e.body))
	}
	n := copy(p, e.head)
	e.head = e.head[n:]
	e.read += n
	return n, nil
}
