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

// hangUps is how often in a row a Kafka that takes part in the protocol may hang up on a client before its log-in is at
// fault.
const hangUps = 3

// A greeting watches how Kafka receives a client. Most answer a wrong password; some hang up, as all do on a client that
// doesn't log in where it must. What tells them from a Kafka that is starting, behind a proxy that hangs up, is that they say
// first, or have said to the same client, which requests they know.
type greeting struct {
	mu       sync.Mutex
	answered bool
	hungUp   int
	// refused ends when the log-in is at fault.
	refused context.Context
	refuse  context.CancelFunc
}

func newGreeting() *greeting {
	g := &greeting{}
	g.refused, g.refuse = context.WithCancel(context.Background())
	return g
}

// OnBrokerConnect implements kgo.HookBrokerConnect. A Kafka that takes no connections is being started.
func (g *greeting) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, conn net.Conn, _ error) {
	if conn != nil {
		return // but the log-in may have failed
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answered, g.hungUp = false, 0
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (g *greeting) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil && key == int16(kmsg.ApiVersions):
		g.answered = true
	case err == nil && key != int16(kmsg.SASLHandshake):
		g.hungUp = 0
	case errors.Is(err, io.EOF) && g.answered:
		if g.hungUp++; g.hungUp == hangUps {
			g.refuse()
		}
	}
}
