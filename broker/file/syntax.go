package file

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/leat-go/leat/broker"
)

// fail returns an error about the byte at mark.
func (f *framer) fail(message string, args ...any) error {
	return &broker.PositionError{
		Position: broker.Position{Stream: f.stream.Name, Offset: f.index, Line: max(f.line, 1), Column: f.column},
		Err:      fmt.Errorf(message, args...),
	}
}

// stop makes the first byte that was not framed, or the object that it is in, the location of errors.
func (f *framer) stop() {
	f.needed()
	if f.layout.isLines() {
		f.line, f.column = f.line+1, 1
	}
}

// unexpected returns what is wrong with the byte at pos, which begins nothing that may stand there.
func (f *framer) unexpected() error {
	f.advance(f.pos)
	rest := f.buf[f.pos:]
	switch f.state {
	case beforeList:
		return f.fail("%w", notAList(rest))
	case beforeFirst, beforeObject:
		return f.fail("%w", f.notAnObject(rest))
	case behindObject:
		if rest[0] == '{' {
			return f.fail("a comma is missing between the object that begins here and the one before")
		}
		return f.fail("expected a comma or ] behind the object, found %s", character(rest))
	}
	return f.fail("expected nothing behind the list, found %s", character(rest))
}

// notAList says what a file is that should begin with a bracket.
func notAList(text []byte) error {
	if text[0] == '{' {
		return errors.New("expected a list of objects, [{…}, …], found an object; " +
			"a file with one object a line must have a name that ends in .jsonl or .ndjson")
	}
	if err := notText(text); err != nil {
		return err
	}
	return fmt.Errorf("expected a list of objects, [{…}, …], found %s; "+
		"files are read as JSON: a list of objects, or one object "+
		"a line where the name ends in .jsonl or .ndjson", character(text))
}

// notText says what a file is that begins as no text does; nil if it isn't known.
func notText(text []byte) error {
	const page = "the file is a page of HTML, as a site gives in the place of a file when one isn't signed in"
	for _, other := range [...][2]string{
		{"\x1F\x8B", "the file is compressed with gzip, its name must end in .gz"},
		{"\x28\xB5\x2F\xFD", "the file is compressed with Zstandard, its name must end in .zst"},
		{"PAR1", "the file is a Parquet file, its name must end in .parquet"},
		{"Obj\x01", "the file is an Avro file, its name must end in .avro"},
		{"PK\x03\x04", "the file is a ZIP archive, as spreadsheets (.xlsx) are: save a sheet as CSV, or unpack it"},
		{"\xD0\xCF\x11\xE0", "the file is a spreadsheet (.xls): save a sheet as CSV"},
		{"BZh91AY&SY", "the file is compressed with bzip2: unpack it, or compress it with gzip or Zstandard"},
		{"\xFD7zXZ", "the file is compressed with xz: unpack it, or compress it with gzip or Zstandard"},
		{"SQLite format 3\x00", "the file is an SQLite database: a pipeline file names its tables by sqlite"},
		{"<!DOCTYPE", page},
		{"<html", page},
		{"<?xml", "the file is an XML file, which isn't read"},
	} {
		if bytes.HasPrefix(text, []byte(other[0])) {
			return errors.New(other[1])
		}
	}
	if text[0] == 0xFF || text[0] == 0xFE || text[0] == 0 {
		return errors.New("the text is not UTF-8; is it UTF-16?")
	}
	return nil
}

// notAnObject says what an element of a list is that should be an object.
func (f *framer) notAnObject(text []byte) error {
	switch c := text[0]; {
	case (c == ',' || c == ']') && f.state == beforeObject:
		return fmt.Errorf("expected an object behind the comma, found %s", character(text))
	case c == '[':
		return errors.New("expected an object, found a list")
	case c == '"':
		return errors.New("expected an object, found a string")
	case c == '-' || c >= '0' && c <= '9':
		return errors.New("expected an object, found a number")
	}
	for _, word := range []string{"null", "true", "false"} {
		if bytes.HasPrefix(text, []byte(word)) {
			return fmt.Errorf("expected an object, found %s", word)
		}
	}
	return fmt.Errorf("expected an object, found %s", character(text))
}

// character quotes the first character of a text.
func character(text []byte) string {
	c, size := utf8.DecodeRune(text)
	if c == utf8.RuneError && size <= 1 {
		return fmt.Sprintf("the byte %#02x", text[0])
	}
	return fmt.Sprintf("%q", c)
}

// notLines says what a file is, by its first line that isn't blank, that should hold one object a line; nil if it may.
// A single line that is wrong is for the codec to refuse. The text begins that many bytes into its line.
func (f *framer) notLines(text []byte, indent int) error {
	err := notText(text)
	if text[0] == '[' {
		err = errors.New("expected one object a line, found a list; " +
			"a file with a JSON list must have a name that ends in .json")
	}
	if err == nil {
		return nil
	}
	at := *f
	at.line, at.column = f.line+1, indent+1
	return at.fail("%w", err)
}

// end returns what is wrong with a text that ends here; nil if nothing is.
func (f *framer) end() error {
	if f.layout == rows {
		return f.endOfRows()
	}
	if f.layout != list || f.state == behindList && f.pos == len(f.buf) {
		return nil
	}
	if f.state == inObject {
		if err := f.misquoted(); err != nil {
			return err
		}
		return f.fail("the object that begins here is not closed before the file ends; was the file cut off?")
	}
	if f.pos < len(f.buf) {
		return f.unexpected()
	}
	f.stop()
	if f.state == beforeList {
		return f.fail("the file is empty; a list without elements is written []")
	}
	return f.fail("the list is not closed with a ] before the file ends; was the file cut off?")
}

// misquoted looks for signs in the object at the mark that a quotation mark is missing: a string that its line ends
// within, or what can only be in a string outside of one. From the missing mark on, strings are taken for what is
// between strings and the other way round, so the object would seem to go on to the file's end.
func (f *framer) misquoted() error {
	quoted := false
	begin := 0
	at := *f
	for i := f.mark; i < len(f.buf); i++ {
		switch c := f.buf[i]; {
		case c == '"':
			quoted = !quoted
			begin = i
		case c == '\\' && quoted:
			i++
		case (c == '\n' || c == '\r') && quoted:
			at.advance(begin)
			return at.fail("the string that begins here is not closed before its line ends")
		case !quoted && strings.IndexByte(unquoted, c) < 0:
			at.advance(i)
			return at.fail("%s is outside of a string; is a quotation mark missing before it?", character(f.buf[i:]))
		}
	}
	return nil
}

// unquoted holds what JSON has outside of strings: white space, brackets, numbers, true, false and null.
const unquoted = " \t\r\n{}[]:,0123456789+-.Eeaflnrstu"
