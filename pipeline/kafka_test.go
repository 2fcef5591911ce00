package pipeline_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/topic"
)

// A plant is a Kafka in this process, with a directory of files.
type plant struct {
	*testing.T
	*topic.Demo
	dir string
}

func newPlant(t *testing.T, withTLS bool) *plant {
	t.Helper()
	demo, err := topic.StartDemo(withTLS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Close)
	return &plant{t, demo, t.TempDir()}
}

func (p *plant) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// load loads lines into a topic, by the key "robot" if there are several partitions, and a mark.
func (p *plant) load(to string, partitions int, lines string) {
	p.Helper()
	options := topic.LoadOptions{Partitions: partitions, End: true, Stdin: strings.NewReader(lines)}
	if partitions > 1 {
		var err error
		options.Key, err = topic.CompileKey("robot")
		p.must(err)
	}
	_, err := p.Load(p.Context(), "-", to, options)
	p.must(err)
}

func (p *plant) dump(from string) string {
	p.Helper()
	var out bytes.Buffer
	_, err := p.Dump(p.Context(), from, topic.DumpOptions{}, &out)
	p.must(err)
	return out.String()
}

// parse parses a pipeline file with the Kafka's addresses in it.
func (p *plant) parse(text string) *pipeline.Pipeline {
	p.Helper()
	text = strings.ReplaceAll(text, "BROKERS", `"`+strings.Join(p.Brokers, `", "`)+`"`)
	parsed, err := pipeline.Parse(filepath.Join(p.dir, "speed.yaml"), []byte(text))
	p.must(err)
	return parsed
}

func (p *plant) write(name, content string) {
	p.Helper()
	p.must(os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600))
}

func (p *plant) groups() []string {
	p.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(p.Brokers...))
	p.must(err)
	defer client.Close()
	groups, err := kadm.NewClient(client).ListGroups(p.Context())
	p.must(err)
	return groups.Groups()
}

const onKafka = `
streams: {prev: {topic: places}, next: {topic: places}, out: {topic: steps}}
master: prev
join:
  - {left: prev, right: next, on: prev.time + 10 == next.time}
output: out
emit: {robot: prev.robot, time: prev.time, dx: 'next[0].x - prev.x'}
kafka: {brokers: [BROKERS], client_id: tests}
`

