package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/pipeline/filesort"
)

const (
	unsorted = "{\"t\":2, \"n\":1}\n{\"t\":1.50}\n{\"t\":2, \"n\":2}\n{\"t\":null}\n{\"t\":1}\n"
	inOrder  = "{\"t\":1}\n{\"t\":1.50}\n{\"t\":2, \"n\":1}\n{\"t\":2, \"n\":2}\n{\"t\":null}\n"
)

// TestSort calls leat sort as a user does, and looks at its exit status and at all that it says.
func TestSort(t *testing.T) {
	const summary = "5 elements, 2 of them out of order before, 1 without a key (null), in T\n"
	for name, c := range map[string]call{
		"a file":             {[]string{"a.jsonl", "--by", "t", "-o", "out.jsonl"}, "", 0, summary, "", inOrder},
		"quietly":            {[]string{"a.jsonl", "-q", "--by", "t", "--output=out.jsonl"}, "", 0, "", "", inOrder},
		"to standard output": {[]string{"a.jsonl", "--by", "t"}, "", 0, inOrder, summary, ""},
		"as a pipe":          {[]string{"-", "--by=t", "-q", "--memory=1B"}, unsorted, 0, inOrder, "", ""},
		"a list":             {[]string{"a.json", "--by", "t", "-q"}, "", 0, "{\"t\":1}\n{\"t\":2}\n", "", ""},
		"what is in order": {
			[]string{"-", "--by=t", "-o", "out.jsonl"}, "{\"t\":1}\n", 0,
			"1 element, all in order before, in T\n", "", "{\"t\":1}\n",
		},
		"with a lateness": {
			[]string{"-", "--by", "t", "--within", "1", "-q"}, "{\"t\":2}\n{\"t\":1}\n{\"t\":3}\n", 0,
			"{\"t\":1}\n{\"t\":2}\n{\"t\":3}\n", "", "",
		},
		"too late": {
			[]string{"a.jsonl", "--by", "t", "--within", "0.25", "-o", "out.jsonl"}, "", 1, "",
			"a.jsonl:5:1 (partition 0, offset 4): key 1 comes after 1.50 was written: it is late by more than " +
				"the lateness, 0.25\n", "",
		},
		"too late, skipped": {
			[]string{"a.jsonl", "--by", "t", "--within", "0.5", "--on-disorder=skip", "-q"}, "", 0,
			"{\"t\":1.50}\n{\"t\":null}\n{\"t\":2, \"n\":1}\n{\"t\":2, \"n\":2}\n",
			"level=WARN msg=\"element skipped\" file=a.jsonl at=\"line 5\" error=\"key 1 comes after 1.50 was written: " +
				"it is late by more than the lateness, 0.5\"\n", "",
		},
		"no such member": {
			[]string{"a.jsonl", "--by", "time", "-o", "out.jsonl"}, "", 1, "",
			"a.jsonl:1:1 (partition 0, offset 0): the key can't be computed: time: member time is missing; there is n, t\n", "",
		},
		"broken JSON": {
			[]string{"-", "--by", "t", "-o", "out.jsonl"}, "{\"t\":1}\n{\"t\":}\n", 1, "",
			"-:2:6 (partition 0, offset 1): unexpected character '}' where a value is needed\n", "",
		},
		"no such file": {
			[]string{"trades/aa.jsonl", "--by", "t", "-o", "out.jsonl"}, "", 1, "",
			"input trades/aa.jsonl: file does not exist; neither does the directory trades\n", "",
		},
		"another format": {
			[]string{"a.jsonl", "--by", "t", "-o", "out.xml"}, "", 1, "",
			"output out.xml: its name says that this is XML, but files are read and written as JSON or as text: .json " +
				"for a list of objects, .jsonl or .ndjson for one object a line, .csv, .tsv or .txt for lines of cells, each " +
				"with .gz or .zst behind it, .parquet and .avro\n", "",
		},
		"no key": {
			[]string{"a.jsonl"}, "", 2, "",
			"leat: missing flags: --by=EXPR\nRun \"leat help sort\" to see how it is called.\n", "",
		},
		"a wrong key": {
			[]string{"a.jsonl", "--by", "t +"}, "", 2, "",
			"leat: --by: expression \"t +\", column 4: the expression ends here, but something is missing\n", "",
		},
		"a wrong lateness": {
			[]string{"a.jsonl", "--by", "t", "--within", "soon"}, "", 2, "",
			"leat: --within: \"soon\" is neither a number nor a duration such as 10ms or 1d\n", "",
		},
		"a wrong size": {
			[]string{"a.jsonl", "--by", "t", "--memory", "much"}, "", 2, "",
			"leat: --memory: \"much\" is no size, as 256MB or 1GiB is\n", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, map[string]string{"a.jsonl": unsorted, "a.json": `[{"t":2},{"t":1}]`})
			c.arguments = append([]string{"sort"}, c.arguments...)
			w.check(c)
			written, err := os.ReadFile(filepath.Join(w.dir, "out.jsonl"))
			if (err == nil) != (c.written != "") || string(written) != c.written {
				t.Errorf("written: %q, %v", written, err)
			}
		})
	}
}

