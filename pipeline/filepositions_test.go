package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/sqlite"
)

// A filed pipeline reads files and writes to SQLite, which keeps the positions.
type filed struct {
	*testing.T
	dir, text string
	stdin     io.Reader
}

func newFiled(t *testing.T, streams, rest string) *filed {
	text := "sqlite: {file: out.db}\nstreams:\n" + streams +
		"  out: {sqlite: {table: out, columns: {n: integer, m: integer}}}\noutput: out\n" + rest
	return &filed{T: t, dir: t.TempDir(), text: text}
}

// oneFile is a pipeline that copies a file.
func oneFile(t *testing.T, stream string) *filed {
	return newFiled(t, "  a: "+stream+"\n", "master: a\n")
}

// twoFiles is a pipeline of two files, of which the second one ends the session first.
func twoFiles(t *testing.T) *filed {
	return newFiled(t, "  a: {file: a.jsonl}\n  b: {file: b.jsonl}\n",
		"master: a\njoin: [{left: a, right: b, on: a.n == b.n}]\nemit: {n: a.n, m: \"b[0].n\"}\n")
}

func (f *filed) write(name, content string) {
	f.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o600); err != nil {
		f.Fatal(err)
	}
}

func (f *filed) append(name, content string) {
	f.Helper()
	before, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		f.Fatal(err)
	}
	f.write(name, string(before)+content)
}

func (f *filed) rename(from, to string) {
	f.Helper()
	if err := os.Rename(filepath.Join(f.dir, from), filepath.Join(f.dir, to)); err != nil {
		f.Fatal(err)
	}
}

func (f *filed) load() *pipeline.Pipeline {
	f.Helper()
	p, err := pipeline.Parse(filepath.Join(f.dir, "p.yaml"), []byte(f.text), sqlite.Storage())
	if err != nil {
		f.Fatal(err)
	}
	return p
}

func (f *filed) run() error {
	f.Helper()
	return f.load().Run(f.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler), Stdin: f.stdin})
}

// session runs a session, and compares all that has come out by then.
func (f *filed) session(want string) {
	f.Helper()
	if err := f.run(); err != nil {
		f.Fatal(err)
	}
	if got := f.out(); got != want {
		f.Fatalf("the output is %q, want %q", got, want)
	}
}

// out returns the numbers in the output, in their order.
func (f *filed) out() string {
	f.Helper()
	db, err := sql.Open("sqlite", filepath.Join(f.dir, "out.db"))
	if err != nil {
		f.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), "SELECT n FROM out ORDER BY rowid")
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			f.Fatal(err)
		}
		all = append(all, n)
	}
	return strings.Join(all, " ")
}

// fails runs a session that must end with an error that says some things.
func (f *filed) fails(says ...string) {
	f.Helper()
	err := f.run()
	for _, text := range says {
		if err == nil || !strings.Contains(err.Error(), text) {
			f.Fatalf("the run ends with %v, which doesn't say %q", err, text)
		}
	}
}

// lines returns the elements from one number up to another.
func lines(from, to int) string {
	var text strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintf(&text, "{\"n\":%d}\n", n)
	}
	return text.String()
}

