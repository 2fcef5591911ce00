// Package testserver is what the servers that tests run have in common: each is a process of an installed program, on
// loopback and a free port, in a folder of its own, ended by its process id.
package testserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"
)

// ErrNotInstalled says that there is no such server on this machine.
var ErrNotInstalled = errors.New("isn't installed")

// A Process is a server's. Make one with [Launch].
type Process struct {
	*os.Process
	log *os.File
	// ended is closed when the process has ended, with exit then.
	ended chan struct{}
	exit  error
}

// Launch starts a program whose output is added to the file log.
func Launch(command *exec.Cmd, log string) (*Process, error) {
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return nil, errors.Join(err, output.Close())
	}
	p := &Process{Process: command.Process, log: output, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.exit = command.Wait()
	}()
	return p, nil
}

// ErrEnded says that a process has ended that was waited for.
var ErrEnded = errors.New("the process has ended")

// Await asks ready from time to time until it is. The error wraps [ErrEnded] where the process has ended before.
func (p *Process) Await(ctx context.Context, interval time.Duration, ready func(ctx context.Context) bool) error {
	for !ready(ctx) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
			return fmt.Errorf("%w: %v", ErrEnded, p.exit)
		case <-time.After(interval):
		}
	}
	return nil
}

// End sends a signal, unless the process has ended, and waits for its end. It may be called again.
func (p *Process) End(signal os.Signal) error {
	if err := p.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	var exit *exec.ExitError
	if p.exit != nil && !errors.As(p.exit, &exit) {
		return p.exit
	}
	if err := p.log.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// Listens reports whether somebody takes connections at an address.
func Listens(ctx context.Context, address string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	return err == nil && conn.Close() == nil
}

// FreePorts returns ports that nobody listened on a moment ago.
func FreePorts(n int) (ports []int, err error) {
	var listeners []net.Listener
	defer func() {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
	}()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// FreePort is FreePorts for one.
func FreePort() (int, error) {
	ports, err := FreePorts(1)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}
