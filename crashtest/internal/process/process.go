// Package process has the processes of the crash tests: each is a mill that can be killed, stopped where it is, and asked to
// end.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

const (
	// leaveTimeout is how long a process may take to end when it is asked to, or when it has been replaced.
	leaveTimeout = 60 * time.Second
	// tailBytes is how much of a log an error shows.
	tailBytes = 4000
)

// A Process is a process that was started. It is safe for concurrent use.
type Process struct {
	// Name tells it from all others.
	Name    string
	command *exec.Cmd
	// stdin asks the process to end when it is closed.
	stdin io.Closer
	log   *os.File
	// done is closed when the process has ended, with its exit status in status.
	done   chan struct{}
	status int
}

// Start starts this program with other arguments, and its standard error at the end of the file log. [Process.Wait] must be
// called.
func Start(name, log string, arguments []string) (_ *Process, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Process{Name: name, done: make(chan struct{})}
	if p.log, err = os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return nil, err
	}
	p.command = exec.Command(program, arguments...)
	p.command.Stderr = p.log
	if p.stdin, err = p.command.StdinPipe(); err == nil {
		err = p.command.Start()
	}
	if err != nil {
		return nil, errors.Join(err, p.log.Close())
	}
	return p, nil
}

// Wait waits until the process has ended, and returns how where its exit status isn't 0.
func (p *Process) Wait() error {
	err := p.command.Wait()
	p.status = p.command.ProcessState.ExitCode()
	close(p.done)
	return errors.Join(err, p.log.Close())
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Status returns the exit status of a process that has ended.
func (p *Process) Status() int { return p.status }

// Kill kills the process, also one that is frozen.
func (p *Process) Kill() { _ = p.command.Process.Kill() } // where it fails, the process has ended

// Leave asks the process to end.
func (p *Process) Leave() { _ = p.stdin.Close() }

// Freeze stops the process where it is.
func (p *Process) Freeze() error { return testserver.Freeze(p.command.Process) }

// Thaw lets it go on.
func (p *Process) Thaw() error { return testserver.Thaw(p.command.Process) }

// Expect waits for the process to end by itself, with the exit status given.
func (p *Process) Expect(ctx context.Context, status int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
	case <-time.After(leaveTimeout):
		return p.Errorf("should end, but after %v it still runs", leaveTimeout)
	}
	if p.status != status {
		return p.Errorf("has ended with exit status %d instead of %d", p.status, status)
	}
	return nil
}

// ExpectOneEnds waits until one of two processes has ended, with the exit status given, and returns the other one.
func ExpectOneEnds(ctx context.Context, a, b *Process, status int) (lives *Process, err error) {
	ended := a
	select {
	case <-a.done:
		lives = b
	case <-b.done:
		ended, lives = b, a
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(leaveTimeout):
		return nil, a.Errorf("and %s have one name, and both still run after %v", b.Name, leaveTimeout)
	}
	select {
	case <-lives.done:
		return nil, ended.Errorf("and %s have one name, and both have ended", lives.Name)
	default:
		return lives, ended.Expect(ctx, status)
	}
}

// Errorf returns an error about the process that shows the end of its log. The format goes on behind its name.
func (p *Process) Errorf(format string, arguments ...any) error {
	return fmt.Errorf("process %s %w; its log %s ends with:\n%s", p.Name, fmt.Errorf(format, arguments...), p.log.Name(),
		tail(p.log.Name()))
}

// tail returns the end of a file.
func tail(name string) []byte {
	content, err := os.ReadFile(name)
	if err != nil {
		return []byte(err.Error())
	}
	content = bytes.TrimSpace(content)
	return content[max(0, len(content)-tailBytes):]
}
