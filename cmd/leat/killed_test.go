//go:build unix

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestKilledWhileWriting: what a killed command has begun to write is removed by the next one that writes to the same place, and
// until then the file there is as it was.
func TestKilledWhileWriting(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"p.yaml":    "streams: {a: {file: '-'}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n",
		"out.jsonl": "before\n", "in.jsonl": "{\"n\":1}\n",
	})
	begun := func() []string {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(w.dir, ".out.jsonl.leat-*"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	for name, commands := range map[string]struct{ killed, next []string }{
		"run":     {[]string{"run", "p.yaml"}, []string{"run", "-q", "p.yaml"}},
		"sort":    {[]string{"sort", "-", "--by", "n", "-o", "out.jsonl"}, []string{"convert", "-q", "-", "out.jsonl"}},
		"convert": {[]string{"convert", "-", "out.jsonl"}, []string{"sort", "-q", "-", "--by", "n", "-o", "out.jsonl"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.write("out.jsonl", "before\n")
			command := w.command(commands.killed...)
			if _, err := command.StdinPipe(); err != nil { // which never ends
				t.Fatal(err)
			}
			killWhen(t, command, func() bool { return len(begun()) == 1 })
			if got := w.read("out.jsonl"); got != "before\n" || len(begun()) != 1 {
				t.Errorf("the killed one left %q, and the file is %q", begun(), got)
			}
			status, _, stderr := w.call("{\"n\":1}\n", commands.next...)
			if status != 0 || w.read("out.jsonl") != "{\"n\":1}\n" || len(begun()) > 0 {
				t.Errorf("%d, %s; the file is %q, and there are %q", status, stderr, w.read("out.jsonl"), begun())
			}
		})
	}
}

// killWhen starts a command, and kills it once something is so.
func killWhen(t *testing.T, command *exec.Cmd, so func() bool) {
	t.Helper()
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for tick := time.Tick(5 * time.Millisecond); !so(); {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v, %s", err, &stderr)
		case <-tick:
		}
	}
	if err := command.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("it was not killed")
	}
}
