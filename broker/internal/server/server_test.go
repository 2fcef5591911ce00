package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker/internal/server"
)

var (
	errAway  = errors.New("nobody listens there")
	errFinal = errors.New("wrong password")
)

func isPassing(err error) bool { return !errors.Is(err, errFinal) }

func TestAwait(t *testing.T) {
	unknown := fmt.Errorf("connecting: %w", &net.DNSError{Err: "no such host", IsNotFound: true})
	alert := fmt.Errorf("connecting: %w", &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")})
	silent := fmt.Errorf("connecting: %w", server.HandshakeError{Err: io.EOF})
	for _, test := range []struct {
		name string
		// fails says by what the tries fail, the last one for ever.
		fails []error
		ends  time.Duration // the run's context, where that isn't zero
		want  error
		takes time.Duration
		tries int
	}{
		{"there", []error{nil}, 0, nil, 0, 1},
		{"later", []error{errAway, errAway, errAway, nil}, 0, nil, 350 * time.Millisecond, 4},
		{"never", []error{errAway}, 0, errAway, 56350 * time.Millisecond, 18},
		{"wrong at once", []error{errFinal}, 0, errFinal, 0, 1},
		{"wrong later", []error{errAway, errFinal}, 0, errFinal, 50 * time.Millisecond, 2},
		{"unknown host", []error{unknown}, 0, unknown, 0, 1},
		{"TLS", []error{alert}, 0, alert, 0, 1},
		{"no TLS", []error{silent}, 0, io.EOF, 0, 1},
		{"the run ends", []error{errAway}, time.Second, context.DeadlineExceeded, time.Second, 5},
		{"the run ends, and why it waited", []error{errAway}, time.Second, errAway, time.Second, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.ends > 0 {
					limited, cancel := context.WithTimeout(ctx, test.ends)
					defer cancel()
					ctx = limited
				}
				var log bytes.Buffer
				tries, begun := 0, time.Now()
				err := server.Await(ctx, slog.New(slog.NewTextHandler(&log, nil)), "RabbitMQ", isPassing, func() error {
					tries++
					return test.fails[min(tries, len(test.fails))-1]
				})
				if !errors.Is(err, test.want) || time.Since(begun) != test.takes || tries != test.tries {
					t.Errorf("after %v and %d tries: %v; want %v after %v and %d", time.Since(begun), tries, err, test.want,
						test.takes, test.tries)
				}
				if told := strings.Contains(log.String(), "RabbitMQ can't be reached"); told != (test.takes > 0) {
					t.Errorf("the log says:\n%s", &log)
				}
			})
		})
	}
}

func TestIsBelow(t *testing.T) {
	for version, want := range map[string]bool{"3.10.8": true, "2.14": true, "3.13.0": false, "4.0.1": false, "3.13": false,
		"unknown": false, "": false} {
		if got := server.IsBelow(version, 3, 13); got != want {
			t.Errorf("IsBelow(%q, 3, 13) is %v", version, got)
		}
	}
}
