package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
)

// beCommand makes the test binary the command itself.
const beCommand = "LEAT_TEST_BE_THE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(beCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// A workplace is a directory in which the command is called.
type workplace struct {
	t   *testing.T
	dir string
}

func newWorkplace(t *testing.T, files map[string]string) *workplace {
	w := &workplace{t, t.TempDir()}
	for name, content := range files {
		w.write(name, content)
	}
	return w
}

func (w *workplace) write(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// callsOften leaves a test out of short runs, such as those with the race detector, which makes each call slow.
func callsOften(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("this calls the command very often")
	}
}

func (w *workplace) command(arguments ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], arguments...)
	command.Dir = w.dir
	// Without GORACE, the race detector lets each call take a second more.
	command.Env = append(os.Environ(), beCommand+"=1", "GORACE=atexit_sleep_ms=10")
	return command
}

// call calls the command and returns what it has said; durations are replaced by T, the port of a page by PORT, and
// times of log lines are left out.
func (w *workplace) call(stdin string, arguments ...string) (status int, stdout, stderr string) {
	w.t.Helper()
	var out, diagnostics bytes.Buffer
	command := w.command(arguments...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &out, &diagnostics
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), timeless(out.String()), timeless(diagnostics.String())
}

// A call is one of the command, with its exit status and all that it says.
type call struct {
	arguments []string
	stdin     string
	status    int
	stdout    string
	stderr    string
	// written is what the output file holds then; empty if it must not be there.
	written string
}

// check makes a call, and compares its exit status and what it says. The caller compares what is written.
func (w *workplace) check(c call) {
	w.t.Helper()
	status, stdout, stderr := w.call(c.stdin, c.arguments...)
	if status != c.status {
		w.t.Errorf("%s: status %d, want %d", c.arguments, status, c.status)
	}
	if diff := cmp.Diff(c.stdout, stdout); diff != "" {
		w.t.Errorf("%s: standard output: %s", c.arguments, diff)
	}
	if diff := cmp.Diff(c.stderr, stderr); diff != "" {
		w.t.Errorf("%s: standard error: %s", c.arguments, diff)
	}
}

func timeless(text string) string {
	text = regexp.MustCompile(`time=\S+ level=`).ReplaceAllString(text, "level=")
	text = regexp.MustCompile(`localhost:[0-9]+/ shows`).ReplaceAllString(text, "localhost:PORT/ shows")
	return regexp.MustCompile(`in [0-9.]+m?s\n`).ReplaceAllString(text, "in T\n")
}

