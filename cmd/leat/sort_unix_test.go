//go:build unix

package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestSortKilled: what a killed sort leaves behind, the next one removes, and its output is as if it had never been.
func TestSortKilled(t *testing.T) {
	w := newWorkplace(t, map[string]string{"a.jsonl": unsorted, "out.jsonl": "before\n"})
	kill, temporary := spilling(t, w)
	kill(syscall.SIGKILL)
	if len(list(t, temporary)) != 1 || w.read("out.jsonl") != "before\n" || len(list(t, w.dir)) != 3 {
		t.Errorf("behind the kill there are %v and %v, and the output is %s", list(t, temporary), list(t, w.dir),
			w.read("out.jsonl"))
	}
	t.Setenv("TMPDIR", temporary)
	if status, _, stderr := w.call("", "sort", "a.jsonl", "--by", "t", "-o", "out.jsonl", "-q"); status != 0 {
		t.Fatal(stderr)
	}
	if left := list(t, temporary); len(left) != 0 || w.read("out.jsonl") != inOrder ||
		!slices.Equal(list(t, w.dir), []string{"a.jsonl", "out.jsonl"}) {
		t.Errorf("behind the next there are %v and %v, and the output is %s", left, list(t, w.dir), w.read("out.jsonl"))
	}
}

// TestSortIntoHead: where its reader has seen enough, a sort removes its temporary file before it ends.
func TestSortIntoHead(t *testing.T) {
	var text strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&text, "{\"t\":%d}\n", i*7919%50_000)
	}
	w := newWorkplace(t, map[string]string{"a.jsonl": text.String()})
	temporary := t.TempDir()
	command := w.command("sort", "a.jsonl", "--by", "t", "--memory", "100KB")
	command.Env = append(command.Env, "TMPDIR="+temporary)
	var stderr strings.Builder
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "{\"t\":0}\n" {
		t.Errorf("%s, %v", line, err)
	}
	if err := stdout.Close(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // the status says it
	if status := command.ProcessState.ExitCode(); status != statusFailed ||
		!strings.Contains(stderr.String(), "standard output: its reader has closed it") {
		t.Errorf("status %d, %s", status, stderr.String())
	}
	if left := list(t, temporary); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
}

// TestSortInterrupted: an interrupt leaves nothing behind, and says so.
func TestSortInterrupted(t *testing.T) {
	w := newWorkplace(t, nil)
	kill, temporary := spilling(t, w)
	if status := kill(os.Interrupt); status != statusInterrupted {
		t.Errorf("status %d", status)
	}
	if len(list(t, temporary)) != 0 || len(list(t, w.dir)) != 0 {
		t.Errorf("there are %v and %v", list(t, temporary), list(t, w.dir))
	}
}
