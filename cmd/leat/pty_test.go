//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sync/errgroup"
)

// A typescript is what a command has written to a terminal.
type typescript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *typescript) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(text)
}

func (s *typescript) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return shown(s.text.String())
}

// TestLinesOnATerminal runs the command on a pseudo terminal of 60 columns: its lines stay in place while it waits for
// its input, say so, and are gone in the end.
func TestLinesOnATerminal(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"live.yaml": "streams: {a: {file: '-'}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n",
	})
	terminal, own, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if err := pty.Setsize(own, &pty.Winsize{Rows: 20, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	command := w.command("run", "live.yaml")
	command.Env = append(command.Env, "TERM=xterm", "NO_COLOR=1")
	command.Stdout, command.Stderr = own, own
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	own.Close()
	var script typescript
	var reading errgroup.Group
	reading.Go(func() error {
		_, err := io.Copy(&script, terminal) // ends with an error where the terminal is closed
		return err
	})
	if _, err := io.WriteString(input, `{"n":1}`+"\n"+`{"n":2}`+"\n"); err != nil {
		t.Fatal(err)
	}
	waiting := func(lines []string) bool {
		return len(lines) == 2 && strings.HasPrefix(lines[0], "waiting for a for ") && strings.HasPrefix(lines[1], "  a  ")
	}
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(30 * time.Second); !waiting(script.lines()); <-ticks.C {
		if time.Now().After(deadline) {
			t.Fatalf("the terminal shows\n%s", strings.Join(script.lines(), "\n"))
		}
	}
	if at := slices.IndexFunc(script.lines(), func(line string) bool { return len([]rune(line)) >= 60 }); at >= 0 {
		t.Errorf("line %q is too wide", script.lines()[at])
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Fatal(err)
	}
	_ = reading.Wait()
	if lines := script.lines(); len(lines) != 3 || !strings.HasPrefix(lines[0], "stream  file  read  matched") {
		t.Errorf("in the end the terminal shows\n%s", strings.Join(lines, "\n"))
	}
	if bytes.Contains(script.text.Bytes(), []byte("\x1b[3")) {
		t.Error("there are colours")
	}
	if _, err := os.Stat(w.dir + "/out.jsonl"); err != nil {
		t.Error(err)
	}
}

// A terminal that can't move its cursor gets no lines that stay.
func TestDumbTerminal(t *testing.T) {
	t.Setenv("TERM", "dumb")
	c := &runCommand{Progress: "auto"}
	if how := c.show(&app{terminal: true}, false); how != showNothing {
		t.Errorf("it shows %s", how)
	}
}