func (w *workplace) read(name string) string {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

const speed = `streams:
  prev:  {file: locations.json}
  next:  {file: locations.json}
  speed: {file: speed.jsonl}
master: prev
join:
  - {left: prev, right: next, on: "prev.time + 10 == next.time"}
output: speed
emit: {from: prev.time, dx: "next[0].x - prev.x"}
`

func files() map[string]string {
	return map[string]string{
		"speed.yaml":     speed,
		"locations.json": `[{"time":0,"x":1}, {"time":10,"x":1.5}, {"time":20,"x":4}]`,
		"stdout.yaml":    strings.Replace(speed, "speed.jsonl", "'-'", 1),
		"wrong.yaml":     strings.Replace(speed, "prev.time + 10", "perv.time + 10", 1),
		"missing.yaml":   strings.ReplaceAll(speed, "locations.json", "location.json"),
		"fails.yaml":     strings.Replace(speed, "next[0].x - prev.x", "next[1].x", 1),
		"apart.yaml":     strings.Replace(speed, "prev.time + 10", "prev.time * 1000 + 10000", 1),
		"filter.yaml":    "streams: {in: {file: '-'}, out: {file: '-'}}\nmaster: in\noutput: out\n",
		"pipe.yaml":      "streams: {a: {file: '-'}, out: {file: '-'}}\nmaster: a\noutput: out\nemit: {n: a.n * 2}\n",
		"bad.json":       "[{\"time\":0},\n {\"time\":\"x\"}]",
		"bad.yaml":       strings.ReplaceAll(speed, "locations.json", "bad.json"),
	}
}

const (
	results = "{\"from\":0,\"dx\":0.5}\n{\"from\":10,\"dx\":2.5}\n"
	table   = "stream  file            read  matched  unmatched  skipped\n" +
		"prev    locations.json     3        2          1        0\n" +
		"next    locations.json     3        2          1        0\n2 results in T\n"
)

// TestCommand calls the command as a user does, and looks at its exit status and at all that it says.
func TestCommand(t *testing.T) {
	for name, c := range map[string]call{
		"run":                     {[]string{"run", "speed.yaml"}, "", 0, table, "", results},
		"run quietly":             {[]string{"run", "-q", "speed.yaml"}, "", 0, "", "", results},
		"run with plain progress": {[]string{"run", "--progress", "plain", "speed.yaml"}, "", 0, table, "", results},
		"run with a page": {
			[]string{"run", "--monitor", "localhost:0", "speed.yaml"}, "", 0, table,
			"leat: http://localhost:PORT/ shows the run\n", results,
		},
		"a wrong address for a page": {
			[]string{"run", "--monitor", "8080", "speed.yaml"}, "", 2, "",
			"leat: --monitor: the address \"8080\" isn't one like \"localhost:8080\": missing port in address\n", "",
		},
		"progress quietly": {
			[]string{"run", "--progress", "plain", "-q", "speed.yaml"}, "", 2, "",
			"leat: --quiet and --progress plain can't be used together\n", "",
		},
		"run to standard output": {
			[]string{"run", "stdout.yaml"}, "", 0, results, table, "",
		},
		"run as a pipe": {
			[]string{"run", "pipe.yaml", "--quiet"}, "{\"n\":1}\n{\"n\":1.5}\n", 0, "{\"n\":2}\n{\"n\":3}\n", "", "",
		},
		"a wrong file": {
			[]string{"run", "wrong.yaml"}, "", 2, "", "wrong.yaml:7:36: unknown name perv, did you mean prev?\n", "",
		},
		"a wrong name of a stream": {
			[]string{"plan", "filter.yaml"}, "", 2, "",
			"filter.yaml:1:11: a stream can't be called \"in\", which is a word of expressions\n", "",
		},
		"no such pipeline file": {
			[]string{"run", "none.yaml"}, "", 2, "",
			"leat: there is no pipeline file none.yaml\n", "",
		},
		"a misspelt pipeline file": {
			[]string{"run", "sped.yaml"}, "", 2, "",
			"leat: there is no pipeline file sped.yaml; there is speed.yaml, is it meant?\n", "",
		},
		"a run that fails": {
			[]string{"run", "fails.yaml"}, "", 1, "",
			"locations.json:1:2 (partition 0, offset 0): function fails: emit dx: next[1].x: there is no next[1]: " +
				"next has 1 elements\n", "",
		},
		"nothing joins": {
			[]string{"run", "apart.yaml"}, "", 0,
			"stream  file            read  matched  unmatched  skipped\n" +
				"prev    locations.json     1        0          1        0\n" +
				"next    locations.json     3        0          3        0\n0 results in T\n" +
				"prev was read up to line 1, not to its end: the rest was not needed, and not looked at\n",
			"leat: prev with next: the keys of prev are 1,000 times those of next: milliseconds and seconds?\n" +
				"  write  on: \"prev.time * 1000 + 10000 == next.time * 1000\"\n" +
				"  then 2 of 3 elements of prev find a match; as it is, 0 of 3\n" +
				"leat: more is said by  leat check apart.yaml  and, about one element, by  leat explain apart.yaml --key=0\n", "",
		},
		"a check with problems": {
			[]string{"check", "bad.yaml"}, "", 1,
			"2 problems:\n" +
				"  bad.json:2:2 (partition 0, offset 1): next.time is text here, but prev.time + 10 was a number before\n" +
				"  bad.json:2:2 (partition 0, offset 1): prev.time + 10: prev.time is text, but 10 is a number\n\n" +
				"stream prev  bad.json  all 2 elements\nstream next  bad.json  all 2 elements\n\n" +
				"join prev with next on prev.time + 10 == next.time\n  keys of prev      10 to 10\n" +
				"  keys of next      0 to \"x\"\n" +
				"  in common         10 to 10\n  expected matches  0 of 1 element of prev\n" +
				"  in gaps           1: 10 (line 1) is not in next, which jumps from 0 (line 1) to \"x\" (line 2)\n", "", "",
		},
		"a good check": {
			[]string{"check", "speed.yaml"}, "", 0,
			"stream prev  locations.json  all 3 elements\nstream next  locations.json  all 3 elements\n\n" +
				"join prev with next on prev.time + 10 == next.time\n  keys of prev      10 to 30\n  keys of next      0 to 20\n" +
				"  in common         10 to 20\n  expected matches  2 of 3 elements of prev\n" +
				"  behind its end    1: 30 (line 1, column 41) is not in next, which ends at 20 (line 1, column 41)\n\n" +
				"no problems found\n", "", "",
		},
		"a capture": {
			[]string{"capture", "speed.yaml", "--from=10", "--to", "10", "case"}, "", 0,
			filepath.Join("case", "prev.jsonl") + ": 1 element of prev\n" +
				filepath.Join("case", "next.jsonl") + ": 1 element of next, and 1 beside them\n" +
				"run it: leat run " + filepath.Join("case", "speed.yaml") + "\n", "", "",
		},
		"a capture into what is there": {
			[]string{"capture", "speed.yaml", "--from=10", "--to=10", "."}, "", 2, "",
			"leat: the directory . is not empty: give another, which is made where it isn't there\n", "",
		},
		"an explanation": {
			[]string{"explain", "speed.yaml", "--key", "20"}, "", 0,
			"prev has the key 20 (prev.time) once, at line 1, column 41 of locations.json.\nIts left key for next is 30.\n" +
				"next has no 30: it ends at 20 (line 1, column 41), below it.\n" +
				"So the element of prev is not handed over, for want of 30 in next.\n", "", "",
		},
		"an explanation of an element": {
			[]string{"explain", "speed.yaml", "--element", `{"time":0}`}, "", 0,
			"The element given has prev.time = 0.\nIts left key for next is 10.\nnext has 10 once, at line 1, column 20.\n" +
				"So the element of prev is handed over.\n", "", "",
		},
		"an explanation of nonsense": {
			[]string{"explain", "speed.yaml", "--key=ten"}, "", 2, "",
			"leat: the keys of prev, prev.time, are numbers, and \"ten\" is none\n", "",
		},
		"an explanation of nothing": {
			[]string{"explain", "speed.yaml"}, "", 2, "",
			"leat: nothing to explain is given: name a key by --key K, or an element by --element JSON\n", "",
		},
		"an explanation of what isn't there": {
			[]string{"explain", "missing.yaml", "--key=1"}, "", 1, "",
			"input location.json, declared at missing.yaml:2:17: file does not exist; there is locations.json, is it meant?\n",
			"",
		},
		"a misspelt command": {
			[]string{"rnu", "speed.yaml"}, "", 2, "",
			"leat: unexpected argument rnu, did you mean \"run\"?\nRun \"leat help\" to see what there is.\n", "",
		},
		"a misspelt flag": {
			[]string{"run", "--jsno", "speed.yaml"}, "", 2, "",
			"leat: unknown flag --jsno, did you mean \"--json\"?\nRun \"leat help run\" to see how it is called.\n", "",
		},
		"help about a misspelt command": {
			[]string{"help", "rnu"}, "", 2, "", "leat: there is no help about it: unexpected argument rnu, " +
				"did you mean \"run\"?\n", "",
		},
		"a file without a command": {
			[]string{"speed.yaml"}, "", 2, "",
			"leat: a command is missing: leat run speed.yaml runs the file\nRun \"leat help\" to see what there is.\n", "",
		},
		"one file too many": {
			[]string{"run", "speed.yaml", "pipe.yaml"}, "", 2, "",
			"leat: unexpected argument pipe.yaml\nRun \"leat help run\" to see how it is called.\n", "",
		},
		"no command": {
			nil, "", 2, "",
			"leat: a command is missing: there are init, run, plan, check, show, explain, capture, lag, positions, sort, convert, topic, schema, completion and help\n" +
				"Run \"leat help\" to see what there is.\n", "",
		},
		"no command about topics": {
			[]string{"topic"}, "", 2, "",
			"leat: a command is missing: there are load, dump and end\nRun \"leat help topic\" to see how it is called.\n", "",
		},
		"no file": {
			[]string{"run"}, "", 2, "",
			"leat: \"<file>\" is missing\nRun \"leat help run\" to see how it is called.\n", "",
		},
		"no Kafka": {
			[]string{"topic", "end", "a"}, "", 2, "",
			"leat: no Kafka is given: say where it is by --brokers HOST:PORT, or in the environment variable LEAT_BROKERS\n", "",
		},
		"both forms": {
			[]string{"run", "--json", "--quiet", "speed.yaml"}, "", 2, "",
			"leat: --json and --quiet can't be used together\nRun \"leat help run\" to see how it is called.\n", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, files())
			w.check(c)
			written, err := os.ReadFile(filepath.Join(w.dir, "speed.jsonl"))
			if (err == nil) != (c.written != "" || name == "nothing joins") || string(written) != c.written {
				t.Errorf("written: %q, %v", written, err)
			}
		})
	}
}

