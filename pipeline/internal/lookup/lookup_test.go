package lookup

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

func keyOf(t failer, n int) expression.Key {
	t.Helper()
	key, err := expression.NewKey(expression.IntValue(int64(n)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A failer is a test, or one case of a property.
type failer interface {
	Helper()
	Fatal(arguments ...any)
	Fatalf(format string, arguments ...any)
}

// open opens a mill that joins a stream to another one, whose elements have these keys.
func open(t *testing.T, dir string, keys []int) *Streams {
	t.Helper()
	var lines strings.Builder
	for i, key := range keys {
		fmt.Fprintf(&lines, "{\"t\":%d,\"i\":%d}\n", key, i)
	}
	for name, text := range map[string]string{"a.jsonl": "{\"t\":0}\n", "b.jsonl": lines.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	d, err := description.Parse(filepath.Join(dir, "p.yaml"), []byte("streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, "+
		"out: {file: out.jsonl}}\nmaster: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mill.Build(d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), m, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLookUpFindsWhatALookAtAllFinds: the elements of a range, and those next to it, are those of a stream that is read
// whole.
func TestLookUpFindsWhatALookAtAllFinds(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 15).Draw(r, "keys")
		slices.Sort(keys)
		low := rapid.IntRange(-1, 21).Draw(r, "low")
		high := rapid.IntRange(low, 22).Draw(r, "high")
		s := open(t, dir, keys)
		defer s.Close()
		b := s.mill.Master.Children[0]
		found, err := s.lookUp(t.Context(), b, keyRange{by: parentKey, low: keyOf(r, low), high: keyOf(r, high)}, nil, 0)
		if err != nil {
			r.Fatal(err)
		}
		first, _ := slices.BinarySearch(keys, low)
		end, _ := slices.BinarySearch(keys, high+1)
		var got []string
		for _, i := range found.items {
			got = append(got, string(i.element.Raw))
		}
		var want []string
		for i := first; i < end; i++ {
			want = append(want, fmt.Sprintf(`{"t":%d,"i":%d}`, keys[i], i))
		}
		if !slices.Equal(got, want) {
			r.Fatalf("%q, want %q", got, want)
		}
		checkNeighbour(r, "below", found.below, keys, first-1)
		checkNeighbour(r, "above", found.above, keys, end)
	})
}

func checkNeighbour(t failer, what string, got *item, keys []int, at int) {
	t.Helper()
	switch {
	case at < 0 || at >= len(keys):
		if got != nil {
			t.Fatalf("%s is %s, want none", what, got.element.Raw)
		}
	case got == nil || expression.Compare(got.up, keyOf(t, keys[at])) != 0:
		t.Fatalf("%s is %v, want %d", what, got, keys[at])
	}
}

// TestVerdicts: what a stream has around a key says why it doesn't have the key.
func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		keys []int
		key  int
		want observe.Verdict
	}{
		"jumps over it":   {[]int{1, 3}, 2, observe.Gap},
		"begins above it": {[]int{3, 4}, 2, observe.Behind},
		"ends below it":   {[]int{1, 1}, 2, observe.Ended},
		"is empty":        {nil, 2, observe.Ended},
		"is out of order": {[]int{1, 3, 2}, 2, observe.OutOfOrder},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir(), c.keys)
			defer s.Close()
			key := keyOf(t, c.key)
			found, err := s.lookUp(t.Context(), s.mill.Master.Children[0], keyRange{by: parentKey, low: key, high: key}, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := found.missing(key); len(found.items) > 0 || got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestVerdictsOfTopics: a topic may still get what it doesn't have, unless a mark follows.
func TestVerdictsOfTopics(t *testing.T) {
	key, last := keyOf(t, 5), &item{up: keyOf(t, 3)}
	mark := &broker.Position{}
	for name, c := range map[string]struct {
		slice slice
		want  observe.Verdict
	}{
		"empty":       {slice{empty: true}, Waiting},
		"below":       {slice{below: last}, Waiting},
		"marked":      {slice{below: last, mark: mark}, observe.Ended},
		"empty, mark": {slice{empty: true, mark: mark}, observe.Ended},
		"above":       {slice{below: last, above: &item{up: keyOf(t, 7)}}, observe.Gap},
	} {
		if got := c.slice.verdict(parentKey, key, true); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestLocationsOfSeveral: where elements lie is said in few words.
func TestLocationsOfSeveral(t *testing.T) {
	line := func(n, column int) *item {
		return &item{at: broker.Position{Line: n, Column: column, Offset: int64(n - 1)}}
	}
	offset := func(n int64) *item { return &item{at: broker.Position{Offset: n}} }
	inByte := func(n int64) *item { return &item{at: broker.Position{Offset: -1, Byte: n}} }
	for want, items := range map[string][]*item{
		"line 3":                       {line(3, 1)},
		"lines 3 and 4":                {line(3, 1), line(4, 1)},
		"lines 3 to 5":                 {line(3, 1), line(4, 1), line(5, 1)},
		"offsets 7 and 9":              {offset(7), offset(9)},
		"bytes 100 to 300":             {inByte(100), inByte(200), inByte(300)},
		"byte 100 and line 9":          {inByte(100), {at: broker.Position{Line: 9, Column: 1, Offset: -1}}},
		"line 1, column 9 and line 20": {{at: broker.Position{Line: 1, Column: 9, Offset: 1}}, line(20, 1)},
	} {
		if got := locations(items); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
