package pipeline_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/topic"
)

// TestDryRunOnKafka: a dry run reads topics from their start each time, also behind a run that has committed, and leaves
// nothing behind: no output topic, and no positions.
func TestDryRunOnKafka(t *testing.T) {
	demo, err := topic.StartDemo(false)
	if err != nil {
		t.Fatal(err)
	}
	defer demo.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.jsonl"), []byte("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	load := topic.LoadOptions{End: true, Partitions: 1}
	if _, err := demo.Load(t.Context(), filepath.Join(dir, "in.jsonl"), "in", load); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte("kafka: {brokers: ["+strings.Join(demo.Brokers, ", ")+
		"]}\nstreams: {a: {topic: in}, out: {topic: out}}\nmaster: a\noutput: out\n"))
	if err != nil {
		t.Fatal(err)
	}
	options := pipeline.Options{Logger: slog.New(slog.DiscardHandler)}
	try := func() {
		t.Helper()
		var got []string
		err := p.DryRun(t.Context(), options, func(json []byte) error {
			got = append(got, string(json))
			return nil
		})
		if diff := cmp.Diff([]string{`{"n":1}`, `{"n":2}`, `{"n":3}`}, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
	try()
	try()
	if _, err := demo.Dump(t.Context(), "out", topic.DumpOptions{}, &strings.Builder{}); err == nil {
		t.Error("a dry run has made the output")
	}
	if err := p.Run(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	try()
	var written strings.Builder
	if _, err := demo.Dump(t.Context(), "out", topic.DumpOptions{}, &written); err != nil || strings.Count(written.String(), "\n") != 3 {
		t.Error(err, written.String())
	}
}
