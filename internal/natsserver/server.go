// Package natsserver runs a real NATS server with JetStream for tests, as a process of its own: on loopback and a free
// port, in a folder of its own. It can be killed and started again on what it has stored, as a server in the field can.
package natsserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

// startTimeout is how long a server may take until it takes connections. It takes a fraction of a second on two idle
// cores.
const startTimeout = time.Minute

// module is the server's program, in the version that go.mod names.
const module = "github.com/nats-io/nats-server/v2"

// A Server is a NATS server. Make one with [Start]. Its methods must not be called at the same time.
type Server struct {
	dir, program string
	port         int
	process      *testserver.Process
}

// Build builds the server's program in dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "nats-server")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	// In the folder of this module, which says which version it is, from wherever a test or a benchmark runs.
	folder, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/leat-go/leat").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the module: %w", err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", program, module)
	build.Dir = strings.TrimSpace(string(folder))
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the NATS server: %w: %s", err, output)
	}
	return program, nil
}

// Start starts a new server of a program in dir, which must not exist. extra is added to its configuration: users, TLS.
// Messages are on disk before they are acknowledged. Stop it with [Server.Stop].
func Start(ctx context.Context, program, dir, extra string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s := &Server{dir: dir, program: program}
	var err error
	if s.port, err = testserver.FreePort(); err != nil {
		return nil, err
	}
	config := fmt.Sprintf("listen: \"127.0.0.1:%d\"\njetstream {store_dir: %q, sync_interval: always}\n%s\n", s.port,
		s.file("store"), extra)
	if err := os.WriteFile(s.file("server.conf"), []byte(config), 0o644); err != nil {
		return nil, err
	}
	return s, s.Restart(ctx)
}

// Address returns the server's host and port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Pid returns the id of the server's process.
func (s *Server) Pid() int { return s.process.Pid }

// URL returns what a client connects with.
func (s *Server) URL() string { return "nats://" + s.Address() }

// Restart starts the server on what it has stored, after [Server.Kill] or [Server.Stop], and returns when it takes
// connections.
func (s *Server) Restart(ctx context.Context) (err error) {
	command := exec.CommandContext(context.WithoutCancel(ctx), s.program, "-c", s.file("server.conf"))
	command.Dir = s.dir
	if s.process, err = testserver.Launch(command, s.file("server.log")); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.process.Await(limited, 20*time.Millisecond, s.listens); err != nil {
		return errors.Join(fmt.Errorf("start NATS: %w; its log is %s", err, s.file("server.log")), s.Kill())
	}
	return nil
}

func (s *Server) listens(ctx context.Context) bool { return testserver.Listens(ctx, s.Address()) }

// Kill ends the server at once.
func (s *Server) Kill() error { return s.process.End(os.Kill) }

// Stop ends the server and its connections, and waits for it. Its data stay in its folder.
func (s *Server) Stop() error { return s.process.End(os.Interrupt) }

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }
