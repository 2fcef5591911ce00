// Package postgresserver runs a real PostgreSQL for tests, of the programs that are installed: on loopback and a free
// port, in a folder of its own, as an unprivileged user. It can be killed and started again on what it has stored, as a
// server in the field can.
package postgresserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

const (
	// startTimeout is how long a server may take until it takes connections. It takes about a second on two idle cores.
	startTimeout = 2 * time.Minute
	// User and Password are those of the server's superuser.
	User, Password = "postgres", "top-secret-of-tests"
	account        = testserver.Account("postgres")
)

// ErrNotInstalled says that there is no PostgreSQL on this machine.
var ErrNotInstalled = fmt.Errorf("PostgreSQL %w: no initdb in $PATH or /usr/lib/postgresql/*/bin; "+
	"on Debian: apt install postgresql", testserver.ErrNotInstalled)

// A Server is a PostgreSQL server. Make one with [Start]. Its methods must not be called at the same time.
type Server struct {
	dir, programs string
	port          int
	process       *testserver.Process
}

// Start starts a new server in dir, which must not exist. Stop it with [Server.Stop]. The error is [ErrNotInstalled]
// where there is none.
func Start(ctx context.Context, dir string) (*Server, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, programs: programs}
	if err := s.makeDir(); err != nil {
		return nil, err
	}
	secret := s.file("secret")
	if err := os.WriteFile(secret, []byte(Password), 0o644); err != nil {
		return nil, err
	}
	initialise := s.command(ctx, "initdb", "-D", s.file("data"), "-U", User, "-A", "scram-sha-256", "--pwfile", secret,
		"--no-sync", "--encoding", "UTF8", "--locale", "C")
	if output, err := initialise.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, output)
	}
	if s.port, err = testserver.FreePort(); err != nil {
		return nil, err
	}
	return s, s.Restart(ctx)
}

// Demo is Start for an example. It returns the url of the superuser's database, and what ends the server.
func Demo(ctx context.Context, dir string) (url string, stop func() error, err error) {
	s, err := Start(ctx, dir)
	if err != nil {
		return "", nil, err
	}
	return s.URL(User, Password, "postgres"), s.Stop, nil
}

// makeDir makes the folder, which belongs to the user that the server runs as.
func (s *Server) makeDir() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	return account.Own(s.dir)
}

// URL returns what a user connects to a database with.
func (s *Server) URL(user, password, database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", user, password, s.port, database)
}

// Address returns the server's host and port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Pid returns the id of the server's first process, whose children serve connections.
func (s *Server) Pid() int { return s.process.Pid }

// Restart starts the server on what it has stored, after [Server.Kill] or [Server.Stop], and returns when it takes
// connections. A server that was killed leaves backends behind that end on their own; until they have, the new one finds
// their shared memory in use and ends at once, so that it is started again.
func (s *Server) Restart(ctx context.Context) (err error) {
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if err := s.launch(ctx); err != nil {
			return err
		}
		err := s.process.Await(limited, 50*time.Millisecond, s.isReady)
		if err == nil {
			return nil
		}
		if killed := s.Kill(); limited.Err() != nil || killed != nil {
			return errors.Join(fmt.Errorf("start PostgreSQL: %w; its log is %s", err, s.file("server.log")), killed)
		}
	}
}

// launch starts the process.
func (s *Server) launch(ctx context.Context) (err error) {
	command := s.command(context.WithoutCancel(ctx), "postgres", "-D", s.file("data"), "-k", s.dir, "-p",
		fmt.Sprint(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "wal_level=logical", "-c", "max_prepared_transactions=5", "-c",
		"fsync=off", "-c", "max_replication_slots=100", "-c", "max_wal_senders=100")
	s.process, err = testserver.Launch(command, s.file("server.log"))
	return err
}

// isReady reports whether the server takes connections.
func (s *Server) isReady(ctx context.Context) bool {
	return s.command(ctx, "pg_isready", "-q", "-h", "127.0.0.1", "-p", fmt.Sprint(s.port)).Run() == nil
}

// Kill ends the server at once. Its backends notice on their own, and the next start recovers.
func (s *Server) Kill() error {
	return s.process.End(os.Kill)
}

// Stop ends the server and its connections, and waits for it. Its data stay in its folder.
func (s *Server) Stop() error {
	return s.process.End(os.Interrupt) // a fast shutdown
}

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) command(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(s.programs, name), arguments...)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "LC_ALL=C")
	account.Run(command)
	return command
}

// find returns the folder of the newest PostgreSQL's programs.
func find() (string, error) {
	name := "initdb"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		return "", err
	}
	if len(installed) > 0 {
		return filepath.Dir(installed[len(installed)-1]), nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", ErrNotInstalled
	}
	return filepath.Dir(path), nil
}