func TestMissingInput(t *testing.T) {
	w := newWorkplace(t, files())
	status, stdout, stderr := w.call("", "run", "missing.yaml")
	if status != 1 || stdout != "" || !strings.Contains(stderr, "location.json") ||
		!strings.Contains(stderr, "locations.json, is it meant?") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
}

func TestSummaryAsJSON(t *testing.T) {
	w := newWorkplace(t, files())
	status, stdout, stderr := w.call("", "run", "--json", "speed.yaml")
	var got summary
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || stderr != "" {
		t.Fatalf("status %d, %v: %s%s", status, err, stdout, stderr)
	}
	size := int64(2 * len(files()["locations.json"]))
	want := summary{
		File: "speed.yaml",
		Progress: pipeline.Progress{
			Streams: []pipeline.StreamProgress{
				{Name: "prev", File: "locations.json", Read: 3, Matched: 2, Unmatched: 1, Ended: true, Line: 1},
				{Name: "next", File: "locations.json", Read: 3, Matched: 2, Unmatched: 1, Ended: true, Line: 1},
			},
			Results: 2, BytesRead: size, BytesTotal: size,
		},
		Seconds: got.Seconds,
	}
	if diff := cmp.Diff(want, got); diff != "" || got.Seconds <= 0 {
		t.Errorf("%v s, %s", got.Seconds, diff)
	}
}