// walk is n places of a robot, from a time on, ten seconds apart.
func walk(robot, from, n int) string {
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"robot":%d,"time":%d,"x":%d}`+"\n", robot, from+10*i, (i*i)%7)
	}
	return lines.String()
}

// steps is what the pipeline makes of a walk.
func steps(robot, from, n int) string {
	var lines strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&lines, `{"robot":%d,"time":%d,"dx":%d}`+"\n", robot, from+10*i, ((i+1)*(i+1))%7-(i*i)%7)
	}
	return lines.String()
}

// TestOnKafka runs two sessions over three partitions, with a robot in each or none (R5, R9).
func TestOnKafka(t *testing.T) {
	k := newPlant(t, false)
	p := k.parse(onKafka)
	want := ""
	for session := range 2 {
		from := session * 10000
		k.load("places", 3, walk(1, from, 20))
		options := quiet()
		options.Monitor, options.Instance = &pipeline.Monitor{}, "one"
		k.must(p.Run(t.Context(), options))
		want += steps(1, from, 20)
		if diff := cmp.Diff(want, k.dump("steps")); diff != "" {
			t.Fatalf("session %d: %s", session, diff)
		}
		streams := options.Monitor.Progress().Streams
		stream := pipeline.StreamProgress{Name: "next", Topic: "places", Read: 20, Matched: 19, Unmatched: 1}
		if diff := cmp.Diff(stream, streams[1]); diff != "" {
			t.Errorf("session %d: %s", session, diff)
		}
	}
	if groups := k.groups(); len(groups) != 1 || groups[0] != "speed" {
		t.Errorf("the groups are %v, want the pipeline's name", groups)
	}
}

// TestKafkaAndFiles reads topics and writes files, and the other way round.
func TestKafkaAndFiles(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 1, walk(1, 0, 9))
	k.write("places.jsonl", walk(1, 0, 9))
	for name, replace := range map[string][]string{
		"topic to file": {"{topic: steps}", "{file: steps.jsonl}"},
		"file to topic": {"{topic: places}", "{file: places.jsonl}"},
	} {
		p := k.parse(strings.NewReplacer(append(replace, "client_id", "group: '"+name+"', client_id")...).Replace(onKafka))
		k.must(p.Run(t.Context(), quiet()))
		got := ""
		if name == "file to topic" {
			k.must(p.Run(t.Context(), quiet())) // there is nothing new
		}
		if name == "topic to file" {
			data, err := os.ReadFile(filepath.Join(k.dir, "steps.jsonl"))
			k.must(err)
			got = string(data)
		} else {
			got = k.dump("steps")
		}
		if diff := cmp.Diff(steps(1, 0, 9), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestKafkaToStandardOutput(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 1, walk(1, 0, 3))
	p := k.parse(strings.Replace(onKafka, "{topic: steps}", "{file: '-'}", 1))
	var out bytes.Buffer
	options := quiet()
	options.Stdout = &out
	k.must(p.Run(t.Context(), options))
	if diff := cmp.Diff(steps(1, 0, 3), out.String()); diff != "" || !p.WritesStdout() {
		t.Error(diff)
	}
}

// TestKafkaErrors: what can't work is refused before anything is read.
func TestKafkaErrors(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 3, walk(1, 0, 3))
	for name, c := range map[string]struct{ old, new, want string }{
		"several partitions to a file": {
			"{topic: steps}", "{file: steps.jsonl}", "a file takes the results of one partition, but the streams that are read " +
				"have 3: write to a topic, and to a file from there by leat topic dump",
		},
		"missing topic": {"{topic: places}", "{topic: place}", `kafka: missing input topics: "place" (did you mean "places"?)`},
		"no password": {
			"client_id", "sasl: {mechanism: plain, user: u, password_env: LEAT_NO_SUCH}, client_id",
			"the environment variable LEAT_NO_SUCH, which should hold the password, is not set",
		},
		"no certificate": {"client_id", "tls: {ca: none.pem}, client_id", "the certificate authorities: open "},
	} {
		err := k.parse(strings.Replace(onKafka, c.old, c.new, 2)).Run(t.Context(), quiet())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
	p, err := pipeline.Parse("x.yaml", []byte(two+`join: [{left: a, right: b, on: "a.t == b.t"}]`))
	k.must(err)
	options := quiet()
	options.Instance = "one"
	if err := p.Run(t.Context(), options); err == nil || !strings.Contains(err.Error(), "no stream of this pipeline is a topic") {
		t.Errorf("an instance without Kafka: %v", err)
	}
}

func TestKafkaInEveryForm(t *testing.T) {
	for _, kafka := range []string{
		"{brokers: localhost:9092}", "{brokers: [localhost:9092, 'b:1', c]}", "\n  brokers:\n    - localhost:9092\n    - b\n",
		"{brokers: x, group: g, client_id: c, tls: true, start: latest, data_timeout: 1m, create_topics: true, grow_outputs: true}",
		"{brokers: x, tls: {ca: a, cert: b, key: c}, start: 2026-11-22T15:04:05Z, create_topics: false, grow_outputs: false}",
		"{brokers: x, sasl: {mechanism: scram-sha-512, user: u, password_env: P}, tls: false, start: earliest}",
	} {
		text := strings.Replace(onKafka[:strings.Index(onKafka, "kafka:")], "output", "kafka: "+kafka+"\noutput", 1)
		p, err := pipeline.Parse("p.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", kafka, err)
			continue
		}
		if plan := p.Plan().String(); !strings.Contains(plan, "exactly once") {
			t.Errorf("%s: %s", kafka, plan)
		}
	}
}

func TestTLS(t *testing.T) {
	k := newPlant(t, true)
	k.load("places", 1, walk(1, 0, 3))
	k.write("ca.pem", string(k.CA))
	p := k.parse(strings.Replace(onKafka, "client_id", "tls: {ca: ca.pem}, client_id", 1))
	k.must(p.Run(t.Context(), quiet()))
	if diff := cmp.Diff(steps(1, 0, 3), k.dump("steps")); diff != "" {
		t.Error(diff)
	}
}

func TestCheckOnKafka(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 1, walk(1, 0, 5))
	k.load("many", 3, walk(1, 0, 2300)+walk(2, 0, 5))
	for name, c := range map[string]struct{ old, new, want string }{
		"one partition": {"", "", `stream prev  places  all 5 elements
