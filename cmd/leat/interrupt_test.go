//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os"
	"testing"
)

// TestInterrupt interrupts a run that waits for standard input: it stops cleanly and says so.
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
	if err := command.Wait(); command.ProcessState.ExitCode() != 130 || stderr.String() != "leat: interrupted\n" {
		t.Errorf("%v, status %d, %s", err, command.ProcessState.ExitCode(), stderr.String())
	}
}
