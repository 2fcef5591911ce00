package topic_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/pipeline/topic"
)

func start(t *testing.T) *topic.Demo {
	t.Helper()
	demo, err := topic.StartDemo(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Close)
	return demo
}

// load loads the text of a file with a name, and returns what was loaded.
func load(t *testing.T, c *topic.Demo, name, text, to string, options topic.LoadOptions) (topic.Loaded, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c.Load(t.Context(), path, to, options)
}

func dump(t *testing.T, c *topic.Demo, from string, untilEnd bool) string {
	t.Helper()
	var out bytes.Buffer
	n, err := c.Dump(t.Context(), from, topic.DumpOptions{UntilEnd: untilEnd}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); n.Records != lines {
		t.Errorf("%d records were counted, and %d lines written", n.Records, lines)
	}
	return out.String()
}

func key(t *testing.T, text string) *topic.Key {
	t.Helper()
	k, err := topic.CompileKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWhatWasLoadedIsDumped(t *testing.T) {
	c := start(t)
	got, err := load(t, c, "x.json", "[{\"n\": 1},\n {\"n\":\n  2.50}]", "x", topic.LoadOptions{End: true})
	if want := (topic.Loaded{Records: 2, Partitions: 1, Created: true}); err != nil || got != want {
		t.Errorf("loaded %+v, %v, want %+v", got, err, want)
	}
	got, err = load(t, c, "y.jsonl", `{"n":3}`, "x", topic.LoadOptions{})
	if want := (topic.Loaded{Records: 1, Partitions: 1}); err != nil || got != want {
		t.Errorf("loaded %+v, %v, want %+v", got, err, want)
	}
	const session = "{\"n\": 1}\n{\"n\":   2.50}\n"
	if got := dump(t, c, "x", true); got != session {
		t.Errorf("until the mark there is %q", got)
	}
	if got := dump(t, c, "x", false); got != session+"{\"n\":3}\n" {
		t.Errorf("there is %q", got)
	}
}

// TestKeys checks that equal keys meet in one partition, in their order, wherever a file was loaded from.
func TestKeys(t *testing.T) {
	c := start(t)
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, `{"time":%d,"robot":{"id":"r%d"}}`+"\n", i, i%7)
	}
	loaded, err := load(t, c, "x.jsonl", text.String(), "x", topic.LoadOptions{Key: key(t, "robot.id"), Partitions: 3})
	if err != nil || loaded.Partitions != 3 {
		t.Fatalf("%+v, %v", loaded, err)
	}
	partitions := map[string]int32{}
	times := map[string][]string{}
	for _, r := range records(t, c, "x", 200) {
		k := string(r.Key)
		if before, ok := partitions[k]; ok && before != r.Partition {
			t.Errorf("key %s is in the partitions %d and %d", k, before, r.Partition)
		}
		partitions[k] = r.Partition
		times[k] = append(times[k], string(r.Value))
	}
	if len(partitions) != 7 {
		t.Errorf("there are the keys %v", partitions)
	}
	for k, values := range times {
		var want []string
		for _, line := range strings.Split(text.String(), "\n") {
			if strings.Contains(line, `"`+k+`"`) {
				want = append(want, line)
			}
		}
		if diff := cmp.Diff(want, values); diff != "" {
			t.Errorf("key %s: %s", k, diff)
		}
	}
}

