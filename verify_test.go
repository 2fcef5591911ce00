package leat_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
)

// A Knot is an element of a tree of three levels, with a key up and a key down; each node has a type of its own.
type Knot struct {
	Up   *int `json:"up"`
	Down *int `json:"down"`
}

type (
	Root Knot
	Stem Knot
	Leaf Knot
	Side Knot
)

func compareKeys(left, right *int) int { return *left - *right }

// A damagedFile is what TestVerifiedTrees makes of a stream.
type damagedFile struct {
	name  string
	lines []string
	// damaged says that an element is no JSON or has a key below one before it.
	damaged bool
}

// drawDamaged draws a stream in order of both keys, of which some may be null, and damages it at times.
func drawDamaged(t *rapid.T, name string, nulls bool) *damagedFile {
	f := &damagedFile{name: name}
	var lowest [2]int
	n := rapid.IntRange(0, 8).Draw(t, name+" elements")
	broken := -1
	if n > 0 && rapid.IntRange(0, 5).Draw(t, name+" is damaged") == 0 {
		broken = rapid.IntRange(0, n-1).Draw(t, name+" damaged element")
	}
	for i := range n {
		var keys [2]*int
		for side := range keys {
			if key := lowest[side] + rapid.IntRange(0, 2).Draw(t, name+" step"); !nulls || rapid.IntRange(0, 9).Draw(t,
				name+" null") > 0 {
				lowest[side], keys[side] = key, &key
			}
		}
		line, _ := json.Marshal(Knot{keys[0], keys[1]})
		switch {
		case i != broken:
		case rapid.Bool().Draw(t, name+" is rubbish"):
			line, f.damaged = []byte(`{"up":"x"`), true
		case lowest[0] > 0 && name != "root" && rapid.Bool().Draw(t, name+" up"):
			line, f.damaged = fmt.Appendf(nil, `{"up":%d,"down":%d}`, lowest[0]-1, lowest[1]), f.comes(0, lowest[0], keys[0])
		case lowest[1] > 0 && (name == "root" || name == "stem"):
			line, f.damaged = fmt.Appendf(nil, `{"up":%d,"down":%d}`, lowest[0], lowest[1]-1), f.comes(1, lowest[1], keys[1])
		}
		f.lines = append(f.lines, string(line))
	}
	return f
}

// comes reports whether a key that is one below the greatest comes behind that: not where the greatest was to be this
// element's.
func (f *damagedFile) comes(side, greatest int, own *int) bool {
	for _, line := range f.lines {
		var k Knot
		_ = json.Unmarshal([]byte(line), &k)
		if key := [2]*int{k.Up, k.Down}[side]; key != nil && *key == greatest {
			return true
		}
	}
	return false
}

// write writes the file, compressed at times, and returns its path.
func (f *damagedFile) write(t *rapid.T, dir string) string {
	path := filepath.Join(dir, f.name+".jsonl")
	var text bytes.Buffer
	for _, line := range f.lines {
		text.WriteString(line + "\n")
	}
	if rapid.Bool().Draw(t, f.name+" is compressed") {
		plain := slices.Clone(text.Bytes())
		text.Reset()
		path += ".gz"
		w := gzip.NewWriter(&text)
		_, _ = w.Write(plain)
		_ = w.Close()
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A run that verifies fails if and only if there is damage anywhere in any stream of the tree, however early the join
// ends, and gives the same results as one that doesn't. With comparisons instead of keys nothing that is in order may
// be refused.
func TestVerifiedTrees(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		comparing := rapid.Bool().Draw(t, "comparing")
		damaged := false
		paths := map[string]string{}
		for _, name := range []string{"root", "stem", "leaf", "side"} {
			f := drawDamaged(t, name, !comparing)
			paths[name] = f.write(t, dir)
			damaged = damaged || f.damaged
		}
		function, options := verifiedTree(t, comparing)
		run := func(more ...leat.Option) (string, error) {
			out := filepath.Join(dir, "out.jsonl")
			_ = os.Remove(out)
			b := file.New(file.At[Root](paths["root"]), file.At[Stem](paths["stem"]), file.At[*Leaf](paths["leaf"]),
				file.At[Side](paths["side"]), file.At[Text](out))
			mill, err := leat.New(function, slices.Concat(options, more,
				[]leat.Option{leat.Broker(b), leat.Logger(slog.New(slog.DiscardHandler))})...)
			if err != nil {
				t.Fatal(err)
			}
			err = mill.Run(t.Context())
			results, missing := os.ReadFile(out)
			if (missing == nil) != (err == nil) {
				t.Fatalf("the run ends with %v, and reading its output with %v", err, missing)
			}
			return string(results), err
		}
		results, plain := run()
		verified, err := run(leat.Verify())
		switch {
		case err == nil && damaged && !comparing:
			t.Fatal("the damage goes unseen")
		case err != nil && !damaged:
			t.Fatalf("without damage: %v", err)
		case plain != nil && err == nil:
			t.Fatalf("the run fails with %v, unless it verifies", plain)
		case err == nil && results != verified:
			t.Fatalf("the run writes\n%s\nand the one that verifies\n%s", results, verified)
		}
	})
}

