//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// TestInterrupt interrupts a run that waits for standard input: it stops cleanly, says so, and how far it has come.
func TestInterrupt(t *testing.T) {
	w := newWorkplace(t, files())
	command := w.command("run", "pipe.yaml")
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Write([]byte("{\"n\":1}\n{\"n\":2}\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "{\"n\":2}\n" {
		t.Errorf("first result %q, %v", line, err)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = command.Wait()
	const want = `stream  file  read  matched  unmatched  skipped
a       -        2        2          0        0
2 results in TIME, then interrupted
a was read up to line 2, when the run was interrupted
leat: interrupted: what was written stays, and the next run begins at the start
`
	got := regexp.MustCompile(`in [0-9.]+m?s,`).ReplaceAllString(stderr.String(), "in TIME,")
	if command.ProcessState.ExitCode() != 130 || got != want {
		t.Errorf("%v, status %d, %s", err, command.ProcessState.ExitCode(), got)
	}
}

// TestInterruptOnKafka interrupts a run between results: the next run under the same name goes on where it was (R8).
func TestInterruptOnKafka(t *testing.T) {
	t.Setenv("LEAT_BROKERS", kafka(t))
	w := newWorkplace(t, files())
	w.write("kafka.yaml", "streams: {a: {topic: a}, b: {topic: b}}\nmaster: a\noutput: b\nemit: {n: a.n * 2}\n"+
		"kafka: {brokers: '"+os.Getenv("LEAT_BROKERS")+"'}\n")
	load := func(text, topic string) {
		t.Helper()
		if status, _, stderr := w.call(text, "topic", "load", "-", topic); status != 0 {
			t.Fatal(stderr)
		}
	}
	load("{\"n\":1}\n{\"n\":2}\n", "a")
	load("", "b")
	dump := w.command("topic", "dump", "--until-end", "b")
	dumped, err := dump.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	run := w.command("run", "--instance", "one", "kafka.yaml")
	var stderr bytes.Buffer
	run.Stderr = &stderr
	for _, command := range []*exec.Cmd{run, dump} {
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
	}
	results := bufio.NewReader(dumped)
	for _, want := range []string{"{\"n\":2}\n", "{\"n\":4}\n"} {
		if got, err := results.ReadString('\n'); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); run.ProcessState.ExitCode() != 130 || stderr.String() != "leat: interrupted: what was "+
		"finished is committed, and the next run goes on behind it\n" {
		t.Errorf("%v, status %d, %s", err, run.ProcessState.ExitCode(), stderr.String())
	}
	load("{\"n\":3}\n", "a")
	if status, stdout, stderr := w.call("", "topic", "end", "a"); status != 0 {
		t.Fatal(stdout, stderr)
	}
	if status, _, stderr := w.call("", "run", "--instance", "one", "kafka.yaml"); status != 0 || stderr != "" {
		t.Errorf("status %d, %s", status, stderr)
	}
	if rest, err := io.ReadAll(results); err != nil || string(rest) != "{\"n\":6}\n" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	if err := dump.Wait(); err != nil {
		t.Error(err)
	}
}
