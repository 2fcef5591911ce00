package file_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compress/gzip"

	"github.com/leat-go/leat/broker/file"
)

// packed returns a text as one member of a gzip file.
func packed(t *testing.T, text string) string {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// A gzip file is read as gzip(1) reads it, but for what gzip(1) only warns of.
func TestGzipMembersAndPadding(t *testing.T) {
	dir := t.TempDir()
	a, b := packed(t, "{\"a\":1}\n"), packed(t, "{\"a\":2}\n")
	zeros := strings.Repeat("\x00", 20_000)
	for _, c := range []struct {
		name, content string
		elements      int
		want          string // of the error
	}{
		{"one", a, 1, ""},
		{"two", a + b, 2, ""},
		{"an empty one", packed(t, "") + a + packed(t, ""), 1, ""},
		{"a zero", a + "\x00", 1, ""},
		{"zeros", a + b + zeros, 2, ""},
		{"text", a + "hello", 1, "decompress the file: behind the gzip data stands 'h': " +
			"only zeros or more gzip data may follow; was something appended without compressing it?"},
		{"text behind zeros", a + zeros + "hello", 1,
			"decompress the file: behind the gzip data and its padding of zeros stands 'h': " +
				"only zeros or more gzip data may follow; was something appended without compressing it?"},
		{"a member behind zeros", a + zeros + b, 1, "behind the gzip data and its padding of zeros stands '\\x1f'"},
		{"half a header", a + "\x1F", 1, "decompress the file: the gzip data is cut off or damaged: "},
		{"another second byte", a + "\x1F\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 1,
			"decompress the file: the gzip data is cut off or damaged: "},
		{"half a member", a + b[:len(b)-3], 2, "decompress the file: the gzip data is cut off or damaged: unexpected EOF"},
		{"nothing but zeros", zeros, 0, "the file is not compressed with gzip, as its name says: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, dir, "a.jsonl.gz", c.content)
			in, err := openSource(file.New(file.At[location](path)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := values(in, 0)
			if len(got) != c.elements {
				t.Errorf("%d elements, want %d", len(got), c.elements)
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
			decompressedByGzip(t, path, err == nil)
		})
	}
}

// decompressedByGzip compares with gzip(1), where there is one: what it reads without a warning is read here.
func decompressedByGzip(t *testing.T, path string, read bool) {
	t.Helper()
	command, err := exec.LookPath("gzip")
	if err != nil {
		return
	}
	opened, err := os.Open(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	gunzip := exec.Command(command, "-dc")
	gunzip.Stdin = opened
	if err := gunzip.Run(); (err == nil) != read {
		t.Errorf("read here: %v; gzip says: %v", read, err)
	}
}
