// Package kafkaserver runs a real Kafka for tests: a KRaft server or a cluster of several, on loopback and free
// ports, from jars that Maven fetches. Each can be killed, and started again on what it has stored.
package kafkaserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// startTimeout is how long a server may take until it says that it has started. It takes about five seconds on two idle
// cores, and up to two minutes where twenty other processes want them. One that will never start ends by itself, as a rule.
const startTimeout = 8 * time.Minute

// A Server is a Kafka server, broker and controller in one. Make one with [Start], or some that work together with
// [StartCluster]. Its methods must not be called at the same time.
type Server struct {
	id        int
	dir, jars string
	// address is for clients without a login, login for those with a token or password, and controller for the other
	// controllers.
	address, login, controller string
	heap                       string
	process                    *exec.Cmd
	// drained is closed when the server's output has ended, and log is where it goes.
	drained chan struct{}
	log     *os.File
}

// Start starts a new server whose data and log are in dir, which must be empty or not exist. Stop it with
// [Server.Stop].
func Start(ctx context.Context, dir string) (*Server, error) {
	c, err := newCluster(ctx, dir, 1)
	if err != nil {
		return nil, err
	}
	s := c.Servers[0]
	return s, s.Restart(ctx)
}

// ID returns the server's number in its cluster, which counts from one.
func (s *Server) ID() int { return s.id }

// Address returns the server's address, "host:port". It stays the same when the server is started again.
func (s *Server) Address() string { return s.address }

// LoginAddress returns an address where clients log in, without encryption: by SASL OAUTHBEARER with tokens that
// nobody has signed, or by SASL PLAIN as the user "plain" with the password "secret".
func (s *Server) LoginAddress() string { return s.login }

// Process returns the server's process, which may be stopped and continued on systems with signals for that.
func (s *Server) Process() *os.Process { return s.process.Process }

// Restart starts the server on what it has stored, after [Server.Kill] or [Server.Stop], and returns when it takes
// connections.
func (s *Server) Restart(ctx context.Context) (err error) {
	if s.log, err = os.OpenFile(s.file("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	process := s.java(context.WithoutCancel(ctx), "kafka.Kafka", s.file("server.properties"))
	output, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	process.Stderr = process.Stdout
	if err := process.Start(); err != nil {
		return err
	}
	s.process = process
	started := make(chan struct{})
	s.drained = make(chan struct{})
	go func() {
		defer close(s.drained)
		s.drain(output, started)
	}()
	select {
	case <-started:
		return nil
	case <-s.drained:
		err = errors.New("its process has ended")
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(startTimeout):
		err = fmt.Errorf("it hasn't started after %v", startTimeout)
	}
	return errors.Join(fmt.Errorf("start Kafka: %w; its log is %s", err, s.file("server.log")), s.Kill())
}

// Runs tells whether the server was started and hasn't been stopped or killed.
func (s *Server) Runs() bool { return s.process != nil && s.process.ProcessState == nil }

// Kill ends the server at once, with signal 9 where there are signals.
func (s *Server) Kill() error {
	err := s.process.Process.Kill()
	return errors.Join(err, s.reap())
}

// Stop ends the server and waits for it. Its data stay in its folder.
func (s *Server) Stop() error {
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		return s.Kill()
	}
	return s.reap()
}

// reap waits for the end of the process and of its output.
func (s *Server) reap() error {
	<-s.drained
	var exit *exec.ExitError
	if err := s.process.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return s.log.Close()
}

// drain copies the server's output to its log and closes started when it says so.
func (s *Server) drain(output io.Reader, started chan struct{}) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, _ = fmt.Fprintln(s.log, lines.Text())
		if strings.Contains(lines.Text(), "Kafka Server started") {
			close(started)
		}
	}
	_, _ = io.Copy(s.log, output)
}

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) java(ctx context.Context, arguments ...string) *exec.Cmd {
	options := []string{"-Xms256m", "-Xmx" + s.heap, "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.showDateTime=true",
		"-Dorg.slf4j.simpleLogger.dateTimeFormat=" + javaTime, "-cp", filepath.Join(s.jars, "*")}
	return exec.CommandContext(ctx, "java", append(options, arguments...)...)
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
