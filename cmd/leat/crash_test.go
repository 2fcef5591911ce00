package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/internal/postgresserver"
)

// handledAll joins three streams, and writes what isn't handed over, and what fails, beside the results. ENDS is what the
// streams are: a, b, c, results, rest, bad.
const handledAll = `
streams:
  a: {%s}
  b: {%s}
  c: {%s}
  results: {%s}
  rest: {%s}
  bad: {%s}
master: a
join:
  - {left: a, right: b, on: a.t == b.t}
  - {left: b, right: c, on: b.t == c.t}
output: results
emit: {t: a.t, ratio: "a.x / b[0].x", c: "len(b[0].c)"}
where: a.x != 13
unmatched: rest
dead_letter: bad
on_disorder: dead_letter
on_undecodable: dead_letter
on_error: dead_letter
commit: {every: 1ms, results: 2}
`

// outputs are the streams that are written.
var outputs = []string{"results", "rest", "bad"}

// handledStream draws the lines of a stream: equal keys, gaps, keys that fall, what is no object, and what can't be computed.
func handledStream(random *rand.Rand, n int) string {
	var text strings.Builder
	for t := 0; t < n; t++ {
		switch random.IntN(40) {
		case 0:
			fmt.Fprintf(&text, "{\"t\":%d,\"x\":1}\n", t-5)
		case 1:
			text.WriteString("no object\n")
		case 2, 3, 4, 5:
		case 6, 7:
			fmt.Fprintf(&text, "{\"t\":%d,\"x\":0}\n", t)
		default:
			fmt.Fprintf(&text, "{\"t\":%d,\"x\":%d}\n", t, 1+random.IntN(20))
		}
		if random.IntN(5) == 0 {
			fmt.Fprintf(&text, "{\"t\":%d,\"x\":%d}\n", t, 1+random.IntN(20))
		}
	}
	return text.String()
}

// crash runs a pipeline file, and kills it at a random moment again and again, until it comes to its end by itself after kills
// are over.
func (w *workplace) crash(random *rand.Rand, kills int, usual time.Duration, arguments ...string) {
	w.t.Helper()
	for i := 0; ; i++ {
		command := w.command(arguments...)
		var said strings.Builder
		command.Stderr = &said
		if err := command.Start(); err != nil {
			w.t.Fatal(err)
		}
		if i < kills {
			after := time.Duration(random.Int64N(int64(usual)))
			timer := time.AfterFunc(after, func() { _ = command.Process.Kill() })
			err := command.Wait()
			timer.Stop()
			if err == nil {
				return
			}
			if command.ProcessState.ExitCode() >= 0 { // it wasn't killed
				w.t.Fatalf("%v, %s", err, said.String())
			}
			continue
		}
		if err := command.Wait(); err != nil {
			w.t.Fatalf("%v, %s", err, said.String())
		}
		return
	}
}

// crashEnds are the storages that runs are killed on.
var crashEnds = map[string]func(*testing.T, *workplace) handledEnds{
	"files to SQLite": sqliteEnds, "files to PostgreSQL": postgresEnds, "topics to topics": kafkaEnds,
	"files to topics": topicEnds, "files to files": fileEnds,
}

// TestCrashAtAnyMoment: results, unmatched elements and dead letters are each there exactly once, though the run was killed
// again and again, in joins by equal keys; TestCrashAtAnyMomentNear is about others.
func TestCrashAtAnyMoment(t *testing.T) {
	for name, open := range crashEnds {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, nil)
			whole, killed := w.crashed(open, uint64(len(name)), func(text string) string { return text })
			for _, output := range outputs {
				want, got := whole[output], killed[output]
				if output == "rest" {
					want, got = placesOf(want), placesOf(got)
				}
				expectSame(t, output, want, got)
			}
		})
	}
}

