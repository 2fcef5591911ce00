package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/pipeline"
)

// appendTo appends a text to a file.
func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A written is what a run writes, safe for being looked at meanwhile.
type written struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

const followed = `
streams:
  orders: {file: orders.jsonl, follow: true}
  items: {file: items.jsonl, follow: true}
  out: {file: "-"}
master: orders
join: [{left: orders, right: items, on: orders.id == items.id}]
output: out
emit: {id: orders.id, n: len(items)}
`

// Results of files that grow come as the files do, until the context ends.
func TestFollowedFiles(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	p, err := pipeline.Parse(in("p.yaml"), []byte(followed))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var out written
		var ended error
		var run sync.WaitGroup
		run.Go(func() {
			ended = p.Run(ctx, pipeline.Options{Stdout: &out, Logger: slog.New(slog.DiscardHandler)})
		})
		for _, step := range []struct{ orders, items, want string }{
			{"{\"id\":1}\n", "", ""},
			{"", "{\"id\":1}\n{\"id\":1}\n{\"id\":2}", ""}, // the last line may go on
			{"{\"id\":2}\n", "\n", "{\"id\":1,\"n\":2}\n"},
			{"{\"id\":3}\n", "{\"id\":3}\n", "{\"id\":2,\"n\":1}\n"},
		} {
			if step.orders != "" {
				appendTo(t, in("orders.jsonl"), step.orders)
			}
			if step.items != "" {
				appendTo(t, in("items.jsonl"), step.items)
			}
			before := out.String()
			time.Sleep(2 * time.Second)
			if got := out.String()[len(before):]; got != step.want {
				t.Errorf("behind %q and %q wrote %q, want %q", step.orders, step.items, got, step.want)
			}
		}
		cancel()
		run.Wait()
		if !errors.Is(ended, context.Canceled) {
			t.Errorf("ended with %v", ended)
		}
	})
}

// A session that the data timeout ends puts the output file in its place.
func TestFollowedFilesWithADataTimeout(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	text := strings.ReplaceAll(strings.Replace(followed, "\"-\"", "out.jsonl", 1), "follow: true", "follow: true, data_timeout: 30s")
	p, err := pipeline.Parse(in("p.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, in("orders.jsonl"), "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n")
	appendTo(t, in("items.jsonl"), "{\"id\":1}\n{\"id\":2}\n")
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		go func() {
			time.Sleep(20 * time.Second)
			appendTo(t, in("items.jsonl"), "{\"id\":2}\n")
		}()
		options := pipeline.Options{Logger: slog.New(slog.DiscardHandler), Monitor: &pipeline.Monitor{}}
		if err := p.Run(t.Context(), options); err != nil {
			t.Fatal(err)
		}
		streams := options.Monitor.Progress().Streams
		if orders, items := streams[0], streams[1]; orders.TimedOut || !items.TimedOut || orders.Ended || items.Ended {
			t.Errorf("what ended the session isn't told: %+v", streams)
		}
		if took := time.Since(begun); took < 50*time.Second || took > 51*time.Second {
			t.Errorf("took %v", took)
		}
	})
	const want = "{\"id\":1,\"n\":1}\n{\"id\":2,\"n\":2}\n"
	if got, err := os.ReadFile(in("out.jsonl")); err != nil || string(got) != want {
		t.Errorf("wrote %q, %v", got, err)
	}
}

// A file that grew while it was read is told, with what is in the result.
func TestFileThatGrows(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.jsonl")
	appendTo(t, path, strings.Repeat("{\"id\":1}\n", 1000))
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte("streams: {a: {file: a.jsonl}, out: {file: \"-\"}}\nmaster: a\noutput: out\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ more, want string }{
		"whole lines": {"{\"id\":2}\n{\"id\":3}\n", path + " grew by 18 bytes while it was read: "},
		"half a line": {"{\"id\":4}\n{\"id\":", path + " grew by 15 bytes while it was read: "},
	} {
		var logged bytes.Buffer
		monitor := &pipeline.Monitor{}
		var once sync.Once
		grow := writerFunc(func(p []byte) (int, error) {
			once.Do(func() { appendTo(t, path, c.more) })
			return len(p), nil
		})
		if err := p.Run(t.Context(), pipeline.Options{Stdout: grow, Monitor: monitor, Logger: slog.New(slog.NewTextHandler(&logged, nil))}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		warnings := monitor.Progress().Warnings
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], c.want) ||
			!strings.HasSuffix(warnings[0], "; with follow: true at the stream a run goes on reading") {
			t.Errorf("%s: warned %q", name, warnings)
		}
		if !strings.Contains(logged.String(), "grew by") {
			t.Errorf("%s: logged %s", name, logged.String())
		}
		if err := os.WriteFile(path, []byte(strings.Repeat("{\"id\":1}\n", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
