package pipeline

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/instant"
)

// Sniff returns how a text file seems to hold its cells; the zero value where that is what the file's name says, or can't be
// told: it is a guess from the first lines.
func Sniff(path string) (c Cells) {
	usual := usualDelimiter(path)
	if usual == 0 {
		return c
	}
	lines := firstLines(path)
	if len(lines) == 0 || strings.HasPrefix(lines[0], "{") {
		return c
	}
	said := forSpreadsheets(lines[0])
	if said != "" {
		c.Comment, lines = new("sep="), lines[1:]
	}
	if len(lines) == 0 {
		return c
	}
	delimiter, most := usual, cells(lines, usual)
	for _, other := range said + ";\t|, " {
		// Blanks part most texts, in some places.
		if n := cells(lines, other); n > most && (other != ' ' || usual == anyDelimiter && most < 2) {
			delimiter, most = other, n
		}
	}
	switch delimiter {
	case usual:
	case anyDelimiter:
		return c
	case '\t':
		c.Delimiter = new("tab")
	case ' ':
		c.Delimiter = new("space")
	default:
		c.Delimiter = new(string(delimiter))
	}
	if delimiter != ',' && commas(lines, delimiter) {
		c.Decimal = new(",")
	}
	if most > 1 && firstIsData(lines, delimiter) {
		for i := range most {
			c.Columns = append(c.Columns, fmt.Sprintf("column%d", i))
		}
	}
	return c
}

// forSpreadsheets returns the delimiter that a first line tells spreadsheets, as in sep=;, and nothing where it is another.
func forSpreadsheets(first string) string {
	if said, ok := strings.CutPrefix(strings.TrimSpace(first), "sep="); ok && utf8.RuneCountInString(said) == 1 {
		return said
	}
	return ""
}

// anyDelimiter is what is between the cells of a file whose name doesn't say it.
const anyDelimiter = rune(-1)

// usualDelimiter returns what the end of a file's name says is between its cells; zero where it is none of cells.
func usualDelimiter(path string) rune {
	switch filepath.Ext(strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(path), ".gz"), ".zst")) {
	case ".csv":
		return ','
	case ".tsv":
		return '\t'
	case ".txt":
		return ' '
	case ".log":
		return anyDelimiter
	}
	return 0
}

// firstLines returns the first lines of a file; none where it can't be read, which is told elsewhere.
func firstLines(path string) (lines []string) {
	if file.IsPattern(path) && !file.Exists(path) {
		files, err := file.Files(broker.Stream{Name: path, Several: true})
		if err != nil {
			return nil
		}
		path = files[0].Name
	}
	// Before it is opened: what comes out of a pipe comes once.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer opened.Close()
	beginning := beginningOf(opened, strings.ToLower(path))
	if text, ok := textOfUTF16(beginning); ok {
		beginning = text
	}
	scanner := bufio.NewScanner(bytes.NewReader(beginning))
	for len(lines) < 100 && scanner.Scan() {
		if line := strings.TrimPrefix(scanner.Text(), "\uFEFF"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// beginningOf returns the beginning of a file's text, decompressed; as much of it as can be read.
func beginningOf(opened io.Reader, path string) []byte {
	text := opened
	switch filepath.Ext(path) {
	case ".gz":
		unpack, err := gzip.NewReader(opened)
		if err != nil {
			return nil
		}
		text = unpack
	case ".zst":
		unpack, err := zstd.NewReader(opened, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
		if err != nil {
			return nil
		}
		defer unpack.Close()
		text = unpack
	}
	beginning, _ := io.ReadAll(io.LimitReader(text, 64<<10)) // what is wrong is told elsewhere
	return beginning
}

// textOfUTF16 returns a text that begins with the mark of UTF-16, without it and as UTF-8.
func textOfUTF16(text []byte) ([]byte, bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return nil, false
	}
	var units []uint16
	for text = text[2:]; len(text) > 1; text = text[2:] {
		units = append(units, order.Uint16(text))
	}
	return []byte(string(utf16.Decode(units))), true
}

// split divides a line at a delimiter that isn't in quotes; a blank stands for any run of them.
func split(line string, delimiter rune) []string {
	quoted := false
	isBetween := func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return !quoted && (c == delimiter || c == '\t' && delimiter == ' ')
	}
	if delimiter == ' ' {
		return strings.FieldsFunc(line, isBetween)
	}
	return strings.FieldsFunc(strings.ReplaceAll(line, string(delimiter), string(delimiter)+" "), isBetween)
}

// cells returns how many cells all lines have with a delimiter; one where they differ.
func cells(lines []string, delimiter rune) int {
	n := len(split(lines[0], delimiter))
	for _, line := range lines {
		if len(split(line, delimiter)) != n {
			return 1
		}
	}
	return n
}

// firstIsData reports whether the first line has a value and no name in one of its cells: an instant, or a number that is no
// year, above others of the kind.
func firstIsData(lines []string, delimiter rune) bool {
	if len(lines) < 2 {
		return false
	}
	for i, first := range split(lines[0], delimiter) {
		column := []string{strings.TrimSpace(first)}
		for _, line := range lines[1:] {
			if cell := strings.TrimSpace(split(line, delimiter)[i]); cell != "" {
				column = append(column, cell)
			}
		}
		allNumbers := !slices.ContainsFunc(column, func(c string) bool { return !number.MatchString(c) })
		switch {
		case len(column) < 2 || year.MatchString(column[0]):
		case allNumbers:
			return true
		case len(instant.Recognize(column)) > 0:
			return true
		}
	}
	return false
}

var (
	number = regexp.MustCompile(`^-?[0-9]+([.,][0-9]+)?$`)
	year   = regexp.MustCompile(`^([0-9]{1,3}|1[0-9]{3}|2[01][0-9]{2})$`)
)

// commas reports whether numbers have a comma before their decimals, and none a point.
func commas(lines []string, delimiter rune) bool {
	comma, point := regexp.MustCompile(`^-?[0-9]+,[0-9]+$`), regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`)
	found := false
	for _, line := range lines[1:] {
		for _, c := range split(line, delimiter) {
			if c = strings.Trim(c, ` "`); point.MatchString(c) {
				return false
			}
			found = found || comma.MatchString(c)
		}
	}
	return found
}

// layoutsOf returns the layouts of a member that is a time as text in all elements, see [instant.Recognize]; none where it
// isn't one.
func layoutsOf(elements []json.RawMessage, name string) []string {
	var texts []string
	for _, element := range elements {
		var object map[string]json.RawMessage
		var text string
		if json.Unmarshal(element, &object) != nil || json.Unmarshal(object[name], &text) != nil {
			return nil
		}
		if text != "" { // null
			texts = append(texts, text)
		}
	}
	return instant.Recognize(texts)
}