// verifiedTree draws what is joined, and how.
func verifiedTree(t *rapid.T, comparing bool) (function any, options []leat.Option) {
	options = []leat.Option{leat.Concurrency(rapid.SampledFrom([]int{1, 3}).Draw(t, "concurrency"))}
	if comparing {
		options = append(options,
			leat.JoinFunc(func(l Root, r Stem) int { return compareKeys(l.Down, r.Up) }),
			leat.JoinFunc(func(l Stem, r *Leaf) int { return compareKeys(l.Down, r.Up) }),
			leat.JoinFunc(func(l *Root, r Side) int { return compareKeys(l.Down, r.Up) }))
	} else {
		options = append(options,
			leat.Join(func(l Root) *int { return l.Down }, func(r Stem) *int { return r.Up }),
			leat.Join(func(l *Stem) *int { return l.Down }, func(r Leaf) *int { return r.Up }),
			leat.Join(func(l Root) *int { return l.Down }, func(r Side) *int { return r.Up }))
	}
	end := rapid.SampledFrom([]int{-1, -1, -1, 0, 2}).Draw(t, "the function ends at")
	result := func(keys []int, stems, leaves, sides int) (Text, error) {
		text := Text{fmt.Sprint(keys, stems, leaves, sides)}
		if slices.Contains(keys, end) {
			return text, leat.EndOfStream
		}
		return text, nil
	}
	if !rapid.Bool().Draw(t, "window") {
		return func(r Root, stems []Stem, leaves map[*Stem][]Leaf, sides []Side) (Text, error) {
			return result([]int{*r.Down}, len(stems), len(leaves), len(sides))
		}, options
	}
	options = append(options, leat.Window(func(r Root) bool { return r.Down == nil || *r.Down%4 < 2 }))
	return func(roots []Root, stems map[*Root][]Stem, leaves map[*Stem][]Leaf, sides map[*Root][]Side) (Text, error) {
		var keys []int
		for _, r := range roots {
			keys = append(keys, *r.Down)
		}
		return result(keys, len(stems), len(leaves), len(sides))
	}, options
}

// The window keys of masters that the join doesn't come to are verified, too.
func TestVerifyWindowKeys(t *testing.T) {
	dir := t.TempDir()
	left, right := filepath.Join(dir, "left.jsonl"), filepath.Join(dir, "right.jsonl")
	for path, text := range map[string]string{left: "{\"time\":1}\n{\"time\":2}\n{\"time\":3,\"data\":1}\n",
		right: "{\"frame\":1}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	window := func(a Audio) float64 {
		if a.Data > 0 {
			return math.NaN()
		}
		return 0
	}
	mill, err := leat.New(func([]Audio, map[Audio][]Box) {}, leat.Verify(), leat.Window(window),
		leat.Join(audioTime, boxFrame),
		leat.From(file.New(file.At[Audio](left), file.At[Box](right))), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	want := left + ":3:1 (partition 0, offset 2): the window key can't be computed: it is NaN"
	if err := mill.Run(t.Context()); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// With a comparison there is nothing to say about a right element as long as there was no left one.
func TestVerifyWithoutALeftElement(t *testing.T) {
	dir := t.TempDir()
	right := filepath.Join(dir, "right.jsonl")
	for name, text := range map[string]string{"left.jsonl": "", "right.jsonl": "{\"frame\":1}\n{\"frame\":2}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mill, err := leat.New(func(Audio, []Box) {}, leat.Verify(), leat.JoinFunc(func(a Audio,
		b Box) int {
		return a.Time - b.Frame
	}),
		leat.From(file.New(file.At[Audio](filepath.Join(dir, "left.jsonl")), file.At[Box](right))),
		leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(right, []byte("{\"frame\":1}\n{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err == nil {
		t.Errorf("the damage in %s goes unseen", right)
	}
}