func TestKeysAreTextsOrJSON(t *testing.T) {
	c := start(t)
	for text, want := range map[string]string{
		"a": "x\"ü", "n": "12", "n / 5": "2.4", "n > 3": "true", "floor(n / 5)": "2",
		`a + "y"`: "x\"üy", "o.a ?? 'none'": "none",
	} {
		to := fmt.Sprintf("t%x", text)
		if _, err := load(t, c, "x.json", `[{"a":"x\"ü","n":12}]`, to, topic.LoadOptions{Key: key(t, text)}); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(records(t, c, to, 1)[0].Key); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestRecordsWithoutKeysGoToAllPartitionsInTurn(t *testing.T) {
	c := start(t)
	const objects = `[{"n":0},{"n":1},{"n":2},{"n":3}]`
	if _, err := load(t, c, "x.json", objects, "x", topic.LoadOptions{Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, c, "x", false), "{\"n\":0}\n{\"n\":3}\n{\"n\":1}\n{\"n\":2}\n"; got != want {
		t.Errorf("partition after partition there is %q, want %q", got, want)
	}
	// Every partition gets a mark: a dump until the end waits for all of them.
	if n, err := c.End(t.Context(), "x"); n != 3 || err != nil {
		t.Errorf("%d marks, %v", n, err)
	}
	if got, want := dump(t, c, "x", true), "{\"n\":0}\n{\"n\":3}\n{\"n\":1}\n{\"n\":2}\n"; got != want {
		t.Errorf("until the marks there is %q", got)
	}
}

// records reads n records of a topic as any consumer does.
func records(t *testing.T, c *topic.Demo, from string, n int) (all []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.ConsumeTopics(from))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for len(all) < n {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		all = append(all, fetches.Records()...)
	}
	slices.SortStableFunc(all, func(a, b *kgo.Record) int { return int(a.Partition - b.Partition) })
	return all
}

// TestDumpShowsWhatIsCommitted: an aborted transaction and one under way are not shown, and are not waited for either.
func TestDumpShowsWhatIsCommitted(t *testing.T) {
	c := start(t)
	if _, err := load(t, c, "x.json", `[{"n":0}]`, "x", topic.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.TransactionalID("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := context.Background()
	transaction := func(value string) {
		t.Helper()
		if err := errors.Join(client.BeginTransaction(),
			client.ProduceSync(ctx, &kgo.Record{Topic: "x", Value: []byte(value)}).FirstErr()); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []struct {
		value string
		end   kgo.TransactionEndTry
		want  string
	}{
		{`{"n":1}`, kgo.TryAbort, "{\"n\":0}\n"},
		{`{"n":2}`, kgo.TryCommit, "{\"n\":0}\n{\"n\":2}\n"},
		{`{"n":3}`, kgo.TryAbort, "{\"n\":0}\n{\"n\":2}\n"},
	} {
		before := dump(t, c, "x", false)
		transaction(s.value)
		if got := dump(t, c, "x", false); got != before {
			t.Errorf("while the transaction is under way, there is %q, before %q", got, before)
		}
		if err := client.EndTransaction(ctx, s.end); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, c, "x", false); got != s.want {
			t.Errorf("there is %q, want %q", got, s.want)
		}
	}
}

func TestDumpUntilEndWaits(t *testing.T) {
	c := start(t)
	if _, err := load(t, c, "x.json", `[{"n":0}]`, "x", topic.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	lines, out := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := c.Dump(t.Context(), "x", topic.DumpOptions{UntilEnd: true}, out)
		done <- err
	}()
	line := make([]byte, 8)
	if _, err := io.ReadFull(lines, line); err != nil || string(line) != "{\"n\":0}\n" {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := c.End(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestMistakes(t *testing.T) {
	c := start(t)
	good := `[{"n":1}]`
	if _, err := load(t, c, "x.json", good, "x", topic.LoadOptions{Partitions: 2}); err != nil {
		t.Fatal(err)
	}
	for name, mistake := range map[string]struct {
		make func() error
		want string
	}{
		"another number of partitions": {
			func() error {
				_, err := load(t, c, "x.json", good, "x", topic.LoadOptions{Partitions: 3})
				return err
			}, `kafka: topic "x" has 2 partitions, not 3: leave the number out, or choose another topic`,
		},
		"no such topic to end": {
			func() error { _, err := c.End(t.Context(), "y"); return err }, `kafka: topic "y": there is no such topic`,
		},
		"no such topic to dump": {
			func() error {
				_, err := c.Dump(t.Context(), "y", topic.DumpOptions{UntilEnd: true}, io.Discard)
				return err
			},
			`kafka: topic "y": there is no such topic`,
		},
		"no such file": {
			func() error { _, err := c.Load(t.Context(), "none.json", "z", topic.LoadOptions{}); return err },
			"input none.json: ",
		},
		"a syntax error": {
			func() error {
				_, err := load(t, c, "x.json", "[{\"n\":1},\n{\"n\"}]", "w", topic.LoadOptions{})
				return err
			},
			"x.json:2:",
		},
		"a missing key": {
			func() error {
				_, err := load(t, c, "x.json", "[{\"n\":1},\n{\"m\":1}]", "z", topic.LoadOptions{Key: key(t, "n")})
				return err
			}, "x.json:2:1 (partition 0, offset 1): the key can't be computed: n: member n is missing",
		},
		"no JSON in the topic": {
			func() error {
				if _, err := load(t, c, "x.json", "[]", "v", topic.LoadOptions{}); err != nil {
					return err
				}
				client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...))
				if err != nil {
					return err
				}
				defer client.Close()
				record := &kgo.Record{Topic: "v", Value: []byte("\x00avro")}
				if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
					return err
				}
				_, err = c.Dump(t.Context(), "v", topic.DumpOptions{}, io.Discard)
				return err
			}, `v[0]@0: the value is not JSON: "\x00avro"`,
		},
		"an expression": {
			func() error { _, err := topic.CompileKey("n +"); return err }, "n +",
		},
		"a function": {
			func() error { _, err := topic.CompileKey("flor(n)"); return err }, "did you mean floor?",
		},
	} {
		if err := mistake.make(); err == nil || !strings.Contains(err.Error(), mistake.want) {
			t.Errorf("%s: error %v, want %s", name, err, mistake.want)
		}
	}
}

func TestLogin(t *testing.T) {
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "p"),
		kfake.Superuser("SCRAM-SHA-256", "u", "p"), kfake.Superuser("SCRAM-SHA-512", "u", "p"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	for _, mechanism := range topic.Mechanisms() {
		c := &topic.Cluster{Brokers: fake.ListenAddrs(), Login: &topic.Login{Mechanism: mechanism, User: "u", Password: "p"}}
		_, err := c.Load(t.Context(), "-", mechanism, topic.LoadOptions{Stdin: strings.NewReader("{}"), End: true})
		if err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		// The storage logs in the same way.
		storage := kafka.New(c.Brokers, append(c.Options(), kafka.Topic[struct{}](mechanism))...)
		mill, err := leat.New(func(struct{}) {}, leat.From(storage), leat.Name(mechanism),
			leat.Logger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		if err := mill.Run(t.Context()); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		c.Login.Password = "q"
		_, err = c.End(t.Context(), mechanism)
		if err == nil || !strings.Contains(err.Error(), `or they refuse the user "u" and the password`) {
			t.Errorf("%s with a wrong password: %v", mechanism, err)
		}
	}
}

func TestHeads(t *testing.T) {
	c := start(t)
	if _, err := load(t, c, "x.json", `[{"n":0},{"n":1},{"n":2},{"n":3},{"n":4}]`, "x",
		topic.LoadOptions{Partitions: 2, End: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, c, "y.json", `[{"n":5}]`, "x", topic.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		from []topic.From
		n    int
		want string
	}{
		{nil, 1, "0+ 1+ "},
		{nil, 2, "02+ 13 "},
		{nil, 9, "024 13 "},
		{[]topic.From{{Offset: 2}, {Offset: 1}}, 9, "4 3 "},
		{[]topic.From{{Offset: 9}, {Offset: 9}}, 9, "  "},
		{[]topic.From{{BehindMark: true}, {Offset: 1}}, 9, "5 3 "},
	} {
		heads, err := c.Heads(t.Context(), "x", s.from, s.n, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, head := range heads {
			for _, record := range head.Records {
				got += string(record.Value[5])
			}
			if !head.Whole {
				got += "+"
			}
			got += " "
		}
		if got != s.want {
			t.Errorf("heads of %d from %v are %q, want %q", s.n, s.from, got, s.want)
		}
	}
}

// A compacted topic keeps the last record of each key: records need one, and marks have keys of their own.
func TestCompactedTopic(t *testing.T) {
	c := start(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	policy := "compact"
	settings := map[string]*string{"cleanup.policy": &policy}
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 2, 1, settings, "x"); err != nil {
		t.Fatal(err)
	}
	_, err = load(t, c, "x.jsonl", `{"n":1}`, "x", topic.LoadOptions{})
	if err == nil || !strings.Contains(err.Error(), "--key") {
		t.Errorf("without a key: %v", err)
	}
	if _, err := load(t, c, "x.jsonl", `{"n":1}`, "x", topic.LoadOptions{Key: key(t, "n"), End: true}); err != nil {
		t.Error(err)
	}
	if _, err := c.End(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	keys := map[string]bool{}
	for _, r := range records(t, c, "x", 5) {
		keys[string(r.Key)] = true
	}
	if len(keys) != 5 || keys[""] {
		t.Errorf("the record and four marks have the keys %v", keys)
	}
}
