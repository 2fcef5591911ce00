package matrix_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/pipeline"
)

// many is how many orders there are to look things up in: more than what check reads of both ends.
const many = 5000

// TestLook checks, explains and captures streams in every storage: what is said must be what is said of files.
func TestLook(t *testing.T) {
	w := &workplace{t, t.TempDir(), fmt.Sprintf("look%d-", os.Getpid())}
	all := w.storages()
	var orders, items strings.Builder
	for i := range many {
		fmt.Fprintf(&orders, "{\"id\":%d,\"name\":\"n%d\",\"big\":%d}\n", i, i, i%7)
		if i%3 != 0 {
			fmt.Fprintf(&items, "{\"id\":%d,\"n\":1}\n", i)
		}
	}
	for kind, text := range map[string]string{"orders": orders.String(), "items": items.String()} {
		if err := os.WriteFile(filepath.Join(w.dir, kind+".jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, s := range all[1:] {
			w.copy(kind, all[0], s, kind, kind)
		}
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			w := &workplace{t, w.dir, w.prefix}
			p := w.joined(s)
			w.look(s, p)
			if s != all[0] {
				w.lag(s, p)
				w.lookAtOutput(all[0], s)
				w.away(all[0], s)
			}
			if s.name == "nats" {
				w.lookInSharedStream(s)
			}
		})
	}
}

// joined is a pipeline that joins in a storage, and writes to a file.
func (w *workplace) joined(s *storage) *pipeline.Pipeline {
	w.Helper()
	return w.parse("look-"+s.name, s.connection+fmt.Sprintf(`streams:
  orders: {%s}
  items:  {%s}
  joined: {file: looked-%s.jsonl}
master: orders
join: [{left: orders, right: items, on: orders.id == items.id}]
output: joined
`, s.stream("orders", "orders", true), s.stream("items", "items", true), s.name))
}

func (w *workplace) look(s *storage, p *pipeline.Pipeline) {
	w.Helper()
	options := pipeline.Options{Logger: quiet}
	report, err := p.Check(w.Context(), options)
	if err != nil {
		w.Fatal(err)
	}
	if r := report.Streams[0]; r.Read != 1000 || r.Tail != 1000 || len(report.Problems) > 0 {
		w.Errorf("check has read %d and, at the end, %d:\n%v", r.Read, r.Tail, report)
	}
	if keys := fmt.Sprint(report.Joins[0].LeftKeys); keys != fmt.Sprintf("0 to %d", many-1) {
		w.Errorf("the keys are from %s", keys)
	}
	for key, want := range map[string]string{
		"4000": "So the element of orders is handed over.",
		"3000": "So the element of orders is not handed over, for want of 3000 in items.",
		"9999": "orders has no",
	} {
		explanation, err := p.Explain(w.Context(), options, pipeline.About{Key: key})
		if err != nil {
			w.Fatal(err)
		}
		if !strings.Contains(explanation.String(), want) {
			w.Errorf("%s: got\n%v\nwant %s", key, explanation, want)
		}
	}
	dir := filepath.Join(w.dir, "captured-"+s.name)
	if _, err := p.Capture(w.Context(), "3998", "4001", dir); err != nil {
		w.Fatal(err)
	}
	captured, err := pipeline.Load(filepath.Join(dir, w.prefix+"look-"+s.name+".yaml"))
	if err != nil {
		w.Fatal(err)
	}
	if err := captured.Run(w.Context(), options); err != nil {
		w.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "joined.jsonl"))
	if err != nil {
		w.Fatal(err)
	}
	want := `{"id":3998,"name":"n3998","big":1,"items":[{"id":3998,"n":1}]}
{"id":4000,"name":"n4000","big":3,"items":[{"id":4000,"n":1}]}
{"id":4001,"name":"n4001","big":4,"items":[{"id":4001,"n":1}]}
`
	if diff := cmp.Diff(w.elements(want), w.elements(string(text))); diff != "" {
		w.Errorf("captured: - want, + got\n%s", diff)
	}
}

// lag says where a pipeline is, and where its streams end: by the last order's id in a table, and by an offset in a queue.
func (w *workplace) lag(s *storage, p *pipeline.Pipeline) {
	w.Helper()
	options := pipeline.Options{Logger: quiet}
	for _, run := range []bool{false, true} {
		if run {
			if err := p.Run(w.Context(), options); err != nil {
				w.Fatal(err)
			}
		}
		lag, err := p.Lag(w.Context(), options)
		if err != nil {
			w.Fatal(err)
		}
		orders := lag.Streams[0]
		if orders.Begun != run || run != (orders.Behind < 10) || !run && orders.Behind < many {
			w.Errorf("run %v:\n%v", run, lag)
		}
		end := fmt.Sprintf("(%d)", many-1)
		if !s.ends {
			end = fmt.Sprint(orders.End)
		}
		if s.name == "redis" {
			end = orders.EndAt
		}
		isEnd := end == orders.EndAt || orders.EndAt == "" && !s.ends && orders.End >= many
		if row := strings.Split(lag.String(), "\n")[3]; !isEnd || !strings.Contains(row, " "+end+" ") {
			w.Errorf("run %v, want the end %s:\n%v", run, end, lag)
		}
		w.Logf("%v", lag)
	}
}

// lookInSharedStream finds what lies between the messages of other subjects of a stream of NATS.
func (w *workplace) lookInSharedStream(s *storage) {
	w.Helper()
	_, url, _ := strings.Cut(strings.TrimSuffix(s.connection, "'}\n"), "'")
	conn, err := natsgo.Connect(url)
	if err != nil {
		w.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(4*many))
	if err == nil {
		_, err = js.CreateStream(w.Context(), jetstream.StreamConfig{Name: "SHOP", Subjects: []string{"shared.>"}})
	}
	if err != nil {
		w.Fatal(err)
	}
	for i := range many {
		for _, subject := range []string{"orders", "other", "items", "other"} {
			if subject == "items" && i%3 == 0 {
				continue
			}
			text := fmt.Sprintf(`{"id":%d,"name":"n%[1]d","big":%d}`, i, i%7)
			if subject == "items" {
				text = fmt.Sprintf(`{"id":%d,"n":1}`, i)
			}
			if _, err := js.PublishAsync("shared."+subject, []byte(text)); err != nil {
				w.Fatal(err)
			}
		}
	}
	<-js.PublishAsyncComplete()
	shared := *s
	shared.name = "shared"
	shared.stream = func(_, name string, _ bool) string { return "nats: {subject: shared." + name + "}" }
	p := w.joined(&shared)
	w.look(&shared, p)
	lag, err := p.Lag(w.Context(), pipeline.Options{Logger: quiet})
	if err != nil {
		w.Fatal(err)
	}
	if behind := lag.Streams[0].Behind; behind != many {
		w.Errorf("%d orders are behind, want %d", behind, many)
	}
}