func list(from, to int) string {
	return "[" + strings.ReplaceAll(strings.TrimSpace(lines(from, to)), "\n", ",\n") + "]\n"
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// What is appended between two runs is the next session: all of it and nothing else.
func TestAppendedToFiles(t *testing.T) {
	f := oneFile(t, "{file: a.jsonl}")
	f.write("a.jsonl", lines(1, 3))
	f.session("1 2 3")
	f.session("1 2 3")
	f.append("a.jsonl", lines(4, 4))
	f.session("1 2 3 4")
	f.append("a.jsonl", strings.TrimSpace(lines(5, 6))) // its last line has no line feed
	f.session("1 2 3 4 5 6")
	f.append("a.jsonl", "\n"+lines(7, 2000))
	if err := f.run(); err != nil {
		t.Fatal(err)
	}
	f.append("a.jsonl", lines(2001, 2001))
	if err := f.run(); err != nil {
		t.Fatal(err)
	}
	if got := f.out(); strings.Count(got, " ") != 2000 || !strings.HasSuffix(got, " 1999 2000 2001") {
		t.Errorf("the output is %q", got)
	}
}

// Lists and compressed files are written anew with more in them, or get more appended.
func TestAppendedToOtherFiles(t *testing.T) {
	for name, contents := range map[string][3]string{
		"a.json":           {list(1, 2), list(1, 4), list(1, 5)},
		"a.jsonl.gz":       {zipped(lines(1, 2)), zipped(lines(1, 4)), zipped(lines(1, 5))},
		"members.jsonl.gz": {zipped(lines(1, 2)), zipped(lines(1, 2)) + zipped(lines(3, 4)), zipped(lines(1, 5))},
	} {
		t.Run(name, func(t *testing.T) {
			f := oneFile(t, "{file: "+name+"}")
			for i, want := range []string{"1 2", "1 2 3 4", "1 2 3 4 5"} {
				f.write(name, contents[i])
				f.session(want)
			}
			f.write(name, strings.NewReplacer(".jsonl.gz", zipped(lines(7, 20)), ".json", list(7, 20)).Replace(
				name[strings.Index(name, "."):]))
			f.fails("isn't the one that was read", "reset")
		})
	}
}

// A session that ends before a file was read to its end ends there for that file, too: the next one begins with what was
// appended.
func TestAppendedBehindTheRestOfASession(t *testing.T) {
	f := twoFiles(t)
	f.write("a.jsonl", lines(1, 2))
	f.write("b.jsonl", lines(1, 2000))
	f.session("1 2")
	f.append("a.jsonl", lines(2001, 2002))
	f.append("b.jsonl", lines(2001, 2005))
	f.session("1 2 2001 2002")
	f.append("a.jsonl", lines(2006, 2007))
	f.append("b.jsonl", lines(2006, 2009))
	f.session("1 2 2001 2002 2006 2007")
}

// A file that isn't the one that was read is an error, and reset is what helps.
func TestReplacedFiles(t *testing.T) {
	for name, content := range map[string]string{
		"another one": lines(11, 20), "a shorter one": lines(1, 3), "one that differs at its end": lines(1, 4) + lines(6, 9),
		"nothing": "", "a line that goes on": strings.TrimSpace(lines(1, 5)) + "x\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := oneFile(t, "{file: a.jsonl}")
			f.write("a.jsonl", strings.TrimSpace(lines(1, 5)))
			f.session("1 2 3 4 5")
			f.write("a.jsonl", content)
			f.fails("a.jsonl", "leat positions FILE --reset")
		})
	}
	f := twoFiles(t)
	f.write("a.jsonl", lines(1, 2))
	f.write("b.jsonl", lines(1, 2000))
	f.session("1 2")
	f.write("b.jsonl", lines(3, 3000))
	f.append("a.jsonl", lines(3, 3))
	f.fails("b.jsonl", "leat positions FILE --reset")
	if err := f.load().ResetPositions(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	f.session("1 2 3")
}

// A followed file is found again under the name that a rotation has given it, and read on with those that came behind.
func TestRotatedBetweenRuns(t *testing.T) {
	follow := "{file: a.jsonl, follow: true, data_timeout: 300ms}"
	f := oneFile(t, follow)
	f.write("a.jsonl", lines(1, 3))
	f.session("1 2 3")
	f.append("a.jsonl", lines(4, 5))
	f.rename("a.jsonl", "a.jsonl.1")
	f.write("a.jsonl", lines(6, 7))
	f.session("1 2 3 4 5 6 7")
	f.append("a.jsonl", lines(8, 8))
	f.rename("a.jsonl.1", "a.jsonl.3")
	f.rename("a.jsonl", "a.jsonl.2")
	f.write("a.jsonl.1", lines(9, 9))
	f.write("a.jsonl", lines(10, 10))
	f.session("1 2 3 4 5 6 7 8 9 10")
	f.append("a.jsonl", lines(11, 11))
	f.rename("a.jsonl", "a.jsonl.old")
	f.write("a.jsonl", lines(12, 12))
	f.session("1 2 3 4 5 6 7 8 9 10 11 12")
	f.rename("a.jsonl", "a.jsonl.4") // numbers that grow with each rotation aren't known to
	f.write("a.jsonl", lines(13, 13))
	f.fails("a.jsonl.4 now", "by its name")
}

