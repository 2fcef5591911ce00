package pipeline

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/instant"
)

// Sniff returns how a text file seems to hold its cells, as csv of a stream says it; empty where that is what the file's
// name says, or can't be told: it is a guess from the first lines.
func Sniff(path string) string {
	name := strings.TrimSuffix(path, ".gz")
	if !strings.HasSuffix(name, ".csv") && !strings.HasSuffix(name, ".tsv") {
		return ""
	}
	lines := firstLines(path)
	if len(lines) == 0 {
		return ""
	}
	usual := ','
	if strings.HasSuffix(name, ".tsv") {
		usual = '\t'
	}
	delimiter, most := usual, cells(lines, usual)
	for _, other := range ";\t|," {
		if n := cells(lines, other); n > most {
			delimiter, most = other, n
		}
	}
	var members []string
	switch {
	case delimiter == usual:
	case delimiter == '\t':
		members = append(members, "delimiter: tab")
	default:
		members = append(members, `delimiter: "`+string(delimiter)+`"`)
	}
	if delimiter != ',' && commas(lines, delimiter) {
		members = append(members, `decimal: ","`)
	}
	if len(members) == 0 {
		return ""
	}
	return "{" + strings.Join(members, ", ") + "}"
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
	var text io.Reader = opened
	if strings.HasSuffix(path, ".gz") {
		if text, err = gzip.NewReader(opened); err != nil {
			return nil
		}
	}
	scanner := bufio.NewScanner(io.LimitReader(text, 64<<10))
	for len(lines) < 100 && scanner.Scan() {
		if line := strings.TrimPrefix(scanner.Text(), "\uFEFF"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// split divides a line at a delimiter that isn't in quotes.
func split(line string, delimiter rune) []string {
	quoted := false
	return strings.FieldsFunc(strings.ReplaceAll(line, string(delimiter), string(delimiter)+" "), func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == delimiter && !quoted
	})
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

// commas reports whether numbers have a comma before their decimals, and none a point.
func commas(lines []string, delimiter rune) bool {
	comma, point := regexp.MustCompile(`^-?[0-9]+,[0-9]+$`), regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`)
	found := false
	for _, line := range lines[1:] {
		for _, c := range split(line, delimiter) {
			if c = strings.TrimSpace(c); point.MatchString(c) {
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
