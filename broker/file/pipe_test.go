//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package file_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

func fifo(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A named pipe leads from one broker to another: it is written straight and stays a pipe.
func TestNamedPipe(t *testing.T) {
	for name, want := range map[string]string{"a.json": `{"a":1} {"a":2}`, "a.jsonl": `{"a":1} {"a":2}`,
		"a.json.gz": `{"a":1} {"a":2}`} {
		t.Run(name, func(t *testing.T) {
			b := file.New(file.At[location](fifo(t, name)))
			in, err := openSource(b)
			if err != nil {
				t.Fatal(err)
			}
			out, err := openSink(b)
			if err != nil {
				t.Fatal(err)
			}
			wrote := make(chan error)
			go func() {
				wrote <- errors.Join(commit(out, false, `{"a":1}`), commit(out, true, `{"a":2}`), out.Close())
			}()
			got, err := values(in, 0)
			if err := errors.Join(err, <-wrote); err != nil || strings.Join(got, " ") != want {
				t.Errorf("got %q, %v", got, err)
			}
			if _, total := in.(broker.Meter).Bytes(); total != 0 {
				t.Errorf("total is %d, want 0: it isn't known", total)
			}
		})
	}
}

// A link to a pipe, as /dev/stdout is one, leads to the pipe.
func TestLinkToPipe(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	path := fmt.Sprintf("/dev/fd/%d", writer.Fd())
	if _, err := os.Stat(path); err != nil {
		path = fifo(t, "a") // no such links here
		if reader, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
			t.Fatal(err)
		}
	}
	out := mustOpen(t, path)
	if err := errors.Join(commit(out, true, "{}"), out.Close()); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(reader, got); err != nil || string(got) != "[\n{}\n]\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := writer.Close(); err != nil {
		t.Error(err)
	}
}

// Even an empty result opens the pipe, as its reader waits for that.
func TestNamedPipeWithoutResults(t *testing.T) {
	b := file.New(file.At[location](fifo(t, "a.jsonl")))
	in, err := openSource(b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := openSink(b)
	if err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error)
	go func() { wrote <- errors.Join(commit(out, true), out.Close()) }()
	if got, err := values(in, 0); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

// Neither waiting for somebody who writes a pipe nor for somebody who reads it outlasts the context by a second.
func TestNamedPipeWaits(t *testing.T) {
	path := fifo(t, "a.json")
	b := file.New(file.At[location](path))
	in, err := openSource(b)
	if err != nil {
		t.Fatal(err)
	}
	r, err := in.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := r.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the read got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	out, err := openSink(file.New(file.At[location](fifo(t, "b.json"))))
	if err != nil {
		t.Fatal(err)
	}
	err = out.Commit(ctx, []broker.Commit{{Results: []broker.Result{{Value: []byte("{}")}}}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the commit got %v", err)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	writer, err := os.OpenFile(path, os.O_RDWR, 0) // lets the reader that was left behind end
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Error(err)
	}
}

// One pipe can't serve two nodes.
func TestNamedPipeTwice(t *testing.T) {
	path := fifo(t, "a.json")
	_, err := openSource(file.New(file.At[location](path), file.At[speed](path)))
	want := "input " + path + ", declared for file_test.speed: a pipe can be read by one node only, " +
		"and it is also input " +
		path + ", declared for file_test.location; write it to a file first"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}