// What isn't found again, or not whole, is an error that says what is lost.
func TestLostBetweenRuns(t *testing.T) {
	f := oneFile(t, "{file: a.jsonl, follow: true, data_timeout: 300ms}")
	f.write("a.jsonl", lines(1, 3))
	f.session("1 2 3")
	f.write("a.jsonl", lines(4, 5))
	f.fails("a.jsonl, was read to line 3, byte 24", "leat positions FILE --reset")
	f.write("a.jsonl.3", lines(1, 4))
	f.write("a.jsonl.1", lines(6, 6))
	f.fails("the file with the number 2", "is gone")
	f.write("a.jsonl.2.gz", zipped(lines(5, 5)))
	f.fails("a.jsonl.2.gz", "decompress")
}

// Standard input has other contents in each session. A run that was stopped in the middle of it must be given the same
// again.
func TestStandardInputAndPositions(t *testing.T) {
	f := oneFile(t, `{file: "-"}`)
	f.stdin = strings.NewReader(lines(1, 3))
	f.session("1 2 3")
	f.stdin = strings.NewReader(lines(4, 5))
	f.session("1 2 3 4 5")
	f.stdin = strings.NewReader(lines(6, 2000) + "{")
	f.fails("-:1996:2")
	if done := f.out(); !strings.HasSuffix(done, " 2000") {
		t.Fatalf("the output ends with %q", done[len(done)-20:])
	}
	f.stdin = strings.NewReader(lines(3000, 6000))
	f.fails("standard input", "can't be read again")
	f.stdin = strings.NewReader(lines(6, 2002))
	if err := f.run(); err != nil {
		t.Fatal(err)
	}
	if done := f.out(); strings.Count(done, " ") != 2001 {
		t.Errorf("the output has %d elements", strings.Count(done, " ")+1)
	}
}

// Positions and lag say where in a file a pipeline is, as people look for it.
func TestShownPositionsOfFiles(t *testing.T) {
	f := oneFile(t, "{file: a.jsonl}")
	f.write("a.jsonl", lines(1, 3))
	f.session("1 2 3")
	f.append("a.jsonl", lines(4, 5))
	options := pipeline.Options{Logger: slog.New(slog.DiscardHandler)}
	positions, err := f.load().Positions(t.Context(), options)
	if err != nil || !strings.Contains(positions.String(), " at offset 3, line 4, byte 24\n") {
		t.Errorf("%v, %v", positions, err)
	}
	lag, err := f.load().Lag(t.Context(), options)
	if err != nil || !strings.Contains(lag.String(), " at offset 3, line 4, byte 24 ") || lag.Streams[0].Behind != 2 {
		t.Errorf("%v, %v", lag, err)
	}
	f = oneFile(t, `{file: "-"}`)
	f.stdin = strings.NewReader(lines(1, 3))
	f.session("1 2 3")
	if positions, err = f.load().Positions(t.Context(), options); err != nil ||
		!strings.Contains(positions.String(), "at the beginning of what the next run is given") {
		t.Errorf("%v, %v", positions, err)
	}
	if _, err := f.load().Lag(t.Context(), options); err == nil || !strings.Contains(err.Error(), "read once only") {
		t.Error(err)
	}
}

// The lag by the positions of other streams would be a number that means nothing, or blame a file.
func TestLagOfOtherStreamsIsRefused(t *testing.T) {
	f := twoFiles(t)
	f.write("a.jsonl", lines(1, 2))
	f.write("b.jsonl", lines(1, 2))
	f.session("1 2")
	f.text = oneFile(t, "{file: a.jsonl}").text
	lag, err := f.load().Lag(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "those of another pipeline, with other streams") {
		t.Errorf("%v, %v", lag, err)
	}
}

// Files of other robots are none of this one's rotations, and the number of the robot is none of a rotation.
func TestRotatedFilesWithNumbersInTheirNames(t *testing.T) {
	for name, rotated := range map[string][3]string{
		"counters": {"robot-7.jsonl.2", "robot-7.jsonl.1", "robot-8.jsonl.1"},
		"dates":    {"robot-7-2026-11-27.jsonl", "robot-7-2026-11-28.jsonl", "robot-8-2026-11-28.jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			f := oneFile(t, "{file: robot-7.jsonl, follow: true, data_timeout: 300ms}")
			f.write(rotated[0], lines(1, 1))
			f.write("robot-7.jsonl", lines(2, 3))
			f.session("2 3")
			f.append("robot-7.jsonl", lines(4, 4))
			f.rename("robot-7.jsonl", rotated[1])
			f.write("robot-7.jsonl", lines(5, 5))
			f.write(rotated[2], lines(100, 101))
			f.session("2 3 4 5")
		})
	}
}
