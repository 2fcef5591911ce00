package nats_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/nats"
)

// A server that can't be reached is told of.
func TestOutages(t *testing.T) {
	s := newSpace(t)
	s.make("orders", "orders")
	s.publish("orders", `{"id":1}`)
	brokertest.RunOutage(t, strings.TrimPrefix(s.server.URL(), "nats://"), func(address string) broker.Source {
		return nats.New("nats://"+address, nats.Subject[order](s.subject("orders")))
	})
}

// So is one that can't be reached while there is nothing to write.
func TestIdleOutages(t *testing.T) {
	s := newSpace(t)
	brokertest.RunIdleOutage(t, strings.TrimPrefix(s.server.URL(), "nats://"), func(address string) broker.Sink {
		return nats.New("nats://"+address, nats.Name(s.name), nats.Subject[order](s.subject("idle")))
	})
}
