package kafka

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// refusals is how many connections in a row a Kafka that speaks the protocol may close before the login is at fault.
const refusals = 3

// A loginWatch finds out whether Kafka refuses a client's login by closing its connections. It is safe for concurrent
// use.
//
// Most brokers answer a wrong password with an error. Some close the connection, as all do with a client that doesn't
// log in where it must. A Kafka that is starting, behind a proxy, closes connections too. The difference is that a
// Kafka that has started first says which requests it knows (ApiVersions), on this connection or on one before.
type loginWatch struct {
	mu sync.Mutex
	// answered says that Kafka has answered ApiVersions, and closed how many connections in a row it has closed since.
	answered bool
	closed   int
	// refused ends when the login is at fault.
	refused context.Context
	refuse  context.CancelFunc
}

func newLoginWatch() *loginWatch {
	w := &loginWatch{}
	w.refused, w.refuse = context.WithCancel(context.Background())
	return w
}

// OnBrokerConnect implements kgo.HookBrokerConnect. A Kafka that takes no connections has not started.
func (w *loginWatch) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, conn net.Conn, _ error) {
	if conn != nil {
		return // but the login may have failed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered, w.closed = false, 0
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (w *loginWatch) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil && key == int16(kmsg.ApiVersions):
		w.answered = true
	case err == nil && key != int16(kmsg.SASLHandshake):
		w.closed = 0
	case errors.Is(err, io.EOF) && key == int16(kmsg.ApiVersions):
		// Whoever hears the question needs no login to answer it: Kafka has ended behind its proxy.
		w.answered, w.closed = false, 0
	case errors.Is(err, io.EOF) && w.answered:
		if w.closed++; w.closed == refusals {
			w.refuse()
		}
	}
}