// crashed runs a pipeline as a whole, and another one that is killed again and again. edit makes it of handledAll. It returns
// what is in the outputs then.
func (w *workplace) crashed(
	open func(*testing.T, *workplace) handledEnds, seed uint64, edit func(string) string,
) (whole, killed map[string][]string) {
	w.t.Helper()
	kills := 12
	if testing.Short() {
		kills = 4
	}
	random := rand.New(rand.NewPCG(29, seed))
	for _, stream := range []string{"a", "b", "c"} {
		w.write(stream+".jsonl", handledStream(random, 300))
	}
	ends := open(w.t, w)
	w.write("whole.yaml", edit(ends.file("whole")))
	w.write("killed.yaml", edit(ends.file("killed")))
	begin := time.Now()
	w.good(append([]string{"run", "-q", "whole.yaml"}, ends.arguments...)...)
	w.crash(random, kills, time.Since(begin), append([]string{"run", "-q", "killed.yaml"}, ends.arguments...)...)
	whole, killed = map[string][]string{}, map[string][]string{}
	for _, output := range outputs {
		whole[output], killed[output] = ends.read("whole_"+output), ends.read("killed_"+output)
		for i, text := range whole[output] { // errors name the pipeline
			whole[output][i] = strings.ReplaceAll(text, "whole", "killed")
		}
	}
	return whole, killed
}

// expectSame expects what an output has of a run that wasn't killed.
func expectSame(t *testing.T, output string, want, got []string) {
	t.Helper()
	if output != "results" { // what is told of several streams may be told in another order
		slices.Sort(want)
		slices.Sort(got)
	}
	if len(want) < 5 {
		t.Errorf("there are only %d %s", len(want), output)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", output, diff)
	}
}

// placesOf returns which elements reports are about, in JSON or as rows: a run that goes on after a kill doesn't know the keys
// before, so that it may have another verdict.
func placesOf(reports []string) (all []string) {
	place := regexp.MustCompile(`^(?:\{"node":"(\w)".*?"offset":(\d+)|(\w)\|.*?\|\w(?:\.jsonl)?\|0\|(\d+)\|)`)
	for _, report := range reports {
		m := place.FindStringSubmatch(report)
		if m == nil {
			all = append(all, report)
			continue
		}
		all = append(all, m[1]+m[3]+" "+m[2]+m[4])
	}
	return all
}

// handledEnds are where the streams of handledAll lie.
type handledEnds struct {
	// file returns the pipeline file whose outputs' names begin with a word, and read what one of them holds.
	file      func(prefix string) string
	read      func(output string) []string
	arguments []string
}

const fileInputs = `file: a.jsonl|file: b.jsonl|file: c.jsonl|`

// fileOf returns the pipeline file with these ends, inputs and outputs with | between them.
func fileOf(top, ends string) string {
	var all []any
	for end := range strings.SplitSeq(ends, "|") {
		all = append(all, end)
	}
	return top + fmt.Sprintf(handledAll, all...)
}

// tables returns outputs that are tables, with columns of a type for texts and one for numbers. A number is in every table the
// order of its rows.
func tables(storage, prefix, id, text, number string) string {
	columns := func(named string) string {
		named = strings.ReplaceAll(strings.ReplaceAll(named, "TEXT", text), "NUMBER", number)
		return fmt.Sprintf("columns: {row_number: %q, %s}", id, named)
	}
	// Some are words of SQL.
	const place = "stream: TEXT, '\"partition\"': NUMBER, '\"offset\"': NUMBER, line: NUMBER, '\"column\"': NUMBER, element: TEXT"
	var all []string
	for i, named := range []string{
		"t: NUMBER, ratio: TEXT, c: NUMBER",
		"node: TEXT, verdict: TEXT, other: TEXT, key: NUMBER, before: NUMBER, after: NUMBER, distance: TEXT, apart: TEXT, " +
			"error: TEXT, at: TEXT, time: TEXT, cause: TEXT, " + place,
		"error: TEXT, " + place,
	} {
		all = append(all, fmt.Sprintf("%s: {table: %s_%s, %s}", storage, prefix, outputs[i], columns(named)))
	}
	return strings.Join(all, "|")
}

