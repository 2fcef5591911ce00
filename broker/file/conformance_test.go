package file_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/zstd"
)

// TestConformance runs the suite of package brokertest on files of each format.
func TestConformance(t *testing.T) {
	for _, ending := range []string{".json", ".ndjson", ".csv", ".jsonl.gz", ".json.zst", ".tsv.gz"} {
		t.Run(ending[1:], func(t *testing.T) {
			brokertest.Run(t, brokertest.Harness{OneSession: true, New: func(t testing.TB,
				setup brokertest.Setup) brokertest.Storage {
				return storage(t, setup, ending)
			}})
		})
	}
}

// storage makes files for a check of the suite.
func storage(t testing.TB, setup brokertest.Setup, ending string) brokertest.Storage {
	dir := t.TempDir()
	options := []file.Option{zstd.Files()}
	declare := func(name string, i int) string {
		path := filepath.Join(dir, fmt.Sprint(name, i, ending))
		options = append(options, file.At[brokertest.Element](path))
		return path
	}
	for i, stream := range setup.Inputs {
		path := declare("input", i)
		if err := os.WriteFile(path, append(header(ending), encode(t, stream[0][0].Elements, ending)...), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	outputs := make([]string, setup.Outputs)
	for i := range outputs {
		outputs[i] = declare("output", i)
	}
	b := file.New(options...)
	visible := func(output, _ int) brokertest.Partition { return decode(t, outputs[output]) }
	held := make([][]brokertest.Element, len(setup.Inputs))
	for i, stream := range setup.Inputs {
		held[i] = stream[0][0].Elements
	}
	grow := func(input, _ int, more ...brokertest.Element) {
		path := b.Streams()[input].Name
		content := append(written(t, path), encode(t, more, ending)...)
		if filepath.Ext(path) == ".json" {
			held[input] = append(slices.Clip(held[input]), more...)
			content = encode(t, held[input], ending)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if ending == ".json.zst" {
		grow = nil // a list has an end, and what is compressed can only be written anew
	}
	return brokertest.Storage{Source: b, Sink: b, Visible: visible, Grow: grow}
}

// header returns what stands before the elements in a file.
func header(ending string) []byte {
	switch ending {
	case ".csv":
		return []byte("id,text\n")
	case ".tsv.gz":
		return []byte(gzipped("text\tid\r\n"))
	}
	return nil
}

// rows returns elements as lines of cells.
func rows(t testing.TB, elements []brokertest.Element, ending string) []byte {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	isTabbed := strings.HasPrefix(ending, ".tsv")
	if isTabbed {
		w.Comma = '\t'
	}
	for _, e := range elements {
		row := []string{strconv.FormatInt(e.ID, 10), e.Text}
		if isTabbed {
			slices.Reverse(row)
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	if isTabbed {
		return []byte(gzipped(text.String()))
	}
	return text.Bytes()
}

// encode returns a file's elements.
func encode(t testing.TB, elements []brokertest.Element, ending string) []byte {
	if strings.HasPrefix(ending, ".csv") || strings.HasPrefix(ending, ".tsv") {
		return rows(t, elements, ending)
	}
	objects := make([]string, len(elements))
	for i, e := range elements {
		object, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		objects[i] = string(object)
	}
	text := strings.Join(objects, "\n") + "\n"
	if strings.HasPrefix(ending, ".json.") || ending == ".json" {
		text = "[" + strings.Join(objects, ", ") + "]"
	}
	switch filepath.Ext(ending) {
	case ".gz":
		text = gzipped(text)
	case ".zst":
		text = zstandard(text)
	}
	return []byte(text)
}

// written returns a file's bytes.
func written(t testing.TB, path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decode returns what an output file holds, nothing if it isn't there.
func decode(t testing.TB, path string) brokertest.Partition {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil
	}
	text := []byte(content(t, path))
	session := brokertest.Session{Ended: true}
	if bytes.HasPrefix(text, []byte("[")) {
		if err := json.Unmarshal(text, &session.Elements); err != nil {
			t.Fatal(err)
		}
		return brokertest.Partition{session}
	}
	if !bytes.HasPrefix(text, []byte("{")) && len(text) > 0 {
		session.Elements = cells(t, text)
		return brokertest.Partition{session}
	}
	for line := range bytes.Lines(text) {
		var e brokertest.Element
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		session.Elements = append(session.Elements, e)
	}
	return brokertest.Partition{session}
}

// cells returns the elements in rows of cells, read by encoding/csv, which takes carriage returns before line feeds away, in quotes,
// too: they are hidden from it.
func cells(t testing.TB, text []byte) (elements []brokertest.Element) {
	const hidden = "\x00\n"
	r := csv.NewReader(bytes.NewReader(bytes.ReplaceAll(text, []byte("\r\n"), []byte(hidden))))
	if bytes.HasPrefix(text, []byte("id\ttext")) {
		r.Comma = '\t'
	}
	all, err := r.ReadAll()
	if err != nil || !slices.Equal(all[0], []string{"id", "text"}) {
		t.Fatalf("%q: %v", text, err)
	}
	for _, row := range all[1:] {
		id, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		elements = append(elements, brokertest.Element{ID: id, Text: strings.ReplaceAll(row[1], hidden, "\r\n")})
	}
	return elements
}
