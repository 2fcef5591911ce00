package kafka_test

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

// With a hundred instances of a thousand partitions, a request for each partition would be a hundred thousand at the
// start.
func TestTheSessionIsFoundInOneRequest(t *testing.T) {
	c := newFake(t)
	c.create("in", 100)
	c.create("out", 100)
	b, j := kafka.New(c.addresses, kafka.Group("group")), job("", []string{"in"}, []string{"out"})
	in, err := b.OpenSource(t.Context(), j)
	must(t, err)
	defer in.Close()
	j.Partitions = in.Partitions()
	out, err := b.OpenSink(t.Context(), j)
	must(t, err)
	defer out.Close()
	var requests atomic.Int64
	c.ControlKey(int16(kmsg.OffsetFetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		requests.Add(1)
		return nil, nil, false
	})
	session, err := out.(broker.SessionKeeper).LowestSession(t.Context())
	must(t, err)
	if n := requests.Load(); n != 1 || session != 0 {
		t.Errorf("it is session %d, after %d requests", session, n)
	}
}
