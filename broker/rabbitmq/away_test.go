package rabbitmq_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/rabbitserver"
)

// A run that begins before its server, as both do after a power cut, waits for it.
func TestServerComesLater(t *testing.T) {
	s := newShop(t, 20)
	s.end()
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	address := reserved.Addr().String()
	s.must(reserved.Close())
	log := &lines{}
	url := "rabbitmq-stream://" + rabbitserver.User + ":" + rabbitserver.Password + "@" + address
	_, ended := s.start(url, leat.Logger(slog.New(slog.NewTextHandler(log, nil))))
	waits := "RabbitMQ can't be reached, trying again for up to a minute"
	for begin := time.Now(); !strings.Contains(log.String(), waits); {
		if time.Since(begin) > time.Minute {
			t.Fatalf("the run doesn't wait:\n%s", log)
		}
		<-time.After(5 * time.Millisecond)
	}
	s.proxyAt(address)
	s.must(<-ended)
	s.expect(s.orders)
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
	s := newSpace(t)
	for name, test := range map[string]struct {
		url    string
		option rabbitmq.Option
		wants  []string
	}{
		"streams": {"rabbitmq-stream://x:hush-hush@127.0.0.1:1", rabbitmq.Stream[string](s.name("stream")),
			[]string{"127.0.0.1:1", "rabbitmq-plugins enable rabbitmq_stream"}},
		"queues": {s.url, rabbitmq.Queue[string](s.name("queue")), []string{"127.0.0.1:1", "rabbitmq.AMQP"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			log := &ending{end: cancel}
			b := rabbitmq.New(test.url, rabbitmq.AMQP("amqp://x:hush-hush@127.0.0.1:1"), test.option)
			_, err := b.OpenSink(ctx, &broker.Job{Name: "test", Logger: slog.New(slog.NewTextHandler(log, nil)),
				Outputs: b.Streams()})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("opening ends with %v", err)
			}
			for what, text := range map[string]string{"error": err.Error(), "log": log.String()} {
				for _, want := range test.wants {
					if !strings.Contains(text, want) {
						t.Errorf("the %s doesn't say %q: %s", what, want, text)
					}
				}
				if strings.Contains(text, "hush-hush") {
					t.Errorf("the %s shows a password: %s", what, text)
				}
			}
		})
	}
}
