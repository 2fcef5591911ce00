package kafka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

// silence is how long no broker has answered when Kafka counts as away, and not only one of its brokers: each fetch is
// answered sooner.
const silence = fetchWait + 2*time.Second

// An outageWatch finds out, for all clients of a run, whether Kafka can be reached. It is safe for concurrent use.
type outageWatch struct {
	contact *server.Contact
	logger  *slog.Logger

	mu sync.Mutex
	// answered is when a broker has answered last, and told says that the log has that none does.
	answered time.Time
	told     bool
}

func newOutageWatch(s *settings, job *broker.Job) *outageWatch {
	return &outageWatch{contact: server.NewContact(job, "Kafka", strings.Join(s.addresses, ", ")), logger: job.Logger}
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (w *outageWatch) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		w.failed(err)
	}
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (w *outageWatch) OnBrokerRead(_ kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	if err != nil {
		w.failed(err)
		return
	}
	w.mu.Lock()
	w.answered = time.Now()
	told := w.told
	w.told = false
	w.mu.Unlock()
	w.contact.Reached()
	if told {
		w.logger.Info("Kafka can be reached again")
	}
}

func (w *outageWatch) failed(err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, net.ErrClosed) || errors.Is(err, kgo.ErrClientClosed) {
		return // a client of ours has ended
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.answered) < silence {
		return
	}
	w.contact.Lost(err)
	if !w.told && !w.answered.IsZero() { // opening a run says itself what it waits for
		w.told = true
		w.logger.Warn("Kafka can't be reached, trying again", "error", err)
	}
}
