package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// TestTail compares with the list that was written, of objects with all that may mislead whoever reads from the end.
func TestTail(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.SampledFrom([]string{
			`{}`, `{"a":1}`, `{"a":"}"}`, `{"a":"{"}`, `{"a":"\""}`, `{"a":"\\"}`, `{"a":"\\\"{"}`, `{"a":{"b":[{"c":"]"}]}}`,
			`{"a":[],"b\"":"é"}`,
		})
		objects := rapid.SliceOfN(object, 0, 12).Draw(t, "objects")
		n := rapid.IntRange(0, 14).Draw(t, "n")
		space := rapid.SampledFrom([]string{"", " ", "\n", "\r\n"})
		content, name := "", "x.json"
		if rapid.Bool().Draw(t, "lines") {
			name = "x.jsonl"
			content = strings.Join(objects, "\n"+space.Draw(t, "blank"))
		} else {
			content = "[" + strings.Join(objects, space.Draw(t, "before")+","+space.Draw(t, "after")) + "]"
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content+space.Draw(t, "end")), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := file.Tail(broker.Stream{Name: path}, n)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, len(found))
		for i := range found {
			got[i] = string(found[i].Text)
		}
		for _, object := range found {
			if text := (content)[object.At:]; !strings.HasPrefix(text, string(object.Text)) {
				t.Fatalf("%s: %s is said to be at byte %d", content, object.Text, object.At)
			}
		}
		want := objects[max(0, len(objects)-n):]
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Fatalf("%s: %s", content, diff)
		}
	})
}

// TestTailOfALargeFile tests that only whole objects come out where the rest wasn't read.
func TestTailOfALargeFile(t *testing.T) {
	var objects []string
	for i := range 40000 {
		objects = append(objects, fmt.Sprintf(`{"number":%d,"text":"somewhat longer \" text {"}`, i))
	}
	for name, content := range map[string]string{
		"x.json": "[" + strings.Join(objects, ",\n") + "]", "x.ndjson": strings.Join(objects, "\n"),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := file.Tail(broker.Stream{Name: path}, len(objects))
		if err != nil || len(found) < 15000 || len(found) > 30000 {
			t.Fatalf("%s: %d objects, %v", name, len(found), err)
		}
		for i, object := range found {
			if want := objects[len(objects)-len(found)+i]; string(object.Text) != want {
				t.Fatalf("%s: object %d is %s, want %s", name, i, object.Text, want)
			}
		}
	}
}

func TestTailOfOtherFiles(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"x.json.gz": "{}", "cut.json": `[{"a":1},`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := file.Tail(broker.Stream{Name: filepath.Join(dir, "x.json.gz")}, 9); err != nil || found != nil {
		t.Errorf("a compressed file: %v, %v", found, err)
	}
	var at *broker.PositionError
	if _, err := file.Tail(broker.Stream{Name: filepath.Join(dir, "cut.json")}, 9); !errors.As(err, &at) || !strings.Contains(err.Error(),
		"cut off") {
		t.Errorf("a file that was cut off: %v", err)
	}
	if _, err := file.Tail(broker.Stream{Name: filepath.Join(dir, "none.json")}, 9); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
