package redis_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/redis"
)

// A server that can't be reached is told of.
func TestOutages(t *testing.T) {
	d := newDatabase(t)
	d.add("s", "id", 1)
	u, err := url.Parse(d.url)
	d.must(err)
	brokertest.RunOutage(t, u.Host, func(address string) broker.Source {
		return redis.New(strings.Replace(d.url, u.Host, address, 1), redis.Stream[object](d.key("s")))
	})
}

// So is one that can't be reached while there is nothing to write.
func TestIdleOutages(t *testing.T) {
	d := newDatabase(t)
	u, err := url.Parse(d.url)
	d.must(err)
	brokertest.RunIdleOutage(t, u.Host, func(address string) broker.Sink {
		return redis.New(strings.Replace(d.url, u.Host, address, 1), redis.Name(d.key("idle")), redis.Stream[object](d.key("t")))
	})
}