stream next  places  all 5 elements

join prev with next on prev.time + 10 == next.time
  keys of prev      10 to 50
  keys of next      0 to 40
  in common         10 to 40
  expected matches  4 of 5 elements of prev
  behind its end    1: 50 (offset 4) is not in next, which ends at 40 (offset 4)

no problems found
`},
		"several partitions": {"places", "many", `stream prev  many  2005 elements at the beginning and at the end of 3 partitions
stream next  many  2005 elements at the beginning and at the end of 3 partitions

join prev with next on prev.time + 10 == next.time
  keys of prev      10 to 23000
  keys of next      0 to 22990
  in common         10 to 22990
  expected matches  2002 of 2004 elements of prev
  behind its end    2: 23000 (offset 2299) is not in next, which ends at 22990 (offset 2299)

no problems found
`},
		"different partitions": {"prev: {topic: places", "prev: {topic: many", `1 problem:
  partition p of all topics is joined, so they need equal numbers of partitions, but "many" has 3, "places" has 1

1 finding:
  prev with next: 1996 of 2000 elements of prev find no match: 50 (offset 4) is not in next, which ends at 40 (offset 4)

stream prev  many    2005 elements at the beginning and at the end of 3 partitions
stream next  places  all 5 elements

join prev with next on prev.time + 10 == next.time
  keys of prev      10 to 23000
  keys of next      0 to 40
  in common         10 to 40
  expected matches  4 of 2000 elements of prev
  behind its end    1996: 50 (offset 4) is not in next, which ends at 40 (offset 4)
`},
	} {
		report, err := k.parse(strings.ReplaceAll(onKafka, c.old, c.new)).Check(t.Context(), quiet())
		k.must(err)
		if diff := cmp.Diff(c.want, report.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if groups := k.groups(); len(groups) != 0 {
		t.Errorf("a check has joined %v", groups)
	}
	_, err := k.parse(strings.ReplaceAll(onKafka, "places", "place")).Check(t.Context(), quiet())
	if err == nil || err.Error() != `kafka: topic "place": there is no such topic, did you mean places?` {
		t.Error(err)
	}
}

// TestExplainOnKafka looks keys up in topics: in one of several partitions, between two, in a topic without a mark, and
// among so many records that they must be bisected.
func TestExplainOnKafka(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 1, walk(1, 0, 6000)+walk(1, 70000, 2))
	k.load("many", 3, walk(1, 0, 3000)+walk(2, 5, 3000))
	_, err := k.Load(t.Context(), "-", "live", topic.LoadOptions{Stdin: strings.NewReader(walk(1, 0, 700))})
	k.must(err)
	for _, c := range []struct{ topic, key, want string }{
		{"places", "41230", `prev has the key 41230 (prev.time) once, at offset 4123 of places.
Its left key for next is 41240.
next has 41240 once, at offset 4124.
So the element of prev is handed over.
`},
		{"places", "59990", `prev has the key 59990 (prev.time) once, at offset 5999 of places.
