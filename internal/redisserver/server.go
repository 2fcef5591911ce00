// Package redisserver runs a real Redis for tests, of the program that is installed: on loopback and a free port,
// in a folder of its own, so that nothing it has confirmed is lost. It can be killed and started again on what it
// has stored, as a server in the field can.
package redisserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/internal/testserver"
)

const (
	// startTimeout is how long a server may take until it answers. It takes a few milliseconds on two idle cores.
	startTimeout = time.Minute
	// Password is that of the server's default user.
	Password = "top-secret-of-tests"
)

// ErrNotInstalled says that there is no Redis on this machine.
var ErrNotInstalled = fmt.Errorf("Redis %w: no redis-server in $PATH; "+
	"on Debian: apt install redis-server", testserver.ErrNotInstalled)

// A Server is a Redis server. Make one with [Start]. Its methods must not be called at the same time.
type Server struct {
	dir, program string
	port         int
	settings     []string
	process      *testserver.Process
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
	if s.port, err = testserver.FreePort(); err != nil {
		return nil, err
	}
	return s, s.Restart(ctx)
}

// Demo is Start for an example. It returns the url of a database, and what ends the server.
func Demo(ctx context.Context, dir string) (url string, stop func() error, err error) {
	s, err := Start(ctx, dir)
	if err != nil {
		return "", nil, err
	}
	return s.URL("default", Password, 0), s.Kill, nil
}

// Address returns host and port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL returns what a user connects to a database with.
func (s *Server) URL(user, password string, database int) string {
	return fmt.Sprintf("redis://%s:%s@%s/%d", user, password, s.Address(), database)
}

// Restart starts the server on what it has stored, after [Server.Kill], and returns when it answers.
func (s *Server) Restart(ctx context.Context) (err error) {
	arguments := []string{"--bind", "127.0.0.1", "--port", fmt.Sprint(s.port), "--dir", s.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--requirepass", Password, "--daemonize", "no"}
	command := exec.CommandContext(context.WithoutCancel(ctx), s.program, append(arguments, s.settings...)...)
	command.Dir = s.dir
	if s.process, err = testserver.Launch(command, filepath.Join(s.dir, "server.log")); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.await(limited); err != nil {
		return errors.Join(fmt.Errorf("start Redis: %w; its log is in %s", err, s.dir), s.Kill())
	}
	return nil
}

// await waits until the server answers. It looks at the port first: a client that can't be connected writes to standard
// error.
func (s *Server) await(ctx context.Context) error {
	client := goredis.NewClient(&goredis.Options{Addr: s.Address(), Password: Password, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = client.Close() }()
	return s.process.Await(ctx, 5*time.Millisecond, func(ctx context.Context) bool {
		return testserver.Listens(ctx, s.Address()) && client.Ping(ctx).Err() == nil
	})
}

// Pid returns the process's id.
func (s *Server) Pid() int { return s.process.Pid }

// Kill ends the server at once. Its data stay in its folder, with all that it has confirmed.
func (s *Server) Kill() error { return s.process.End(os.Kill) }
