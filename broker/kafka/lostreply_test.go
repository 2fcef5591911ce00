package kafka_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/broker/memory"
)

// R8: Kafka commits a transaction, the reply is lost, and asked again Kafka only says that the producer was fenced.
// The commit is neither made again nor given up: each result is there once, and is counted once.
func TestTheReplyToACommitIsLost(t *testing.T) {
	for name, newMill := range map[string]func(*cluster, ...any) *leat.Mill{
		"partitions of its own": (*cluster).copier,
		"of another storage":    fromMemory,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newFake(t)
			c.create("in", 1)
			c.produce("in", 0, append(numbers(0, 3), mark)...)
			loss := &replyLoss{}
			requests := 0
			second := func(kmsg.Request) bool {
				requests++
				return requests == 2
			}
			fault := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.InvalidProducerEpoch, When: second})
			log := &logged{}
			c.run(newMill(c, log, kafka.Options(kgo.Dialer(loss.dial))))
			c.expectOut(0, `{"N":0}`, `{"N":1}`, `{"N":2}`, mark)
			if loss.lost.Load() != 1 || fault.Hits() != 1 {
				t.Errorf("%d replies were lost and %d requests refused, want one each", loss.lost.Load(), fault.Hits())
			}
			if !strings.Contains(log.String(), "results=3") {
				t.Errorf("the run hasn't counted 3 results:\n%s", log)
			}
		})
	}
}

// fromMemory is a copier that reads from memory what it otherwise reads from the topic in.
func fromMemory(c *cluster, options ...any) *leat.Mill {
	c.Helper()
	source := memory.New(memory.Stream[Number]("numbers"))
	for n := range 3 {
		must(c, memory.Append(source, "numbers", 0, Number{n}))
	}
	must(c, source.End("numbers"))
	sink := kafka.New(c.addresses, kafka.Topic[Copy]("out"), kafka.Group("copy"), options[1].(kafka.Option))
	mill, err := leat.New(func(n Number) Copy { return Copy(n) }, leat.From(source), leat.To(sink),
		leat.Logger(slog.New(slog.NewTextHandler(options[0].(*logged), nil))))
	must(c, err)
	return mill
}

// A replyLoss loses the reply to the first EndTxn request, once Kafka has given it.
type replyLoss struct {
	asked, lost atomic.Int64
}

func (l *replyLoss) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return &lossyConn{Conn: conn, loss: l}, err
}

type lossyConn struct {
	net.Conn
	loss  *replyLoss
	loses atomic.Bool
}

func (c *lossyConn) Write(b []byte) (int, error) {
	if len(b) >= 6 && kmsg.Key(binary.BigEndian.Uint16(b[4:])) == kmsg.EndTxn && c.loss.asked.Add(1) == 1 {
		c.loses.Store(true)
	}
	return c.Conn.Write(b)
}

func (c *lossyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.loses.Load() {
		c.loss.lost.Add(1)
		c.Conn.Close()
		return 0, io.EOF
	}
	return n, err
}
