package rabbitmq_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/rabbitmq"
)

// A server that can't be reached is told of.
func TestOutages(t *testing.T) {
	s := newSpace(t)
	s.create("orders")
	s.publish("orders", `{"id":1}`)
	u, err := url.Parse(s.url)
	s.must(err)
	brokertest.RunOutage(t, u.Host, func(address string) broker.Source {
		return rabbitmq.New(strings.Replace(s.url, u.Host, address, 1), rabbitmq.Stream[string](s.name("orders")))
	})
}

// So is one that can't be reached while there is nothing to write.
func TestIdleOutages(t *testing.T) {
	s := newSpace(t)
	u, err := url.Parse(s.url)
	s.must(err)
	brokertest.RunIdleOutage(t, u.Host, func(address string) broker.Sink {
		return rabbitmq.New(strings.Replace(s.url, u.Host, address, 1), rabbitmq.Name(s.prefix),
			rabbitmq.Stream[string](s.name("totals")))
	})
}
