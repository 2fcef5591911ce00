package pipeline

import (
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
	text := beginningOf(path)
	if text == "" || strings.HasPrefix(strings.TrimSpace(text), "{") {
		return c
	}
	first, rest, _ := strings.Cut(text, "\n")
	said := forSpreadsheets(first)
	if said != "" {
		c.Comment, text = new("sep="), strings.TrimLeft(rest, "\r\n")
	}
	if text == "" {
		return c
	}
	delimiter, most := usual, cellsOf(rowsOf(text, usual))
	for _, other := range said + ";\t|, " {
		// Blanks part most texts, in some places.
		if n := cellsOf(rowsOf(text, other)); n > most && (other != ' ' || usual == anyDelimiter && most < 2) {
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
	rows := rowsOf(text, delimiter)
	if delimiter != ',' && commas(rows) {
		c.Decimal = new(",")
	}
	if most > 1 && firstIsData(rows) {
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

// beginningSize is how much of a file's text is looked at.
const beginningSize = 64 << 10

// beginningOf returns the beginning of a file's text, in whole lines and without empty ones before them; none where it can't be
// read, which is told elsewhere.
func beginningOf(path string) string {
	if file.IsPattern(path) && !file.Exists(path) {
		files, err := file.Files(broker.Stream{Name: path, Several: true})
		if err != nil {
			return ""
		}
		path = files[0].Name
	}
	// Before it is opened: what comes out of a pipe comes once.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	opened, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer opened.Close()
	beginning := unpackedBeginning(opened, strings.ToLower(path))
	isCut := len(beginning) == beginningSize
	if text, ok := textOfUTF16(beginning); ok {
		beginning = text
	} else if bytes.IndexByte(beginning, 0) >= 0 {
		return "" // no text
	}
	if end := bytes.LastIndexByte(beginning, '\n'); isCut && end >= 0 {
		beginning = beginning[:end]
	}
	return strings.TrimLeft(strings.TrimPrefix(string(beginning), "\uFEFF"), "\r\n")
}

// unpackedBeginning returns the beginning of a file, decompressed; as much of it as can be read.
func unpackedBeginning(opened io.Reader, path string) []byte {
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
	beginning, _ := io.ReadAll(io.LimitReader(text, beginningSize)) // what is wrong is told elsewhere
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

// rowsOf divides a text into its first rows of cells, which may hold the delimiter and line breaks in quotes; a blank stands for
// any run of them. A last row whose quotes are never closed, as where the text was cut there, is left out.
func rowsOf(text string, delimiter rune) (rows [][]string) {
	var row []string
	for len(text) > 0 && len(rows) < 100 {
		if delimiter == ' ' {
			text = strings.TrimLeft(text, " \t")
		}
		cell, isClosed := cellOf(text, delimiter)
		if !isClosed && len(rows) > 0 {
			break
		}
		text = text[len(cell):]
		ends := strings.HasPrefix(text, "\n") || text == ""
		if cell = strings.TrimSpace(cell); cell != "" || delimiter != ' ' {
			row = append(row, cell)
		}
		if !ends {
			_, size := utf8.DecodeRuneInString(text)
			text = text[size:]
			continue
		}
		text = strings.TrimPrefix(text, "\n")
		if len(row) > 1 || len(row) == 1 && row[0] != "" { // an empty line is none
			rows = append(rows, row)
		}
		row = nil
	}
	return rows
}

// cellOf returns the cell that a text begins with, and whether quotes that it begins with are closed.
func cellOf(text string, delimiter rune) (cell string, isClosed bool) {
	isEnd := func(c rune) bool { return c == '\n' || c == delimiter || c == '\t' && delimiter == ' ' }
	begin, isClosed := 0, true
	if blanks := len(text) - len(strings.TrimLeft(text, " ")); strings.HasPrefix(text[blanks:], `"`) {
		begin = blanks + 1
		for {
			end := strings.IndexByte(text[begin:], '"')
			if end < 0 {
				begin, isClosed = 0, false
				break
			}
			if begin += end + 1; !strings.HasPrefix(text[begin:], `"`) {
				break
			}
			begin++ // it is written twice
		}
	}
	if end := strings.IndexFunc(text[begin:], isEnd); end >= 0 {
		return text[:begin+end], isClosed
	}
	return text, isClosed
}

// cellsOf returns how many cells all rows have; one where they differ.
func cellsOf(rows [][]string) int {
	for _, row := range rows {
		if len(row) != len(rows[0]) {
			return 1
		}
	}
	if len(rows) == 0 {
		return 1
	}
	return len(rows[0])
}

// firstIsData reports whether the first row has a value and no name in one of its cells: an instant, or a number that is no
// year, above others of the kind.
func firstIsData(rows [][]string) bool {
	if len(rows) < 2 {
		return false
	}
	for i, first := range rows[0] {
		column := []string{first}
		for _, row := range rows[1:] {
			if row[i] != "" {
				column = append(column, row[i])
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
func commas(rows [][]string) bool {
	comma, point := regexp.MustCompile(`^-?[0-9]+,[0-9]+$`), regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`)
	found := false
	for _, row := range rows[min(1, len(rows)):] {
		for _, c := range row {
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