func sqliteEnds(t *testing.T, w *workplace) handledEnds {
	return handledEnds{
		file: func(prefix string) string {
			return fileOf("sqlite: {file: out.db}", fileInputs+tables("sqlite", prefix, "INTEGER PRIMARY KEY", "TEXT", "NUMERIC"))
		},
		read: func(output string) (rows []string) {
			db, err := sql.Open("sqlite", filepath.Join(w.dir, "out.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			found, err := db.QueryContext(t.Context(), "SELECT * FROM "+output+" ORDER BY row_number")
			if err != nil {
				t.Fatal(err)
			}
			defer found.Close()
			names, _ := found.Columns()
			for found.Next() {
				values := make([]any, len(names))
				for i := range values {
					values[i] = new(any)
				}
				if err := found.Scan(values...); err != nil {
					t.Fatal(err)
				}
				row := ""
				for _, value := range values[1:] {
					row += fmt.Sprintf("%v|", *value.(*any))
				}
				rows = append(rows, row)
			}
			if err := found.Err(); err != nil {
				t.Fatal(err)
			}
			return rows
		},
	}
}

func postgresEnds(t *testing.T, _ *workplace) handledEnds {
	u := start(t, "LEAT_TEST_POSTGRES", postgresserver.Demo)
	conn, err := pgconn.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return handledEnds{
		file: func(prefix string) string {
			return fileOf(fmt.Sprintf("postgres: {url: %q}", u), fileInputs+
				tables("postgres", prefix, "bigserial PRIMARY KEY", "text", "numeric"))
		},
		read: func(output string) (rows []string) {
			results, err := conn.Exec(t.Context(), "SELECT * FROM "+output+" ORDER BY row_number").ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range results[0].Rows {
				text := ""
				for _, value := range row[1:] { // a row_number is drawn for what isn't committed, too
					text += string(value) + "|"
				}
				rows = append(rows, text)
			}
			return rows
		},
	}
}

// fileEnds are outputs that appear when a run ends. What a run that was killed has begun is removed by the next.
func fileEnds(t *testing.T, w *workplace) handledEnds {
	return handledEnds{
		file: func(prefix string) string {
			text := fileOf("", fileInputs+fmt.Sprintf("file: %s_results.jsonl|file: %[1]s_rest.jsonl|file: %[1]s_bad.jsonl", prefix))
			return text[:strings.Index(text, "commit:")]
		},
		read: func(output string) []string {
			if left, err := filepath.Glob(filepath.Join(w.dir, ".*")); err != nil || len(left) > 0 {
				t.Errorf("a run has left %q, %v", left, err)
			}
			return strings.Split(strings.TrimSuffix(w.read(output+".jsonl"), "\n"), "\n")
		},
	}
}

// dumped returns what topics hold.
func dumped(w *workplace, brokers string) func(string) []string {
	return func(output string) []string {
		return strings.Split(strings.TrimSuffix(w.good("topic", "dump", output, "--brokers", brokers), "\n"), "\n")
	}
}

func topicEnds(t *testing.T, w *workplace) handledEnds {
	brokers := kafka(t)
	return handledEnds{
		file: func(prefix string) string {
			return fileOf("kafka: {brokers: ["+brokers+"]}", fileInputs+fmt.Sprintf("topic: %s_results|topic: %[1]s_rest|topic: %[1]s_bad",
				prefix))
		},
		read: dumped(w, brokers), arguments: []string{"--instance", "one"},
	}
}

func kafkaEnds(t *testing.T, w *workplace) handledEnds {
	ends := topicEnds(t, w)
	first := ends.file("whole")
	brokers, _, _ := strings.Cut(strings.TrimPrefix(first, "kafka: {brokers: ["), "]")
	for _, stream := range []string{"a", "b", "c"} {
		w.good("topic", "load", "--end", w.records(stream), stream, "--records", "--brokers", brokers)
	}
	toTopics := ends.file
	ends.file = func(prefix string) string {
		// A run that was killed when it had ended the session is followed by one that waits for the next session.
		return strings.NewReplacer("kafka: {", "kafka: {data_timeout: 10s, ", "file: a.jsonl", "topic: a", "file: b.jsonl", "topic: b", "file: c.jsonl", "topic: c").
			Replace(toTopics(prefix))
	}
	return ends
}

// records writes a stream's lines as whole records, those that are no objects as texts, which no element is.
func (w *workplace) records(stream string) (name string) {
	var text strings.Builder
	for line := range strings.Lines(w.read(stream + ".jsonl")) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "{") {
			line = fmt.Sprintf("%q", line)
		}
		fmt.Fprintf(&text, "{\"value\":%s}\n", line)
	}
	name = stream + "-records.jsonl"
	w.write(name, text.String())
	return name
}