Its left key for next is 60000.
next has no 60000: it jumps from 59990 (offset 5999) to 70000 (offset 6000): a gap.
So the element of prev is not handed over, for want of 60000 in next.
`},
		{"places", "70010", `prev has the key 70010 (prev.time) once, at offset 6001 of places.
Its left key for next is 70020.
next has no 70020: it ends at 70010 (offset 6001), below it, with the end-of-stream mark at offset 6002.
So the element of prev is not handed over, for want of 70020 in next.
`},
		{"live", "6990", `prev has the key 6990 (prev.time) once, at offset 699 of live.
Its left key for next is 7000.
next has no 7000 yet: its last is 6990 (offset 699) and no end-of-stream mark follows, so a run waits here.
So the element of prev is not handed over, for want of 7000 in next.
`},
	} {
		text := strings.ReplaceAll(onKafka, "{topic: places}", "{topic: "+c.topic+"}")
		explanation, err := k.parse(text).Explain(t.Context(), quiet(), pipeline.About{Key: c.key})
		k.must(err)
		if diff := cmp.Diff(c.want, explanation.String()); diff != "" {
			t.Errorf("%s in %s: %s", c.key, c.topic, diff)
		}
	}
	if groups := k.groups(); len(groups) != 0 {
		t.Errorf("an explanation has joined %v", groups)
	}
}

// TestExplainAcrossPartitions: what is keyed differently meets in no partition.
func TestExplainAcrossPartitions(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 4, walk(1, 0, 3))
	key, err := topic.CompileKey("time")
	k.must(err)
	_, err = k.Load(t.Context(), "-", "others", topic.LoadOptions{Partitions: 4, Key: key, End: true,
		Stdin: strings.NewReader(walk(1, 0, 9))})
	k.must(err)
	p := k.parse(strings.Replace(onKafka, "next: {topic: places}", "next: {topic: others}", 1))
	explanation, err := p.Explain(t.Context(), quiet(), pipeline.About{Key: "10"})
	k.must(err)
	const want = "next has no 20 in this partition, but in partition 2: only equal partitions are joined, so both streams must be " +
		"keyed by what the join compares"
	if cause := explanation.Partitions[0].Cause; cause == nil || cause.Verdict != pipeline.OtherPartition || cause.Text != want {
		t.Error(explanation)
	}
	report, err := p.Check(t.Context(), quiet())
	k.must(err)
	const finding = "prev with next: the keys meet, but in other partitions: 3 of 3 elements of prev find a match in any, and 1 of 3 " +
		"in their own; both topics must be keyed by what the join compares"
	if len(report.Findings) != 1 || report.Findings[0].String() != finding {
		t.Error(report)
	}
}

func TestLag(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 1, walk(1, 0, 5))
	p := k.parse(onKafka)
	lag := func() string {
		t.Helper()
		lag, err := p.Lag(t.Context(), quiet())
		k.must(err)
		return lag.String()
	}
	const before = `group speed

stream  topic   partition  position   end  behind  key
prev    places  0          not begun  6    6       10
next    places  0          not begun  6    6       0

no run of this group has committed anything
`
	if diff := cmp.Diff(before, lag()); diff != "" {
		t.Errorf("before the run: %s", diff)
	}
	if groups := k.groups(); len(groups) != 0 {
		t.Errorf("the lag has joined %v", groups)
	}
	k.must(p.Run(t.Context(), quiet()))
	k.load("places", 1, walk(1, 100, 2))
	// The run has used up offsets 0 to 4, and the mark; the next session is at 6 and 7, with a mark.
	const after = `group speed

