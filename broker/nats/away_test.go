package nats_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
)

// A run that begins before its server, as both do after a power cut, waits for it.
func TestServerComesLater(t *testing.T) {
	s := newShop(ownSpace(t, ""), 20)
	<-s.js.PublishAsyncComplete()
	s.must(s.server.Kill())
	var log lines
	mill, err := s.mill(s.server.URL(), log.logger())
	s.must(err)
	stop := s.start(mill)
	s.awaitThat("the run waits", func() bool {
		return strings.Contains(log.String(), "NATS can't be reached, trying again for up to a minute")
	})
	s.must(s.server.Restart(t.Context()))
	s.awaitThat("the client is there again", s.js.Conn().IsConnected)
	s.finish()
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
}

// ending is a log that ends a run when it is written to.
type ending struct {
	lines
	end context.CancelFunc
}

func (e *ending) Write(p []byte) (int, error) {
	e.end()
	return e.lines.Write(p)
}

// What is waited for, and what would mend it, is in the log, and in the error of a run that ends meanwhile.
func TestNobodyIsThere(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	log := &ending{end: cancel}
	job := &broker.Job{Name: "test", Logger: slog.New(slog.NewTextHandler(log, nil))}
	b := nats.New("nats://leat:hush-hush@127.0.0.1:1", nats.Subject[order]("ticks"))
	job.Inputs = b.Streams()
	_, err := b.OpenSource(ctx, job)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("opening ends with %v", err)
	}
	for what, text := range map[string]string{"error": err.Error(), "log": log.String()} {
		for _, want := range []string{"nobody answers at 127.0.0.1:1", "nats-server -js"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s doesn't say %q: %s", what, want, text)
			}
		}
		if strings.Contains(text, "hush-hush") {
			t.Errorf("the %s shows a password: %s", what, text)
		}
	}
}