func TestSummaryOfAFailedRunAsJSON(t *testing.T) {
	w := newWorkplace(t, files())
	status, stdout, stderr := w.call("", "run", "--json", "fails.yaml")
	var got summary
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 1 || got.Error+"\n" != stderr {
		t.Errorf("status %d, %v: %s%s", status, err, stdout, stderr)
	}
}

func TestPlan(t *testing.T) {
	w := newWorkplace(t, files())
	for format, want := range map[string]string{
		"text": "next  locations.json  on prev.time + 10 == next.time", "mermaid": "flowchart", "dot": "digraph",
	} {
		status, stdout, stderr := w.call("", "plan", "--format", format, "speed.yaml")
		if status != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%s: status %d, %s%s", format, status, stdout, stderr)
		}
	}
}

// Help is success, says how a command is called, and names as needed only what is.
func TestHelp(t *testing.T) {
	w := newWorkplace(t, nil)
	for arguments, usage := range map[string]string{
		"--help": "leat <command> [flags]", "help": "leat <command> [flags]", "run --help": "leat run <file> [flags]",
		"help run": "leat run <file> [flags]", "help plan": "leat plan <file> [flags]",
		"help check":   "leat check <file> [flags]",
		"help explain": "leat explain <file> [flags]", "help capture": "leat capture --from=K --to=K <file> <dir> [flags]",
		"help lag": "leat lag <file> [flags]", "help sort": "leat sort --by=EXPR <file> [flags]", "help topic": "leat topic <command> [flags]",
		"help topic load": "leat topic load <file> <topic> [flags]", "help topic dump": "leat topic dump <topic> [flags]",
		"help show": "leat show <file> [flags]", "help init": "leat init <left> <right> [flags]",
		"help convert": "leat convert <from> <to> [flags]", "help schema": "leat schema [flags]",
		"help completion": "leat completion <shell> [flags]", "help positions": "leat positions <file> [flags]",
		"help topic end": "leat topic end <topic> [flags]", "help help": "leat help [<command> ...] [flags]",
	} {
		status, stdout, stderr := w.call("", strings.Fields(arguments)...)
		if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "Usage: "+usage+"\n") {
			t.Errorf("%s: status %d, %s%s", arguments, status, stdout, stderr)
		}
		group := strings.Contains(usage, "<command>") && !strings.Contains(usage, "[<command>")
		if flat := strings.Join(strings.Fields(stdout), " "); !group && !strings.Contains(flat, "For example") {
			t.Errorf("%s gives no example: %s", arguments, stdout)
		}
	}
}

