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

	"github.com/leat-go/leat/broker"
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
		// looking says that nobody runs: a person waits.
		looking bool
		want    error
		takes   time.Duration
		tries   int
	}{
		{"there", []error{nil}, 0, false, nil, 0, 1},
		{"later", []error{errAway, errAway, errAway, nil}, 0, false, nil, 350 * time.Millisecond, 4},
		{"never", []error{errAway}, 0, false, errAway, 56350 * time.Millisecond, 18},
		{"never, and a person waits", []error{errAway}, 0, true, errAway, 3150 * time.Millisecond, 7},
		{"wrong at once", []error{errFinal}, 0, false, errFinal, 0, 1},
		{"wrong later", []error{errAway, errFinal}, 0, false, errFinal, 50 * time.Millisecond, 2},
		{"unknown host", []error{unknown}, 0, false, unknown, 0, 1},
		{"TLS", []error{alert}, 0, false, alert, 0, 1},
		{"no TLS", []error{silent}, 0, false, io.EOF, 0, 1},
		{"the run ends", []error{errAway}, time.Second, false, context.DeadlineExceeded, time.Second, 5},
		{"the run ends, and why it waited", []error{errAway}, time.Second, false, errAway, time.Second, 5},
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
				contact := server.NewContact(&broker.Job{Logger: slog.New(slog.NewTextHandler(&log, nil)),
					Looking: test.looking}, "RabbitMQ", "localhost:5552")
				err := contact.Await(ctx, isPassing, func() error {
					tries++
					return test.fails[min(tries, len(test.fails))-1]
				})
				if !errors.Is(err, test.want) || time.Since(begun) != test.takes || tries != test.tries {
					t.Errorf("after %v and %d tries: %v; want %v after %v and %d", time.Since(begun), tries, err, test.want,
						test.takes, test.tries)
				}
				told := strings.Count(log.String(), "RabbitMQ can't be reached")
				if told > 0 != (test.takes > 0) || test.looking && told != 1 {
					t.Errorf("the log says:\n%s", &log)
				}
			})
		})
	}
}

// A server that is lost is one outage until it is reached, which a contact of another job doesn't end.
func TestContact(t *testing.T) {
	outages := &broker.Outages{}
	job := &broker.Job{Logger: slog.New(slog.DiscardHandler), Outages: outages}
	one := server.NewContact(job, "Redis", "localhost:6379")
	other := server.NewContact(job, "PostgreSQL", "localhost:5432")
	unwatched := server.NewContact(&broker.Job{Logger: job.Logger}, "Redis", "localhost:6379")
	one.Lost(errAway)
	since := outages.Now()[0].Since
	one.Lost(errFinal)
	other.Reached()
	unwatched.Lost(errAway)
	unwatched.Reached()
	want := broker.Outage{Storage: "Redis at localhost:6379", Since: since, Err: errFinal}
	if now := outages.Now(); len(now) != 1 || now[0] != want {
		t.Errorf("the outages are %+v, want %+v", now, want)
	}
	one.Reached()
	if now := outages.Now(); len(now) != 0 {
		t.Errorf("there are outages though all is reached: %+v", now)
	}
}

// Who only looks waits a few seconds for a server that is lost later on, too; a run waits on.
func TestPause(t *testing.T) {
	for looking, want := range map[bool]error{false: nil, true: errAway} {
		synctest.Test(t, func(t *testing.T) {
			job := &broker.Job{Logger: slog.New(slog.DiscardHandler), Outages: &broker.Outages{}, Looking: looking}
			contact, err := server.NewContact(job, "Redis", "localhost:6379"), error(nil)
			for i := 0; i < 60 && err == nil; i++ {
				err = contact.Pause(t.Context(), "reading was interrupted, going on", errAway, time.Second)
			}
			if !errors.Is(err, want) {
				t.Errorf("looking is %v, and a minute of pauses gave the error %v, want %v", looking, err, want)
			}
		})
	}
}

// What an error says of address and password is where whoever runs the job has given them.
func TestAccess(t *testing.T) {
	plain := server.NewContact(&broker.Job{}, "Redis", "")
	if got := plain.Address() + ", " + plain.Password("in the url, too"); got != "it is in the url, in the url, too" {
		t.Errorf("without more: %s", got)
	}
	given := server.NewContact(&broker.Job{Access: broker.Access{Address: "in PGHOST", Password: "in $SECRET"}}, "Redis", "")
	if got := given.Address() + ", " + given.Password("in the url, too"); got != "in PGHOST, in $SECRET" {
		t.Errorf("where it was given: %s", got)
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