// TestSortLine: what a terminal shows of a sort, in the width that it has.
func TestSortLine(t *testing.T) {
	for _, c := range []struct {
		progress filesort.Progress
		want     string
	}{
		{filesort.Progress{Read: 1234}, "reading: 1,234 elements"},
		{filesort.Progress{Read: 1234, BytesRead: 1 << 20, BytesTotal: 4 << 20},
			"reading: 1,234 elements  [====>------------] 25 % of 4.0 MiB"},
		{filesort.Progress{Read: 1234, Written: 1000, BytesRead: 4 << 20, BytesTotal: 4 << 20},
			"writing: 1,000 of 1,234 elements"},
	} {
		if got := sortLine(c.progress, 62); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestSortShowsProgress: a terminal that shows the results shows no progress, whose line would take some of them away.
func TestSortShowsProgress(t *testing.T) {
	t.Setenv("TERM", "xterm")
	for _, c := range []struct {
		output  string
		results bool
		want    bool
	}{{"-", true, false}, {"-", false, true}, {"out.jsonl", true, true}} {
		sort := &sortCommand{Output: c.output}
		if got := sort.showsProgress(&app{terminal: true, results: c.results}); got != c.want {
			t.Errorf("output %s, on a terminal %t: %t, want %t", c.output, c.results, got, c.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "2KB": 2000, "2 KiB": 2048, "256MB": 256e6, "1.5g": 3 << 29, "1TiB": 1 << 40,
		"": 0, "0": 0, "-1MB": 0, "MB": 0, "1XB": 0, "1e30": 0, "NaN": 0, "1kbb": 0,
	} {
		if got, err := parseSize(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}

// spilling starts a sort that waits for more of its input, with a temporary file in the folder that it returns.
func spilling(t *testing.T, w *workplace) (kill func(os.Signal) (status int), temporary string) {
	t.Helper()
	temporary = t.TempDir()
	command := w.command("sort", "-", "--by", "t", "-o", "out.jsonl", "--memory", "10KB")
	command.Env = append(command.Env, "TMPDIR="+temporary)
	var stderr strings.Builder
	command.Stderr = &stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, "{\"t\":%d}\n", i*7919%20_000)
	}
	if _, err := stdin.Write([]byte(lines.String())); err != nil {
		t.Fatal(err)
	}
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(30 * time.Second); len(list(t, temporary)) == 0; <-ticks.C {
		if time.Now().After(deadline) {
			t.Fatalf("there is no temporary file; %s", stderr.String())
		}
	}
	return func(signal os.Signal) int {
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait() // it was ended by a signal
		status := command.ProcessState.ExitCode()
		if said := stderr.String(); status == statusInterrupted && said != "leat: interrupted: nothing was written\n" {
			t.Errorf("it says %s", said)
		}
		return status
	}, temporary
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
