package monitor_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/internal/monitor/simulation"
	"github.com/leat-go/leat/observe"
)

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"localhost:8080": "localhost:8080", ":8080": "localhost:8080", "0.0.0.0:80": "0.0.0.0:80", "[::1]:0": "[::1]:0",
		"8080":            `the address "8080" isn't one like "localhost:8080": missing port in address`,
		"localhost:http":  `the address "localhost:http" has no port from 0 to 65535, as "localhost:8080" has`,
		"localhost:70000": `the address "localhost:70000" has no port from 0 to 65535, as "localhost:8080" has`,
		"localhost:":      `the address "localhost:" has no port from 0 to 65535, as "localhost:8080" has`,
	} {
		address, err := monitor.ParseAddress(text)
		got := address.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// A show is a page that is served while a test looks at it.
type show struct {
	t   *testing.T
	url string
	// looks counts how often the page has looked at the run.
	looks atomic.Int64
	ready atomic.Bool
	over  chan error
	done  errgroup.Group
}

func serve(t *testing.T, interval time.Duration) *show {
	return serveWith(t, func(s *monitor.Server) { s.Interval = interval })
}

// serveWith serves a page by a server that was changed.
func serveWith(t *testing.T, change func(*monitor.Server)) *show {
	address, err := monitor.ParseAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := monitor.Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	change(server)
	s := &show{t: t, url: server.URL(), over: make(chan error, 1)}
	s.ready.Store(true)
	played := simulation.New(time.Now().Add(-time.Minute), time.Now)
	played.Change = func(snapshot *observe.Snapshot) {
		s.looks.Add(1)
		if !s.ready.Load() {
			snapshot.Partitions, snapshot.Tasks = 0, nil
		}
	}
	s.done.Go(func() error {
		return server.Watch(t.Context(), slog.New(slog.DiscardHandler), played.Snapshot, func() error { return <-s.over })
	})
	return s
}

// end ends the run with an error.
func (s *show) end(err error) error {
	s.over <- err
	return s.done.Wait()
}

func (s *show) request(method, path, host string) *http.Response {
	s.t.Helper()
	ctx, stop := context.WithTimeout(s.t.Context(), 30*time.Second)
	s.t.Cleanup(stop)
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.url, "/")+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Host = host
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestThePageOnlyReadsAndAnswersToItsOwnName(t *testing.T) {
	s := serve(t, time.Second)
	for _, c := range []struct {
		method, path, host string
		status             int
	}{
		{"GET", "/", "", 200},
		{"HEAD", "/", "", 200},
		{"GET", "/page.js", "", 200},
		{"GET", "/snapshot.json", "", 200},
		{"HEAD", "/events", "", 200},
		{"GET", "/healthz", "", 200},
		{"GET", "/readyz", "", 200},
		{"GET", "/", "localhost", 200},
		{"GET", "/", "LOCALHOST.:80", 200},
		{"GET", "/", "[::1]:99", 200},
		{"GET", "/", "192.0.2.7:8080", 200},
		{"GET", "/", "evil.example", 421},
		{"GET", "/snapshot.json", "evil.example:8080", 421},
		{"GET", "/events", "127.0.0.1.evil.example", 421},
		{"GET", "/page/page.js", "", 404},
		{"GET", "/../server.go", "", 404},
		{"POST", "/", "", 405},
		{"PUT", "/snapshot.json", "", 405},
		{"DELETE", "/events", "", 405},
		{"OPTIONS", "/", "", 405},
	} {
		answer := s.request(c.method, c.path, c.host)
		if answer.StatusCode != c.status {
			t.Errorf("%s %s of %q: status %d, want %d", c.method, c.path, c.host, answer.StatusCode, c.status)
		}
		policy := answer.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(policy,
			"unsafe") {
			t.Errorf("%s %s: the policy is %q", c.method, c.path, policy)
		}
		if answer.Header.Get("X-Content-Type-Options") != "nosniff" ||
			answer.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: the headers are %v", c.method, c.path, answer.Header)
		}
	}
	if err := s.end(nil); err != nil {
		t.Error(err)
	}
}

func TestReadiness(t *testing.T) {
	s := serve(t, time.Second)
	s.ready.Store(false)
	if status := s.request("GET", "/readyz", "").StatusCode; status != 503 {
		t.Errorf("while streams are being opened the status is %d", status)
	}
	if status := s.request("GET", "/healthz", "").StatusCode; status != 200 {
		t.Errorf("the process lives, but the status is %d", status)
	}
	s.ready.Store(true)
	if status := s.request("GET", "/readyz", "").StatusCode; status != 200 {
		t.Errorf("once they are opened it is %d", status)
	}
	if err := s.end(nil); err != nil {
		t.Error(err)
	}
}

// events reads server-sent events.
type events struct{ lines *bufio.Scanner }

func (s *show) listen() events {
	lines := bufio.NewScanner(s.request("GET", "/events", "").Body)
	lines.Buffer(nil, 1<<20)
	return events{lines}
}

func (e events) next(t *testing.T) (name string, view monitor.View) {
	t.Helper()
	for e.lines.Scan() {
		if text, ok := strings.CutPrefix(e.lines.Text(), "event: "); ok {
			name = text
		}
		if text, ok := strings.CutPrefix(e.lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(text), &view); err != nil {
				t.Fatal(err)
			}
			return name, view
		}
	}
	return "closed", view
}

