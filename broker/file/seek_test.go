package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// TestSeeker reads random files from every byte on: what comes are the objects of the lines that begin there or behind,
// with their places.
func TestSeeker(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		isList := rapid.Bool().Draw(t, "list")
		blank := rapid.SampledFrom([]string{"", " ", "\t", "  "})
		var text strings.Builder
		if rapid.Bool().Draw(t, "mark") {
			text.WriteString("\xEF\xBB\xBF")
		}
		n := rapid.IntRange(1, 30).Draw(t, "objects")
		if isList {
			text.WriteString("[" + rapid.SampledFrom([]string{"", "\n"}).Draw(t, "first"))
		}
		begins, lines := map[int]int{}, map[int]int{} // where objects and their lines begin, by number
		for i := range n {
			lines[i] = strings.LastIndexByte(text.String(), '\n') + 1
			text.WriteString(blank.Draw(t, "before"))
			begins[i] = text.Len()
			fmt.Fprintf(&text, `{"i":%d,"s":"%s"}`, i, strings.Repeat("}\\n", i%4))
			if isList && i < n-1 {
				text.WriteString(",")
			}
			if isList && i == n-1 {
				text.WriteString(rapid.SampledFrom([]string{"]", "\n]"}).Draw(t, "last"))
			}
			text.WriteString(rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end"))
		}
		path := filepath.Join(dir, map[bool]string{true: "x.json", false: "x.jsonl"}[isList])
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		seeker, err := file.OpenSeeker(broker.Stream{Name: path})
		if err != nil {
			t.Fatal(err)
		}
		defer seeker.Close()
		from := rapid.IntRange(0, text.Len()).Draw(t, "from")
		next := 0
		for next < n && lines[next] < from {
			next++
		}
		err = seeker.Each(t.Context(), int64(from), 0, func(at int64, object []byte) (bool, error) {
			if int(at) != begins[next] || !strings.HasPrefix(string(object), fmt.Sprintf(`{"i":%d,`, next)) {
				t.Fatalf("%s at %d instead of object %d at %d", object, at, next, begins[next])
			}
			line, column, err := seeker.Line(at)
			before := text.String()[:at]
			if err != nil || line != 1+strings.Count(before, "\n") || column != len(before)-strings.LastIndexByte(before, '\n') {
				t.Fatalf("object %d at %d is said to be in line %d, column %d, %v", next, at, line, column, err)
			}
			next++
			return true, nil
		})
		if err != nil || next != n {
			t.Fatalf("from %d of %q: it ends before object %d of %d, %v", from, text.String(), next, n, err)
		}
	})
}

// TestSeekerOfOtherFiles: what can't be read from the middle is refused, and not read wrongly.
func TestSeekerOfOtherFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) broker.Stream {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return broker.Stream{Name: path}
	}
	for name, content := range map[string]string{
		"several in a line": `[{"a":1},{"a":2}]`, "over several lines": "[\n{\n\"a\":1}\n]",
		"one inside another": "[{\"a\":\n{\"a\":2}\n}]",
	} {
		seeker, err := file.OpenSeeker(write("x.json", content))
		if err != nil {
			t.Fatal(err)
		}
		err = seeker.Each(t.Context(), 0, 0, func(int64, []byte) (bool, error) { return true, nil })
		if !errors.Is(err, file.ErrNotLines) {
			t.Errorf("%s: %v", name, err)
		}
		if err := seeker.Close(); err != nil {
			t.Error(err)
		}
	}
	if seeker, err := file.OpenSeeker(write("x.jsonl.gz", "")); seeker != nil || err != nil {
		t.Errorf("a compressed file: %v, %v", seeker, err)
	}
	for _, size := range []int{1001, 100_000} {
		long := write("long.jsonl", `{"a":"`+strings.Repeat("x", size-8)+"\"}\n")
		long.MaxElement = 1000
		seeker, err := file.OpenSeeker(long)
		if err != nil {
			t.Fatal(err)
		}
		err = seeker.Each(t.Context(), 0, 0, func(int64, []byte) (bool, error) { return true, nil })
		if !errors.Is(err, broker.ErrTooLarge) {
			t.Errorf("an element of %d bytes: %v", size, err)
		}
		if err := seeker.Close(); err != nil {
			t.Error(err)
		}
	}
}