func TestVersion(t *testing.T) {
	w := newWorkplace(t, nil)
	status, stdout, stderr := w.call("", "--version")
	want := fmt.Sprintf("%s, %s/%s)\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "leat ") || !strings.HasSuffix(stdout, want) {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	built := debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abc"},
		{Key: "vcs.modified", Value: "true"}}}
	built.Main.Version = "v1.2.3"
	if got := versionOf(&built); got != "leat v1.2.3 (commit 0123abc with changes, "+strings.TrimSuffix(want, "\n") {
		t.Error(got)
	}
}

// TestTerminal runs the command as on a terminal: errors come with the line that they are about, and a progress bar
// leaves nothing behind.
func TestTerminal(t *testing.T) {
	w := newWorkplace(t, files())
	var out, diagnostics bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &diagnostics, terminal: true}
	if status := a.main([]string{"run", filepath.Join(w.dir, "wrong.yaml")}); status != 2 {
		t.Errorf("status %d", status)
	}
	const excerpt = "    7 |   - {left: prev, right: next, on: \"perv.time + 10 == next.time\"}\n" +
		"      |                                    ^\n"
	if !strings.HasSuffix(diagnostics.String(), excerpt) {
		t.Errorf("standard error:\n%s", diagnostics.String())
	}
	if status := a.main([]string{"run",
		filepath.Join(w.dir, "speed.yaml")}); status != 0 || w.read("speed.jsonl") != results {
		t.Errorf("status %d, written %s", status, w.read("speed.jsonl"))
	}
}

// R13: the summary counts what went on without an idle stream, and what came too late for that, which isn't skipped.
func TestSummaryOfAnIdleStream(t *testing.T) {
	var out strings.Builder
	(&summary{Progress: pipeline.Progress{Streams: []pipeline.StreamProgress{
		{Name: "trades", Read: 3, Matched: 3, Ended: true},
		{Name: "quotes", Read: 5, Matched: 4, Skipped: 1, Late: 1, Early: 2, Missed: 1, Ended: true},
	}}}).print(&out)
	for _, want := range []string{
		"quotes: 1 element skipped: came too late to be put in order\n",
		"quotes: was idle: 2 elements went on without waiting for it\n",
		"quotes: 1 element came too late for some of those\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "out of order") || strings.Contains(out.String(), "trades: was idle") {
		t.Errorf("too much is said in\n%s", out.String())
	}
}