stream  topic   partition  position  end  behind  key
prev    places  0          6         9    3       110
next    places  0          6         9    3       100
`
	if diff := cmp.Diff(after, lag()); diff != "" {
		t.Errorf("after the run: %s", diff)
	}
	p = k.parse(strings.Replace(onKafka, "kafka: {", "kafka: {group: sped, ", 1))
	if got := lag(); !strings.HasSuffix(got, "\nno run of this group has committed anything, did you mean speed?\n") {
		t.Errorf("of a misspelt group: %s", got)
	}
	file, err := pipeline.Parse("x.yaml", []byte(joined))
	k.must(err)
	_, err = file.Lag(t.Context(), quiet())
	var wrong *pipeline.Error
	if !errors.As(err, &wrong) || !strings.Contains(wrong.Message, "there is no lag") {
		t.Errorf("the lag of files: %v", err)
	}
}

// What lies behind another producer's open transaction is told of, apart from what can be read.
func TestLagBehindAnOpenTransaction(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 1, walk(1, 0, 5))
	writer, err := kgo.NewClient(kgo.SeedBrokers(k.Brokers...), kgo.TransactionalID("other"))
	k.must(err)
	defer writer.Close()
	k.must(writer.BeginTransaction())
	for range 3 {
		k.must(writer.ProduceSync(t.Context(), &kgo.Record{Topic: "places", Value: []byte("{}")}).FirstErr())
	}
	lag, err := k.parse(onKafka).Lag(t.Context(), quiet())
	k.must(err)
	const want = "prev, partition 0: about 3 records behind its end can't be read before an open transaction of another producer ends"
	if lag.Streams[0].Behind != 6 || lag.Streams[0].Withheld != 3 || !strings.Contains(lag.String(), want) {
		t.Error(lag)
	}
}

func TestDemo(t *testing.T) {
	k := newPlant(t, false)
	k.write("a.jsonl", walk(1, 0, 4))
	for name, text := range map[string]string{
		"files":          strings.NewReplacer("{topic: places}", "{file: a.jsonl}", "{topic: steps}", "{file: steps.jsonl}").Replace(onKafka[:strings.Index(onKafka, "kafka:")]),
		"topics":         strings.Replace(onKafka, "{topic: places}", "{topic: places, demo: a.jsonl}", 1),
		"standard input": strings.NewReplacer("{topic: places}", "{topic: places, demo: '-'}", "{topic: steps}", "{file: '-'}").Replace(onKafka),
	} {
		options := quiet()
		var out bytes.Buffer
		options.Stdin, options.Stdout = strings.NewReader(walk(1, 0, 4)), &out
		options.Monitor = &pipeline.Monitor{}
		if err := k.parse(text).Demo(t.Context(), options); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(steps(1, 0, 4), out.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if streams := options.Monitor.Progress().Streams; len(streams) != 2 || streams[0].Topic == "" {
			t.Errorf("%s: the progress is of %v", name, streams)
		}
	}
	if data, err := os.ReadFile(filepath.Join(k.dir, "a.jsonl")); err != nil || string(data) != walk(1, 0, 4) {
		t.Errorf("the file is %s now, %v", data, err)
	}
	if _, err := os.Stat(filepath.Join(k.dir, "steps.jsonl")); err == nil {
		t.Error("the demonstration has written the output file")
	}
}

func TestDemoMistakes(t *testing.T) {
	k := newPlant(t, false)
	for name, c := range map[string]struct{ old, new, want string }{
		"no file": {"", "", `2:25: a demonstration needs a file of what the topic "places" may hold: give the stream as ` +
			`{topic: places, demo: FILE}`},
		"two files": {"prev: {topic: places}, next: {topic: places}", "prev: {topic: places, demo: a}, next: {topic: places, demo: b}",
			`2:57: the topic "places" has two files for a demonstration, a and b: give one`},
	} {
		err := k.parse(strings.Replace(onKafka, c.old, c.new, 1)).Demo(t.Context(), quiet())
		var wrong *pipeline.Error
		if !errors.As(err, &wrong) || !strings.HasSuffix(strings.ReplaceAll(err.Error(), k.dir+string(filepath.Separator), ""), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}
