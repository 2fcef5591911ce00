package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/observe"
)

// A Server serves the page of one run. Make one with [Listen].
type Server struct {
	// Interval is how often those who look at the page get a new view: a second, unless a test is in a hurry.
	Interval time.Duration
	// Timeout is how long a client may take to send a request, and to take a page or one view of a stream of views: ten
	// seconds, unless a test is in a hurry. It is then left alone, so that it holds nothing of this process.
	Timeout time.Duration

	address  Address
	listener net.Listener
}

// Listen takes the address, so that a run whose page can't be served fails before it reads anything. Whoever has called
// it calls [Server.Watch], which gives the address back.
func Listen(ctx context.Context, address Address) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address.String())
	if stopped := ctx.Err(); err != nil && stopped != nil {
		return nil, stopped
	}
	if err != nil {
		return nil, fmt.Errorf("the monitor's page can't be served at %s: %w; "+
			"is another program there? Port 0 takes a free one",
			address, err)
	}
	return newServer(address, listener), nil
}

func newServer(address Address, listener net.Listener) *Server {
	return &Server{Interval: time.Second, Timeout: 10 * time.Second, address: address, listener: listener}
}

// URL is where the page is.
func (s *Server) URL() string {
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		port = s.address.port
	}
	return "http://" + net.JoinHostPort(s.address.host, port) + "/"
}

// farewell is how long listeners have to take the last view.
const farewell = time.Second

// Watch serves the page of what snapshot tells while a run goes on, and until those who look at it have its last state.
// It returns the run's error.
func (s *Server) Watch(
	ctx context.Context, logger *slog.Logger, snapshot func() observe.Snapshot, run func() error,
) error {
	h := newHub(snapshot, s.Interval)
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	server := &http.Server{
		Handler:        newHandler(s.address, h, s.Timeout),
		ReadTimeout:    s.Timeout,
		WriteTimeout:   s.Timeout,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	var g errgroup.Group
	g.Go(func() error {
		h.run(ctx)
		return nil
	})
	g.Go(func() error {
		if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			logger.ErrorContext(ctx, "the monitor's page isn't served any more", "error", err)
		}
		return nil
	})
	defer func() {
		stop()
		ending, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		if server.Shutdown(ending) != nil {
			_ = server.Close() // somebody has not taken the last view
		}
		_ = g.Wait()
	}()
	err := run()
	h.finish(outcome(err))
	return err
}

// outcome says how a run has ended.
func outcome(err error) (State, string) {
	switch {
	case err == nil:
		return Ended, "the run has ended"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Stopped, "the run was stopped"
	}
	return Failed, "the run has failed: " + err.Error()
}
