package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/leat-go/leat/pipeline"
)

// packed compresses a text.
func packed(t *testing.T, as, text string) string {
	t.Helper()
	var into bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&into)
	if as == "zst" {
		var err error
		if w, err = zstd.NewWriter(&into); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return into.String()
}

// TestSniff: how text files seem to hold their cells, and that nothing is said where that is as their names say.
func TestSniff(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a.csv", "id,n\n1,2\n", "{}"},
		{"a.csv", "id;n\n1;2\n", `{delimiter: ";"}`},
		{"a.csv", "\ufeffid;n\r\n1;2,5\r\n", `{delimiter: ";", decimal: ","}`},
		{"a.csv", "id\tn\n1\t2\n", "{delimiter: tab}"},
		{"a.csv", "\"id\";\"n\"\n\"1\";\"2,5\"\n", `{delimiter: ";", decimal: ","}`},
		{"a.csv", "sep=;\r\nid;n\r\n1;2,5\r\n", `{delimiter: ";", comment: "sep=", decimal: ","}`},
		{"a.csv", "sep=,\nid,n\n1,2\n", `{comment: "sep="}`},
		{"a.csv", "sep=^\nid^n\n1^2\n", `{delimiter: "^", comment: "sep="}`},
		{"a.csv", "\xFF\xFEi\x00d\x00;\x00\xFC\x00\n\x001\x00;\x002\x00\n\x00", `{delimiter: ";"}`},
		{"a.txt", "\xFE\xFF\x00i\x00d\x00\t\x00n\x00\n\x001\x00\t\x00x\x00 \x00y\x00\n", "{delimiter: tab}"},
		{"a.csv.gz", packed(t, "gz", "id;n\n1;2\n"), `{delimiter: ";"}`},
		{"a.CSV.ZST", packed(t, "zst", "id;n\n1;2\n"), `{delimiter: ";"}`},
		{"a.tsv", "id,n\n1,2\n", `{delimiter: ","}`},
		{"a.csv", "\"a;b\"\n\"c;d\"\n", "{}"},
		{"a.csv", "1,2026-11-01 10:00:00,x\n2,2026-11-01 11:00:00,y\n", "{columns: [column0, column1, column2]}"},
		{"a.csv", ";a;b\n0;1;2\n1;;4\n;5;6\n", `{delimiter: ";"}`},
		{"a.csv", "\ta\tb\n0\t1\t2\n", "{delimiter: tab}"},
		{"a.csv", "id|text|n\n1|\"a|b\nc\"|2\n2|\"said \"\"x\"\"|\"|3\n3|5\" pipe|4\n", `{delimiter: "|"}`},
		{"a.csv", "id;text\n1;\"never closed\n2;x\n", `{delimiter: ";"}`},
		{"a.csv", "a;b\n" + strings.Repeat("1;"+strings.Repeat("x", 1000)+"\n", 100), `{delimiter: ";"}`},
		{"a.csv", "a;b\n" + strings.Repeat("1;\""+strings.Repeat("x\n", 1000)+"\"\n", 100), `{delimiter: ";"}`},
		{"a.csv", "x;17.50\ny;18.25\n", `{delimiter: ";", columns: [column0, column1]}`},
		{"a.csv", "country,2020,2021\nDE,1,2\n", "{}"},
		{"a.csv", "city,2026-11-01\nUlm,5\n", "{}"},
		{"a.csv", "1,2\n", "{}"},
		{"a.txt", "time path\n1764000000 /a\n", "{}"},
		{"a.txt", "1764000000  /a\n1764000001 /b\n", "{columns: [column0, column1]}"},
		{"a.txt", "a;b c\n1;2\n", `{delimiter: ";"}`},
		{"a.log", "2026-11-01T10:00:00 GET /a\n2026-11-01T10:00:01  GET \"/b c\"\n", "{delimiter: space, columns: [column0, column1, column2]}"},
		{"a.log", "time|path\n1|/a\n", `{delimiter: "|"}`},
		{"a.log", "words\nand more words\n", "{}"},
		{"a.log", "{\"a\":1}\n{\"a\":2}\n", "{}"},
		{"a.json", "1 2\n3 4\n", "{}"},
	} {
		path := filepath.Join(t.TempDir(), test.name)
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := pipeline.Sniff(path).String(); got != test.want {
			t.Errorf("%s, %q: %s, want %s", test.name, test.text, got, test.want)
		}
	}
}

// FuzzSniff: whatever a file holds, what it seems to be has a dialect that doesn't contradict itself.
func FuzzSniff(f *testing.F) {
	f.Add("a.csv", "id;n\n1;2,5\n")
	f.Add("a.tsv", "\"")
	f.Add("a.txt", "\" \"\n\n x\t")
	f.Add("a.log", "sep=;\n\n")
	f.Add("a.csv.gz", "\x1f\x8b")
	f.Add("a.tsv", "SQLite format 3\x00")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, name, text string) {
		if name != filepath.Base(name) || len(name) > 100 || strings.ContainsAny(name, "*?[\\/\x00") || !strings.HasPrefix(name, "a.") {
			t.Skip()
		}
		path := filepath.Join(dir, name)
		if os.WriteFile(path, []byte(text), 0o600) != nil {
			t.Skip()
		}
		cells := pipeline.Sniff(path)
		if _, err := cells.Dialect("--"); err != nil {
			t.Errorf("%+v: %v", cells, err)
		}
	})
}
