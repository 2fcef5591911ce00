package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline"
)

// folder makes a directory with the files.
func folder(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run writes the files to a directory, runs the pipeline file's text there, and returns what came out in out.jsonl.
func run(t *testing.T, text string, files map[string]string) (string, error) {
	t.Helper()
	dir := folder(t, files)
	p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text))
	if err != nil {
		return "", err
	}
	if err := p.Run(t.Context(), quiet()); err != nil {
		return "", err
	}
	out, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(out), nil
}

func quiet() pipeline.Options {
	return pipeline.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

const locations = `{"time":0,"x":1,"y":2.0}
{"time":10,"x":4,"y":6.00}
{"time":20,"y":6,"x":4}
{"time":40,"x":0,"y":0}
`

func TestRun(t *testing.T) {
	const selfJoin = `
streams: {prev: {file: l.jsonl}, next: {file: l.jsonl}, out: {file: out.jsonl}}
master: prev
join: [{left: prev, right: next, on: "prev.time + 10 == next.time"}]
output: out
`
	const chain = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, c: {file: c.jsonl}, out: {file: out.jsonl}}
master: a
join:
  - {left: a, right: b, on: a.k == b.k}
  - {left: b, right: c, on: "c.s == b.s"}
output: out
`
	chained := map[string]string{
		"a.jsonl": `{"k":1}` + "\n" + `{"k":2.0}` + "\n" + `{"k":3}`,
		"b.jsonl": `{"k":1.0,"s":"x"}` + "\n" + `{"k":1,"s":"y"}` + "\n" + `{"k":2,"s":"y"}` + "\n" + `{"k":3,"s":"z"}`,
		"c.jsonl": `{"s":"w"}` + "\n" + `{"s":"y","n":1.50}` + "\n" + `{"s":"y","n":[1,  2]}`,
	}
	one := map[string]string{"l.jsonl": locations}
	const c2 = `[{"s":"y","n":1.50},{"s":"y","n":[1,  2]}]`
	for name, c := range map[string]struct {
		text  string
		files map[string]string
		want  string
	}{
		"joined element": {
			selfJoin, one,
			`{"time":0,"x":1,"y":2.0,"next":[{"time":10,"x":4,"y":6.00}]}` + "\n" +
				`{"time":10,"x":4,"y":6.00,"next":[{"time":20,"y":6,"x":4}]}` + "\n",
		},
		"emit": {
			selfJoin + `emit:
  time_from: prev.time
  y: next[0].y
  "sum of x": next[0].x + prev.x
  speed: "((next[0].x - prev.x) ** 2 + (next[0].y - prev.y) ** 2) ** 0.5"
  list: "[prev.y, next]"
  constant: 1
  count: len(next)
  none: prev.z ?? nil
  second: next[1].y ?? next[1] ?? 7
`, one,
			`{"time_from":0,"y":6.00,"sum of x":5,"speed":5,"list":[2.0,[{"time":10,"x":4,"y":6.00}]],"constant":1,"count":1,` +
				`"none":null,"second":7}` + "\n" +
				`{"time_from":10,"y":6,"sum of x":8,"speed":0,"list":[6.00,[{"time":20,"y":6,"x":4}]],"constant":1,"count":1,` +
				`"none":null,"second":7}` + "\n",
		},
		"chain": {
			chain, chained,
			`{"k":1,"b":[{"k":1,"s":"y","c":` + c2 + `}]}` + "\n" + `{"k":2.0,"b":[{"k":2,"s":"y","c":` + c2 + `}]}` + "\n",
		},
		"chain with emit": {
			chain + "emit: {k: a.k, n: 'b[0].c[-1].n', all: 'map(b, len(.c))', sum: 'sum(b[0].c, .n is_number)'}",
			chained, "",
		},
		"emit from below": {
			chain + "emit: {k: a.k, n: 'b[0].c[-1].n', c: 'b[0].c', all: 'map(b, len(.c))'}", chained,
			`{"k":1,"n":[1,  2],"c":` + c2 + `,"all":[2]}` + "\n" + `{"k":2.0,"n":[1,  2],"c":` + c2 + `,"all":[2]}` + "\n",
		},
		"window by key": {
			"streams: {l: {file: l.jsonl}, out: {file: out.jsonl}}\nmaster: l\nwindow: floor(l.time / 20)\noutput: out\n", one,
			`{"l":[{"time":0,"x":1,"y":2.0},{"time":10,"x":4,"y":6.00}]}` + "\n" +
				`{"l":[{"time":20,"y":6,"x":4}]}` + "\n" + `{"l":[{"time":40,"x":0,"y":0}]}` + "\n",
		},
		"window by count, with join and emit": {
			selfJoin + "window: {count: 2}\nemit: {n: len(prev), first: 'prev[0].next[0].time', sum: 'sum(prev, .x)'}", one,
			`{"n":2,"first":10,"sum":5}` + "\n",
		},
		"single stream": {
			"streams: {l: {file: l.jsonl}, out: {file: out.jsonl}}\nmaster: l\noutput: out\nemit: {t: l.time}", one,
			`{"t":0}` + "\n" + `{"t":10}` + "\n" + `{"t":20}` + "\n" + `{"t":40}` + "\n",
		},
		"indented elements, empty objects": {
			"streams: {l: {file: l.json}, r: {file: l.json}, out: {file: out.jsonl}}\nmaster: l\noutput: out\n" +
				"join: [{left: l, right: r, on: (l.a ?? 0) == (r.a ?? 0)}]",
			map[string]string{"l.json": "[\n  {\n  },\n  { \"b\" :\t\"x y\",\n \"c\": [1,\n 2] }\n]"},
			`{"r":[{},{"b":"x y","c":[1,2]}]}` + "\n" + `{"b":"x y","c":[1,2],"r":[{},{"b":"x y","c":[1,2]}]}` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, c.text, c.files)
			if c.want == "" {
				if err == nil {
					t.Fatalf("no error but %s", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRunErrors tests that an element that can't be joined is named with file, line and column (R7, R10).
func TestRunErrors(t *testing.T) {
	const head = "streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n"
	const join = head + "join: [{left: a, right: b, on: a.k + 1 == b.k}]\n"
	ok := map[string]string{"a.jsonl": `{"k":1,"t":"x"}`, "b.jsonl": `{"k":2}`}
	for name, c := range map[string]struct {
		text  string
		files map[string]string
		want  string
	}{
		"missing member": {
			join, map[string]string{"a.jsonl": "{\"k\":1}\n{\"l\":1}", "b.jsonl": "{\"k\":2}\n{\"k\":3}"},
			"a.jsonl:2:1 (partition 0, offset 1): join of a with b: the left key can't be computed: a.k + 1: member a.k is missing",
		},
		"null in emit": {
			join + "emit: {n: a.n + 1}", map[string]string{"a.jsonl": `{"k":1,"n":null}`, "b.jsonl": `{"k":2}`},
			"a.jsonl:1:1 (partition 0, offset 0): function pipeline: emit n: a.n + 1: a.n is null, not a number",
		},
		"kinds": {
			join, map[string]string{"a.jsonl": `{"k":1}`, "b.jsonl": `{"k":"2"}`},
			"b.jsonl:1:1 (partition 0, offset 0): join of a with b: the right key can't be computed: b.k is text here, but a.k + 1 was a " +
				"number before",
		},
		"disorder": {
			join, map[string]string{"a.jsonl": "{\"k\":1}\n{\"k\":0.5}", "b.jsonl": "{\"k\":2}\n{\"k\":3}"},
			"a.jsonl:2:1 (partition 0, offset 1): join of a with b: left key 1.5 comes after 2: keys must not decrease along a stream",
		},
		"member named like a stream": {
			join, map[string]string{"a.jsonl": `{"k":1, "b":2}`, "b.jsonl": `{"k":2}`},
			`a.jsonl:1:13 (partition 0, offset 0): the element has a member "b", which is also the name of the stream ` +
				"whose matches are put there: give the stream another name",
		},
		"no JSON": {
			join, map[string]string{"a.jsonl": `{"k":1}`, "b.jsonl": `{"k":tru}`},
			"b.jsonl:1:9 (partition 0, offset 0): unexpected character '}' in the word true",
		},
		"emit": {
			join + "emit: {n: a.t * 2}", ok,
			"a.jsonl:1:1 (partition 0, offset 0): function pipeline: emit n: a.t * 2: a.t is text, not a number",
		},
		"no such match": {
			join + "emit: {n: 'b[1].k'}", ok,
			"a.jsonl:1:1 (partition 0, offset 0): function pipeline: emit n: b[1].k: there is no b[1]: b has 1 elements",
		},
		"not a number": {
			join + "emit: {n: (-1) ** (a.k / 2)}", ok,
			"a.jsonl:1:1 (partition 0, offset 0): function pipeline: emit n: (-1) ** (a.k / 2): the result is NaN, which " +
				"JSON has no number for",
		},
		"missing file": {join, map[string]string{"a.jsonl": ""}, "b.jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, c.text, c.files)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestStandardInputAndOutput(t *testing.T) {
	p, err := pipeline.Parse("x.yaml", []byte("streams: {a: {file: '-'}, out: {file: '-'}}\nmaster: a\noutput: out\nemit: {n: a.n + 1}"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	options := quiet()
	options.Stdin, options.Stdout = strings.NewReader("[{\"n\":1}, {\"n\":9007199254740993}]"), &out
	options.Monitor = &pipeline.Monitor{}
	if err := p.Run(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if want := "{\"n\":2}\n{\"n\":9007199254740994}\n"; out.String() != want || !p.WritesStdout() {
		t.Errorf("written: %s, want %s", out.String(), want)
	}
	got := options.Monitor.Progress()
	want := []pipeline.StreamProgress{{Name: "a", File: "-", Read: 2, Matched: 2, Ended: true, Line: 1}}
	if diff := cmp.Diff(want, got.Streams); diff != "" || got.Results != 2 {
		t.Errorf("%d results; %s", got.Results, diff)
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	p, err := pipeline.Parse("x.yaml", []byte("streams: {a: {file: '-'}, out: {file: '-'}}\nmaster: a\noutput: out"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	defer writer.Close()
	options := quiet()
	options.Stdin = reader
	options.Stdout = writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	done := make(chan error)
	go func() { done <- p.Run(ctx, options) }()
	if _, err := writer.Write([]byte("{\"n\":1}\n{\"n\":2}\n")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
}

// TestWindowByTheClock tests that a window closes on time, though nothing arrives (R4).
func TestWindowByTheClock(t *testing.T) {
	p, err := pipeline.Parse("x.yaml", []byte("streams: {a: {file: '-'}, out: {file: '-'}}\nmaster: a\noutput: out\n"+
		"window: {every: 20s}\nemit: {n: len(a)}"))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		start := time.Now().Truncate(20 * time.Second)
		var closed []string
		options := quiet()
		options.Stdin = reader
		options.Stdout = writerFunc(func(p []byte) (int, error) {
			if len(p) == 0 {
				return 0, nil
			}
			closed = append(closed, fmt.Sprintf("%s at %v", bytes.TrimSpace(p), time.Since(start).Truncate(time.Second)))
			return len(p), nil
		})
		done := make(chan error)
		go func() { done <- p.Run(t.Context(), options) }()
		for _, text := range []string{"{\"i\":1}\n{\"i\":2}\n", "{\"i\":3}\n"} {
			if _, err := writer.Write([]byte(text)); err != nil {
				t.Error(err)
			}
			time.Sleep(50 * time.Second)
		}
		if err := errors.Join(writer.Close(), <-done); err != nil {
			t.Error(err)
		}
		want := []string{`{"n":2} at 20s`, `{"n":1} at 1m0s`}
		if diff := cmp.Diff(want, closed); diff != "" {
			t.Error(diff)
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestPositionErrorIsThere(t *testing.T) {
	_, err := run(t, "streams: {a: {file: a.jsonl}, out: {file: out.jsonl}}\nmaster: a\noutput: out\nemit: {n: a.n}",
		map[string]string{"a.jsonl": "{\"n\":1}\n{}"})
	var where *broker.PositionError
	if !errors.As(err, &where) || where.Position.Line != 2 {
		t.Errorf("error %v", err)
	}
}

// What is said of a run's results when it was interrupted is what the storages do.
func TestStopped(t *testing.T) {
	const kafka = "\nkafka: {brokers: [localhost]}\n"
	for streams, want := range map[string]string{
		"a: {file: a.json}, out: {file: out.json}": "nothing was written to out.json, and the next run begins where this one did",
		"a: {file: a.json}, out: {file: '-'}":      "what was written stays, and the next run begins at the start",
		"a: {topic: a}, out: {topic: out}":         "what was finished is committed, and the next run goes on behind it",
		"a: {file: a.json}, out: {topic: out}":     "what was finished is committed, and the next run goes on behind it",
		"a: {topic: a}, out: {file: out.json}":     "nothing was written to out.json, and the next run begins where this one did",
		"a: {topic: a}, out: {file: '-'}":          "what was written stays, and the next run goes on there, or a little before",
	} {
		text := "streams: {" + streams + "}\nmaster: a\noutput: out\n"
		if strings.Contains(streams, "topic") {
			text += kafka
		}
		p, err := pipeline.Parse("p.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Stopped(); got != want {
			t.Errorf("%s: got %q, want %q", streams, got, want)
		}
	}
}
