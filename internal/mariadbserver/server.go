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

	"github.com/leat-go/leat/internal/testserver"
)

const (
	// startTimeout is how long a server may take until it takes connections. It takes some seconds on two idle cores.
	startTimeout = 2 * time.Minute
	// User and Password are those of a user who may do everything.
	User, Password = "admin", "top-secret-of-tests"
	// Database is one that is there from the start, and empty.
	Database = "leat"
	account  = testserver.Account("mysql")
)

// ErrNotInstalled says that there is no MariaDB on this machine.
var ErrNotInstalled = fmt.Errorf("MariaDB %w: no mariadbd and mariadb-install-db in $PATH or /usr/sbin; on Debian: apt "+
	"install mariadb-server", testserver.ErrNotInstalled)

// A Server is a MariaDB server. Make one with [Start]. Its methods must not be called at the same time.
type Server struct {
	dir, program string
	arguments    []string
	port         int
	process      *testserver.Process
}

// Start starts a new server in dir, which must not exist, with more arguments for mariadbd. Stop it with [Server.Stop]. The
// error is [ErrNotInstalled] where there is none.
func Start(ctx context.Context, dir string, arguments ...string) (*Server, error) {
	program, err := find("mariadbd")
	if err != nil {
		return nil, err
	}
	install, err := find("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, program: program, arguments: arguments}
	if err := s.makeDir(); err != nil {
		return nil, err
	}
	initialise := s.command(ctx, install, "--no-defaults", "--datadir="+s.file("data"), "--skip-test-db",
		"--auth-root-authentication-method=normal")
	if output, err := initialise.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w: %s", err, output)
	}
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
	return s.URL(User, Password, Database), s.Stop, nil
}

// makeDir makes the folder, which belongs to the user that the server runs as, with the statements that it starts with.
func (s *Server) makeDir() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	statements := fmt.Sprintf("CREATE USER IF NOT EXISTS '%s'@'127.0.0.1' IDENTIFIED BY '%s';\n"+
		"GRANT ALL ON *.* TO '%[1]s'@'127.0.0.1' WITH GRANT OPTION;\n"+
		"CREATE DATABASE IF NOT EXISTS %[3]s CHARACTER SET utf8mb4;\n", User, Password, Database)
	if err := os.WriteFile(s.file("init.sql"), []byte(statements), 0o644); err != nil {
		return err
	}
	return account.Own(s.dir)
}

// Address returns host and port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL returns the one of a database, for package broker/mysql.
func (s *Server) URL(user, password, database string) string {
	return fmt.Sprintf("mysql://%s:%s@%s/%s", user, password, s.Address(), database)
}

// Restart starts the server on what it has stored, after [Server.Kill] or [Server.Stop], and returns when it takes
// connections.
func (s *Server) Restart(ctx context.Context) (err error) {
	arguments := append([]string{"--no-defaults", "--datadir=" + s.file("data"), "--socket=" + s.file("socket"),
		"--pid-file=" + s.file("pid"), fmt.Sprintf("--port=%d", s.port), "--bind-address=127.0.0.1",
		"--init-file=" + s.file("init.sql"), "--innodb-buffer-pool-size=32M", "--skip-name-resolve"}, s.arguments...)
	command := s.command(context.WithoutCancel(ctx), s.program, arguments...)
	if s.process, err = testserver.Launch(command, s.file("server.log")); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.process.Await(limited, 20*time.Millisecond, s.greets); err != nil {
		return errors.Join(fmt.Errorf("start MariaDB: %w; its log is %s", err, s.file("server.log")), s.Kill())
	}
	return nil
}

// greets reports whether the server takes connections. One that isn't ready closes them without a greeting.
func (s *Server) greets(ctx context.Context) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	n, _ := conn.Read(make([]byte, 1))
	return n > 0
}

// Pid returns the process's id.
func (s *Server) Pid() int { return s.process.Pid }

// Kill ends the server at once. The next start recovers.
func (s *Server) Kill() error { return s.process.End(os.Kill) }

// Stop ends the server. Its data stay in its folder; where the system has no signals to ask it by, it is killed.
func (s *Server) Stop() error { return s.process.End(testserver.Terminate) }

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "LC_ALL=C")
	account.Run(command)
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
