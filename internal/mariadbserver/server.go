// Package mariadbserver runs a real MariaDB for tests, of the programs that are installed: on loopback and a free port,
// in a folder of its own, as an unprivileged user. It can be killed and started again on what it has stored, as a server
// in the field can.
package mariadbserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	// startTimeout is how long a server may take until it takes connections. It takes some seconds on two idle cores.
	startTimeout = 2 * time.Minute
	// User and Password are those of a user who may do everything.
	User, Password = "admin", "top-secret-of-tests"
)

// ErrNotInstalled says that there is no MariaDB on this machine.
var ErrNotInstalled = errors.New("MariaDB isn't installed: no mariadbd and mariadb-install-db in $PATH or /usr/sbin")

// A Server is a MariaDB server. Make one with [Start]. Its methods must not be called at the same time.
type Server struct {
	dir, program string
	port         int
	process      *exec.Cmd
	// exited gets what the process ended with, once.
	exited chan error
	log    *os.File
}

// Start starts a new server in dir, which must not exist. Stop it with [Server.Stop]. The error is [ErrNotInstalled]
// where there is none.
func Start(ctx context.Context, dir string) (*Server, error) {
	program, err := find("mariadbd")
	if err != nil {
		return nil, err
	}
	install, err := find("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, program: program}
	if err := s.makeDir(); err != nil {
		return nil, err
	}
	initialise := s.command(ctx, install, "--no-defaults", "--datadir="+s.file("data"), "--skip-test-db",
		"--auth-root-authentication-method=normal")
	if output, err := initialise.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w: %s", err, output)
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	return s, s.Restart(ctx)
}

// makeDir makes the folder, which belongs to the user that the server runs as, with the statements that it starts with.
func (s *Server) makeDir() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	statements := fmt.Sprintf("CREATE USER IF NOT EXISTS '%s'@'127.0.0.1' IDENTIFIED BY '%s';\n"+
		"GRANT ALL ON *.* TO '%[1]s'@'127.0.0.1' WITH GRANT OPTION;\n", User, Password)
	if err := os.WriteFile(s.file("init.sql"), []byte(statements), 0o644); err != nil {
		return err
	}
	return own(s.dir)
}

// Address returns host and port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Restart starts the server on what it has stored, after [Server.Kill] or [Server.Stop], and returns when it takes
// connections.
func (s *Server) Restart(ctx context.Context) (err error) {
	if s.log, err = os.OpenFile(s.file("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	s.process = s.command(context.WithoutCancel(ctx), s.program, "--no-defaults", "--datadir="+s.file("data"),
		"--socket="+s.file("socket"), "--pid-file="+s.file("pid"), fmt.Sprintf("--port=%d", s.port),
		"--bind-address=127.0.0.1", "--init-file="+s.file("init.sql"), "--innodb-buffer-pool-size=32M", "--skip-name-resolve")
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
		return errors.Join(fmt.Errorf("start MariaDB: %w; its log is %s", err, s.file("server.log")), s.Kill())
	}
	return nil
}

// await waits until the server takes connections.
func (s *Server) await(ctx context.Context) error {
	for {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", s.Address())
		if err == nil {
			// A server that isn't ready closes the connection without a greeting.
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			n, _ := conn.Read(make([]byte, 1))
			_ = conn.Close()
			if n > 0 {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("the process has ended: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Pid returns the process's id.
func (s *Server) Pid() int { return s.process.Process.Pid }

// Kill ends the server at once. The next start recovers.
func (s *Server) Kill() error { return s.end(os.Kill) }

// Stop ends the server. Its data stay in its folder; where the system has no signals to ask it by, it is killed.
func (s *Server) Stop() error { return s.end(terminate) }

func (s *Server) end(signal os.Signal) error {
	if err := s.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	var exit *exec.ExitError
	if err := <-s.exited; err != nil && !errors.As(err, &exit) {
		return err
	}
	return s.log.Close()
}

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "LC_ALL=C")
	runUnprivileged(command)
	return command
}

// find returns a program's path.
func find(name string) (string, error) {
	for _, candidate := range []string{name, "/usr/sbin/" + name, "/usr/bin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", ErrNotInstalled
}

// freePort returns a port that nobody listened on a moment ago.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