// Ten pages are open: the run is looked at as often as for one, and each gets what goes on and how it ends.
func TestListenersShareOneLook(t *testing.T) {
	const views, interval = 6, 50 * time.Millisecond
	s := serve(t, interval)
	var open []events
	for range 10 {
		open = append(open, s.listen())
	}
	before, begin := s.looks.Load(), time.Now()
	for _, e := range open {
		last := int64(0)
		for range views {
			name, view := e.next(t)
			if name != "view" || view.Streams[0].Read < last {
				t.Fatalf("event %s, %d read after %d", name, view.Streams[0].Read, last)
			}
			last = view.Streams[0].Read
		}
	}
	took := time.Since(begin)
	if looks := s.looks.Load() - before; looks > int64(took/interval)+views {
		t.Errorf("the run was looked at %d times in %v, for %d views to 10 listeners", looks, took, views)
	}
	failure := errors.New("<b>broken</b>\x1b[2J")
	if err := s.end(failure); !errors.Is(err, failure) {
		t.Errorf("the run's error is %v", err)
	}
	for _, e := range open {
		name, view := e.next(t)
		last := view
		for name == "view" { // one that was due may tell of the failure, too
			last = view
			name, view = e.next(t)
		}
		if last.State != monitor.Failed || last.Status != `the run has failed: <b>broken</b>\x1b[2J` {
			t.Errorf("the last view is %s, %q", last.State, last.Status)
		}
		if name != "end" {
			t.Errorf("then there is %s", name)
		}
		if name, _ := e.next(t); name != "closed" {
			t.Errorf("and then %s", name)
		}
	}
}

// Nobody looks at a run whose page isn't open.
func TestNobodyLooksWhileNobodyListens(t *testing.T) {
	s := serve(t, 20*time.Millisecond)
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(answer.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	leave()
	answer.Body.Close()
	quiet := func() bool {
		before := s.looks.Load()
		timer := time.NewTimer(200 * time.Millisecond)
		<-timer.C
		return s.looks.Load() == before
	}
	for tries := 0; !quiet(); tries++ {
		if tries == 50 {
			t.Fatal("the run is looked at though nobody listens")
		}
	}
	if err := s.end(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("the run's error is %v", err)
	}
}

// dial connects to the page as a client that decides itself when it reads.
func (s *show) dial() net.Conn {
	s.t.Helper()
	var dialer net.Dialer
	connection, err := dialer.DialContext(s.t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"),
		"/"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { connection.Close() })
	return connection
}

// A client that asks and doesn't read, or never ends its request, is left: a page, data and a stream of views hold no
// goroutine for it.
func TestClientsThatDoNotReadAreLeft(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		// again is what the client goes on to send. It can't get rid of it while the server waits for the client, and learns
		// that the server has gone when it can.
		again string
	}{
		"pages":     {"", "GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		"snapshots": {"", "GET /snapshot.json HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		"health":    {"", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		"readiness": {"", "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		"views":     {"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", "x"},
		"a body":    {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n", "x"},
		"no end":    {"GET / HTTP/1.1\r\nHost: localhost\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, func(s *monitor.Server) { s.Interval, s.Timeout = time.Millisecond, 50*time.Millisecond })
			connection := s.dial()
			// Only a server that waits for ever makes the client wait for that long.
			if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			_, err := io.WriteString(connection, c.request)
			if c.again == "" {
				_, err = io.Copy(io.Discard, connection)
			}
			for err == nil && c.again != "" {
				_, err = io.WriteString(connection, strings.Repeat(c.again, 1000))
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the server still waits for the client")
			}
			if err := s.end(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// pipes is a listener whose connections are in memory, so that time in a test is synctest's.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case connection := <-p.connections:
		return connection, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// A stream of views goes on for far longer than a client may take for one answer.
func TestViewsOutliveTheTimeForAPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := pipes{make(chan net.Conn), make(chan struct{})}
		played := simulation.New(time.Now().Add(-time.Minute), time.Now)
		over := make(chan error)
		var run errgroup.Group
		run.Go(func() error {
			return monitor.NewServer(listener).Watch(t.Context(), slog.New(slog.DiscardHandler), played.Snapshot,
				func() error { return <-over })
		})
		client, server := net.Pipe()
		listener.connections <- server
		if _, err := io.WriteString(client, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		e := events{bufio.NewScanner(answer.Body)}
		e.lines.Buffer(nil, 1<<20)
		for start := time.Now(); time.Since(start) < 10*time.Minute; {
			if name, _ := e.next(t); name != "view" {
				t.Fatalf("after %v the stream is %s", time.Since(start), name)
			}
		}
		go func() { over <- nil }()
		for name := "view"; name == "view"; {
			name, _ = e.next(t)
		}
		client.Close()
		if err := run.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// A listener who takes nothing delays neither the others nor the end of the run.
func TestSlowListeners(t *testing.T) {
	s := serve(t, time.Millisecond)
	connection := s.dial()
	if _, err := io.WriteString(connection, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	e := s.listen()
	for range 300 {
		if name, _ := e.next(t); name != "view" {
			t.Fatal(name)
		}
	}
	start := time.Now()
	if err := s.end(nil); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the run ended %v late", took)
	}
}

func TestThereIsRoomForAHundredListeners(t *testing.T) {
	s := serve(t, time.Second)
	for range 100 {
		s.listen()
	}
	if status := s.request("GET", "/events", "").StatusCode; status != http.StatusServiceUnavailable {
		t.Errorf("the next one gets status %d", status)
	}
	if err := s.end(nil); err != nil {
		t.Error(err)
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address, err := monitor.ParseAddress(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = monitor.Listen(t.Context(), address)
	if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("the monitor's page can't be served at %s: ", address)) {
		t.Errorf("got %v", err)
	}
}
