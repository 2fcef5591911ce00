package file_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// A file that changes while it is read gives the elements that are whole at its end, and a warning that says what is
// missing; one that doesn't change gives none.
func TestFileThatChanges(t *testing.T) {
	const line = "{\"a\":1}\n"
	const n = 100_000 // more than a reader has in its buffer
	appended := func(text string) func(string) error {
		return func(path string) error {
			file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = file.WriteString(text)
			return errors.Join(err, file.Close())
		}
	}
	for _, c := range []struct {
		name      string
		meanwhile func(path string) error // before the file is read to its end
		behind    func(path string) error
		elements  int
		want      string
	}{
		{"nothing", nil, nil, n, ""},
		{"appended before the end", appended(line), nil, n + 1, " grew by 8 bytes while it was read: what comes after "},
		{"appended behind the end", nil, appended(line), n, " grew by 8 bytes while it was read: what came after "},
		{"appended twice", appended(line), appended(strings.Repeat(line, 2000)), n + 1,
			", 16 kB, is not in the result; with the stream's option Follow a run goes on reading"},
		{"half a line", appended(line + "{\"a\":"), nil, n + 1, " grew by 13 bytes while it was read: its last line at "},
		{"a line that may go on", appended(line + "{\"a\":1}"), appended("\n"), n + 1,
			", which had no end yet, and what came after it, are not in the result"},
		{"blanks", appended("  "), nil, n, " grew by 2 bytes while it was read: what comes after "},
		{"removed", os.Remove, nil, n, " was removed or renamed while it was read: " +
			"the result is that of the file that was there"},
		{"replaced", func(path string) error {
			return errors.Join(os.WriteFile(path+".new", nil, 0o600), os.Rename(path+".new", path))
		}, nil, n, " was replaced while it was read: the result is that of the file before"},
		{"written over", nil, func(path string) error { return os.WriteFile(path, []byte(line), 0o600) }, n,
			" was truncated while it was read: the result may be of what was there before and after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, t.TempDir(), "a.jsonl", strings.Repeat(line, n))
			in, err := openSource(file.New(file.At[location](path)))
			if err != nil {
				t.Fatal(err)
			}
			r, err := in.Reader(t.Context(), 0, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			elements := 0
			for {
				records, err := r.Read(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if elements == 0 && c.meanwhile != nil {
					if err := c.meanwhile(path); err != nil {
						t.Fatal(err)
					}
				}
				elements += len(records)
			}
			if c.behind != nil {
				if err := c.behind(path); err != nil {
					t.Fatal(err)
				}
			}
			if elements != c.elements {
				t.Errorf("%d elements, want %d", elements, c.elements)
			}
			warnings := in.(broker.Warner).Warnings()
			if c.want == "" && len(warnings) > 0 ||
				c.want != "" && (len(warnings) != 1 || !strings.HasPrefix(warnings[0], path) || !strings.Contains(warnings[0],
					c.want)) {
				t.Errorf("warned %q, want %q", warnings, c.want)
			}
		})
	}
}
