// Package redisserver runs a real Redis for tests, of the program that is installed: on loopback and a free port,
// in a folder of its own, so that nothing it has confirmed is lost. It can be killed and started again on what it
// has stored, as a server in the field can.
package redisserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// startTimeout is how long a server may take until it answers. It takes a few milliseconds on two idle cores.
	startTimeout = time.Minute
	// Password is that of the server's default user.
	Password = "top-secret-of-tests"
)

// ErrNotInstalled says that there is no Redis on this machine.
var ErrNotInstalled = errors.New("Redis isn't installed: no redis-server in $PATH")

// A Server is a Redis server. Make one with [Start]. Its methods must not be called at the same time.
type Server struct {
	dir, program string
	port         int
	settings     []string
	process      *exec.Cmd
	// exited gets what the process ended with, once.
	exited chan error
	log    *os.File
}

// Start starts a new server in dir, which must not exist, with more settings as redis-server takes them, "--name",
// "value". End it with [Server.Kill]. The error is [ErrNotInstalled] where there is none.
func Start(ctx context.Context, dir string, settings ...string) (*Server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, ErrNotInstalled
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s := &Server{dir: dir, program: program, settings: settings}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	return s, s.Restart(ctx)
}

// Address returns host and port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL returns what a user connects to a database with.
func (s *Server) URL(user, password string, database int) string {
	return fmt.Sprintf("redis://%s:%s@%s/%d", user, password, s.Address(), database)
}

// Restart starts the server on what it has stored, after [Server.Kill], and returns when it answers.
func (s *Server) Restart(ctx context.Context) (err error) {
	log := filepath.Join(s.dir, "server.log")
	if s.log, err = os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	arguments := []string{"--bind", "127.0.0.1", "--port", fmt.Sprint(s.port), "--dir", s.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--requirepass", Password, "--daemonize", "no"}
	s.process = exec.CommandContext(context.WithoutCancel(ctx), s.program, append(arguments, s.settings...)...)
	s.process.Dir = s.dir
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		return errors.Join(err, s.log.Close())
	}
	exited, process := make(chan error, 1), s.process
	go func() { exited <- process.Wait() }()
	s.exited = exited
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.await(limited); err != nil {
		return errors.Join(fmt.Errorf("start Redis: %w; its log is in %s", err, s.dir), s.Kill())
	}
	return nil
}

// await waits until the server answers.
func (s *Server) await(ctx context.Context) error {
	client := goredis.NewClient(&goredis.Options{Addr: s.Address(), Password: Password, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = client.Close() }()
	for {
		if s.listens() && client.Ping(ctx).Err() == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("the process has ended: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// listens reports whether the port is open: a client that can't be connected writes to standard error.
func (s *Server) listens() bool {
	conn, err := net.Dial("tcp", s.Address())
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// Pid returns the process's id.
func (s *Server) Pid() int { return s.process.Process.Pid }

// Kill ends the server at once. Its data stay in its folder, with all that it has confirmed.
func (s *Server) Kill() error {
	if err := s.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	var exit *exec.ExitError
	if err := <-s.exited; err != nil && !errors.As(err, &exit) {
		return err
	}
	return s.log.Close()
}

// freePort returns a port that nobody listened on a moment ago.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
