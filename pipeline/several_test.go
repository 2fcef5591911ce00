package pipeline_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
)

// A splitStream is a stream that lies in one file, NAME.ENDING, and once more in several, NAME-1.ENDING and so on.
type splitStream struct {
	name, ending string
	elements     []string
	// starts are how many elements lie before each of the files.
	starts []int
}

// write writes the stream, in one file and in several. Some of them may be compressed, and empty.
func (s *splitStream) write(t *testing.T, random *rand.Rand, dir string) {
	t.Helper()
	s.put(t, dir, s.name+s.ending, s.elements)
	cuts := []int{0, len(s.elements)}
	for range 1 + random.IntN(12) {
		cuts = append(cuts, random.IntN(len(s.elements)+1))
	}
	slices.Sort(cuts)
	for i := range len(cuts) - 1 {
		packed := ""
		if s.ending != ".parquet" && random.IntN(4) == 0 && len(s.elements) < 1000 {
			packed = ".gz"
		}
		s.starts = append(s.starts, cuts[i])
		s.put(t, dir, fmt.Sprintf("%s-%d%s%s", s.name, i+1, s.ending, packed), s.elements[cuts[i]:cuts[i+1]])
	}
}

// put writes one file of elements.
func (s *splitStream) put(t *testing.T, dir, name string, elements []string) {
	t.Helper()
	lines := strings.Join(elements, "\n")
	if len(elements) > 0 {
		lines += "\n"
	}
	if s.ending == ".jsonl" && !strings.HasSuffix(name, ".gz") {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	// A table's columns are those of its first element.
	if len(elements) == 0 && s.ending != ".jsonl" {
		if s.ending == ".csv" && !strings.HasSuffix(name, ".gz") {
			lines = "t,id,note\n"
			if err := os.WriteFile(filepath.Join(dir, name), []byte(lines), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	raw := filepath.Join(t.TempDir(), "raw.jsonl")
	if err := os.WriteFile(raw, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Copy(pipeline.File{Path: raw}, pipeline.File{Path: filepath.Join(dir, name)})
	if err == nil {
		err = p.Run(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// oneOrSeveral returns a pipeline over two streams, of one file each or of several.
func oneOrSeveral(t *testing.T, dir, name string, several bool, streams ...*splitStream) *pipeline.Pipeline {
	t.Helper()
	path := func(s *splitStream) string {
		if several {
			return s.name + "-*" + s.ending + "*"
		}
		return s.name + s.ending
	}
	text := fmt.Sprintf("streams: {a: {file: %q}, b: {file: %q}, out: {file: %s.jsonl}}\nmaster: a\noutput: out\n"+
		"join: [{left: a, right: b, on: a.t == b.t}]\n", path(streams[0]), path(streams[1]), name)
	p, err := pipeline.Parse(filepath.Join(dir, name+".yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// placeOf finds where an element of one of several files lies: in which line or row, and with which offset.
var placeOf = regexp.MustCompile(`\b([ab])-(\d+)\.(?:jsonl|csv|parquet)(?:\.gz)?(, line |, row |:)(\d+)` +
	`(?:(:\d+ \(partition 0, offset )(\d+))?`)

// asOne makes what is said of several files what would be said of one.
func asOne(dir, text string, streams ...*splitStream) string {
	text = strings.ReplaceAll(text, dir+string(filepath.Separator), "")
	text = placeOf.ReplaceAllStringFunc(text, func(place string) string {
		m := placeOf.FindStringSubmatch(place)
		k, _ := strconv.Atoi(m[2])
		i := slices.IndexFunc(streams, func(s *splitStream) bool { return s.name == m[1] })
		add := func(n string) string {
			at, err := strconv.Atoi(n)
			if err != nil {
				return n
			}
			return strconv.Itoa(at + streams[i].starts[k-1])
		}
		switch m[3] {
		case ":":
			return m[1] + streams[i].ending + m[3] + add(m[4]) + m[5] + add(m[6])
		default: // of one file it isn't said that it is in that
			return strings.TrimPrefix(m[3], ", ") + add(m[4])
		}
	})
	text = regexp.MustCompile(`(line|row)s (\d+) (and|to) (\d+)`).ReplaceAllString(text, "$1 $2 $3 $1 $4")
	for _, s := range streams {
		text = strings.ReplaceAll(text, s.name+"-*"+s.ending+"*", s.name+s.ending)
	}
	return text
}

// drawSplit draws two streams that join by their keys in part.
func drawSplit(t *testing.T, random *rand.Rand, dir, ending string, n int) (a, b *splitStream) {
	t.Helper()
	a, b = &splitStream{name: "a", ending: ending}, &splitStream{name: "b", ending: ending}
	padding := 1
	if n > 1000 {
		padding = 600 // so that it is bisected
	}
	key := 0
	for i := range n {
		key += random.IntN(3)
		element := fmt.Sprintf(`{"t":%d,"id":%d,"note":"%s"}`, key, i, strings.Repeat("x", padding+random.IntN(100)))
		if random.IntN(5) > 0 {
			a.elements = append(a.elements, element)
		}
		if random.IntN(5) > 0 {
			b.elements = append(b.elements, element)
		}
	}
	a.write(t, random, dir)
	b.write(t, random, dir)
	return a, b
}

// TestSeveralFilesAreOne asks the same of streams that lie in one file and in several: results, explanations and captures
// must be the same, to the line.
func TestSeveralFilesAreOne(t *testing.T) {
	for seed := range uint64(21) {
		random := rand.New(rand.NewPCG(seed, 17))
		ending, n := []string{".jsonl", ".csv", ".parquet"}[seed%3], 20+random.IntN(60)
		if seed >= 18 {
			if testing.Short() {
				break
			}
			n = 2600
		}
		t.Run(fmt.Sprintf("%d %s %d", seed, ending, n), func(t *testing.T) {
			dir := t.TempDir()
			a, b := drawSplit(t, random, dir, ending, n)
			one, several := oneOrSeveral(t, dir, "one", false, a, b), oneOrSeveral(t, dir, "several", true, a, b)
			compareRuns(t, dir, one, several)
			last := lastKey(t, a)
			for _, key := range []int{-1, 0, last, last + 1, random.IntN(last + 1), random.IntN(last + 1), random.IntN(last + 1)} {
				compareExplanations(t, dir, one, several, key, a, b)
			}
			from := random.IntN(last + 1)
			compareCaptures(t, dir, one, several, fmt.Sprint(from), fmt.Sprint(from+random.IntN(20)))
		})
	}
}

func lastKey(t *testing.T, s *splitStream) (key int) {
	t.Helper()
	if _, err := fmt.Sscanf(s.elements[len(s.elements)-1], `{"t":%d,`, &key); err != nil {
		t.Fatal(err)
	}
	return key
}

func compareRuns(t *testing.T, dir string, one, several *pipeline.Pipeline) {
	t.Helper()
	for _, verified := range []bool{false, true} {
		var written [2]string
		for i, p := range []*pipeline.Pipeline{one, several} {
			if err := p.Run(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler), Verify: verified}); err != nil {
				t.Fatal(err)
			}
			written[i] = readFile(t, filepath.Join(dir, []string{"one", "several"}[i]+".jsonl"))
		}
		if diff := cmp.Diff(written[0], written[1]); diff != "" {
			t.Errorf("verified: %v, %s", verified, diff)
		}
	}
}

func compareExplanations(t *testing.T, dir string, one, several *pipeline.Pipeline, key int, streams ...*splitStream) {
	t.Helper()
	var said [2]string
	for i, p := range []*pipeline.Pipeline{one, several} {
		explanation, err := p.Explain(t.Context(), quiet(), pipeline.About{Key: fmt.Sprint(key)})
		if err != nil {
			t.Fatal(err)
		}
		explanation.Findings = nil // these are of samples, of which a compressed file's end is none
		said[i] = asOne(dir, explanation.String(), streams...)
	}
	if diff := cmp.Diff(said[0], said[1]); diff != "" {
		t.Errorf("key %d: %s", key, diff)
	}
}

func compareCaptures(t *testing.T, dir string, one, several *pipeline.Pipeline, from, to string) {
	t.Helper()
	var saved [2]string
	for i, p := range []*pipeline.Pipeline{one, several} {
		into := filepath.Join(dir, fmt.Sprintf("captured-%d", i))
		_, err := p.Capture(t.Context(), from, to, into)
		if err != nil {
			saved[i] = err.Error()
			continue
		}
		for _, name := range []string{"a.jsonl", "b.jsonl"} {
			saved[i] += name + "\n" + readFile(t, filepath.Join(into, name))
		}
		again, err := pipeline.Load(filepath.Join(into, []string{"one", "several"}[i]+".yaml"))
		if err == nil {
			err = again.Run(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
		}
		if err != nil {
			t.Fatal(err)
		}
		saved[i] += "results\n" + readFile(t, filepath.Join(into, "out.jsonl"))
	}
	if diff := cmp.Diff(saved[0], saved[1]); diff != "" {
		t.Errorf("from %s to %s: %s", from, to, diff)
	}
}

// TestVerifySeveralFiles: damage in a file behind the one that the join ends in is found, and told with the file and its line.
func TestVerifySeveralFiles(t *testing.T) {
	for name, c := range map[string]struct {
		last string
		// want is what the error begins with, where the damage is; unread is whether the file isn't looked at without verifying.
		want string
	}{
		"rubbish":                {keyLines(20) + "rubbish\n", "b-3.jsonl:2:1 "},
		"disorder between two":   {keyLines(10, 20), "b-3.jsonl:1:1 "},
		"disorder in a file":     {keyLines(20, 19), "b-3.jsonl:2:1 "},
		"half an element":        {keyLines(20) + "{\"k\":", "b-3.jsonl:2:6 "},
		"a key that isn't there": {keyLines(20) + "{\"l\":1}\n", "b-3.jsonl:2:1 "},
		"no damage":              {keyLines(15, 20), ""},
		"nothing":                {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string]string{"a.jsonl": keyLines(1, 4), "b-1.jsonl": keyLines(1, 2), "b-2.jsonl": keyLines(4, 9, 15),
				"b-3.jsonl": c.last})
			const text = "streams: {a: {file: a.jsonl}, b: {file: \"b-*.jsonl\"}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n" +
				"join: [{left: a, right: b, on: a.k == b.k}]\n"
			for _, verified := range []bool{false, true} {
				p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				monitor := &pipeline.Monitor{}
				err = p.Run(t.Context(), pipeline.Options{Monitor: monitor, Verify: verified, Logger: slog.New(slog.DiscardHandler)})
				if !verified || c.want == "" {
					if err != nil {
						t.Errorf("verified %v: %v", verified, err)
					}
					if b := monitor.Progress().Streams[1]; verified && !b.Ended && !b.Verified {
						t.Errorf("it is neither read to its end nor verified: %+v", b)
					}
					continue
				}
				if err == nil || !strings.Contains(err.Error(), string(filepath.Separator)+c.want) ||
					!strings.HasPrefix(err.Error(), "verifying what the join didn't need: ") {
					t.Errorf("got %v, want an error at %s", err, c.want)
				}
			}
		})
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
