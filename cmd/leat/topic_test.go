package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline/topic"
)

// kafka starts a Kafka and returns its addresses, as --brokers takes them.
func kafka(t *testing.T) string {
	t.Helper()
	demo, err := topic.StartDemo(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Close)
	return strings.Join(demo.Brokers, ",")
}

// TestTopic loads, shows and ends topics as a user does, one command after the other.
func TestTopic(t *testing.T) {
	brokers := kafka(t)
	w := newWorkplace(t, files())
	for _, c := range []struct {
		stdin, arguments string
		status           int
		stdout, stderr   string
	}{
		{"", "load --end locations.json places", 0, "3 records loaded into 1 partition of topic places, which was created\n",
			""},
		{
			"", "dump --until-end places", 0,
			"{\"time\":0,\"x\":1}\n{\"time\":10,\"x\":1.5}\n{\"time\":20,\"x\":4}\n", "",
		},
		{
			"{\"robot\":7}\n{\"robot\":8}\n", "load - robots --key robot --partitions 4", 0,
			"2 records loaded into 4 partitions of topic robots, which was created\n", "",
		},
		{"{\"robot\":7}\n", "load - robots --key robot", 0, "1 record loaded into 4 partitions of topic robots\n", ""},
		{"", "end robots", 0, "4 partitions of topic robots ended\n", ""},
		{"", "dump robots", 0, "{\"robot\":7}\n{\"robot\":8}\n{\"robot\":7}\n", ""},
		{"", "dump robot", 1, "", "kafka: topic \"robot\": there is no such topic, did you mean robots?\n"},
		{"", "load - robots --partitions 5", 1, "",
			"kafka: topic \"robots\" has 4 partitions, not 5: leave the number out, or choose another topic\n"},
		{"", "load - robots --key robot+", 2, "",
			"leat: --key: expression \"robot+\", column 7: the expression ends here, but something is missing\n"},
		{"", "load - robots --partitions=-1", 2, "", "leat: --partitions -1: a topic has at least one\n"},
		{"", "end robots --sasl plian --user u", 2, "", "leat: --sasl plian: there is no such mechanism, there are plain, " +
			"scram-sha-256, scram-sha-512\n"},
		{"", "end robots --sasl plain", 2, "", "leat: --sasl needs --user NAME, or the environment variable LEAT_USER\n"},
		{"", "end robots --sasl plain --user u", 2, "",
			"leat: --sasl needs a password: put it into the environment variable LEAT_PASSWORD\n"},
		{"", "end robots --tls-key x.pem", 2, "",
			"leat: a client's certificate needs its private key, and the key its certificate: give both\n"},
		{"", "end robots --tls-ca locations.json", 2, "",
			"leat: the certificate authorities: locations.json holds no certificate in PEM form\n"},
	} {
		arguments := append([]string{"topic"}, strings.Fields(c.arguments)...)
		w.check(call{arguments: append(arguments, "--brokers", brokers), stdin: c.stdin, status: c.status,
			stdout: c.stdout, stderr: c.stderr})
	}
}

func TestTopicNeedsBrokers(t *testing.T) {
	w := newWorkplace(t, nil)
	status, _, stderr := w.call("", "topic", "end", "x")
	if status != 2 || !strings.HasPrefix(stderr, "leat: no Kafka is given: ") {
		t.Errorf("status %d, %s", status, stderr)
	}
	t.Setenv("LEAT_BROKERS", kafka(t))
	status, _, stderr = w.call("", "topic", "end", "x")
	if status != 1 || stderr != "kafka: topic \"x\": there is no such topic\n" {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// TestKafka runs, checks and looks at a pipeline on Kafka as a user does.
func TestKafka(t *testing.T) {
	brokers := kafka(t)
	w := newWorkplace(t, files())
	text := strings.ReplaceAll(strings.ReplaceAll(speed, "{file: locations.json}", "{topic: places}"),
		"{file: speed.jsonl}", "{topic: speed}") + "kafka: {brokers: '" + brokers + "'}\n"
	w.write("kafka.yaml", text)
	if status, _, stderr := w.call("", "topic", "load", "--end", "locations.json", "places", "--brokers",
		brokers); status != 0 {
		t.Fatal(stderr)
	}
	topics := strings.ReplaceAll(strings.Replace(table, "stream  file          ", "stream  topic ", 1), "locations.json",
		"places")
	for _, c := range []struct {
		arguments, stdout, stderr string
		status                    int
	}{
		{"plan kafka.yaml", "next  places  on prev.time + 10 == next.time", "", 0},
		{"explain kafka.yaml --key 10", "next has 20 once, at offset 2.\nSo the element of prev is handed over.\n", "", 0},
		{"check kafka.yaml", "which ends at 20 (offset 2)\n\nno problems found\n", "", 0},
		{"run --instance here kafka.yaml", topics, "", 0},
		{"topic dump --until-end speed --brokers " + brokers, results, "", 0},
		{"lag kafka.yaml", "group kafka\n\nstream  topic   partition  position  end  behind  key\nprev    places  0", "", 0},
		{"lag --json kafka.yaml", `"begun": true,`, "", 0},
		{"lag speed.yaml", "", "speed.yaml:4:17: from files to a file no positions are kept, and " +
			"every run reads from the beginning: there is no lag\n", 2},
		{"run --demo-kafka speed.yaml", results, "prev    locations     3        2          1        0\n", 0},
		{"run --demo-kafka kafka.yaml", "", "kafka.yaml:2:18: a demonstration needs a file of what the topic \"places\" " +
			"may hold: give the stream as {topic: places, demo: FILE}\n", 2},
		{"run --instance here speed.yaml", "",
			"leat: --instance is a name in Kafka's group, but no stream of speed.yaml is a topic\n", 2},
	} {
		status, stdout, stderr := w.call("", strings.Fields(c.arguments)...)
		if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			(c.stderr == "" && stderr != "") {
			t.Errorf("%s: status %d, %s%s", c.arguments, status, stdout, stderr)
		}
	}
}

// TestTerminalOfKafka: topics have no end to draw a bar towards.
func TestTerminalOfKafka(t *testing.T) {
	brokers := kafka(t)
	w := newWorkplace(t, files())
	w.write("kafka.yaml", "streams: {a: {topic: places}, b: {topic: speed}}\n"+
		"master: a\noutput: b\nkafka: {brokers: '"+brokers+"'}\n")
	if status, _, stderr := w.call("", "topic", "load", "--end", "locations.json", "places", "--brokers",
		brokers); status != 0 {
		t.Fatal(stderr)
	}
	var out, diagnostics bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &diagnostics, terminal: true}
	if status := a.main([]string{"run", filepath.Join(w.dir, "kafka.yaml")}); status != 0 ||
		strings.Contains(diagnostics.String(), "KiB") || !strings.HasPrefix(out.String(), "stream  topic   read") {
		t.Errorf("status %d, %s, %q", status, out.String(), diagnostics.String())
	}
}
