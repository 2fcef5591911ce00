package kafka_test

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

// A log that several goroutines write.
type sharedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *sharedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *sharedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// R5: what comes after a session that the data timeout has ended is joined by the next run, whichever stream was
// ahead. Nobody is told that Kafka can't be reached.
func TestDataTimeoutLosesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ left, right [2][]string }{
		"the master is ahead": {[2][]string{{"1", "2", "3"}, {"4", "5"}}, [2][]string{{"1"}, {"2", "4", "5"}}},
		"the child is ahead":  {[2][]string{{"1"}, {"2", "4", "5"}}, [2][]string{{"1", "2", "3"}, {"4", "5"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			for _, topic := range []string{"left", "right", "out"} {
				c.create(c.prefix+topic, 1)
			}
			log := &sharedLog{}
			mill, err := leat.New(pair, leat.Join(func(l Left) int { return l.N }, func(r Right) int { return r.N }),
				leat.Logger(slog.New(slog.NewTextHandler(log, nil))),
				leat.Broker(kafka.New(c.addresses, kafka.Group(c.prefix+"pairs"), kafka.Topic[Left](c.prefix+"left"),
					kafka.Topic[Right](c.prefix+"right"), kafka.Topic[Pair](c.prefix+"out"),
					kafka.DataTimeout(500*time.Millisecond))))
			must(t, err)
			for i := range test.left {
				for _, n := range test.left[i] {
					c.produce(c.prefix+"left", 0, `{"N":`+n+`}`)
				}
				for _, n := range test.right[i] {
					c.produce(c.prefix+"right", 0, `{"N":`+n+`,"ID":`+n+`}`)
				}
				c.run(mill)
			}
			c.expectOut(0, slices.Concat(pairsOf("1"), []string{mark}, pairsOf("2", "4", "5"), []string{mark})...)
			if strings.Contains(log.String(), "can't be reached") {
				t.Errorf("the log has a false warning:\n%s", log)
			}
		})
	}
}

func pairsOf(keys ...string) (values []string) {
	for _, n := range keys {
		values = append(values, `{"N":`+n+`,"IDs":[`+n+`]}`)
	}
	return values
}

// The data timeout isn't about a Kafka that is slow: what lies there is waited for.
func TestDataTimeoutWaitsForASlowFetch(t *testing.T) {
	c := newFake(t)
	c.create("in", 1)
	c.create("out", 1)
	c.produce("in", 0, numbers(0, 3)...)
	fetching, asked := make(chan struct{}), make(chan struct{})
	once := func(done chan struct{}) func() { return sync.OnceFunc(func() { close(done) }) }
	isFetching, isAsked := once(fetching), once(asked)
	c.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		isFetching()
		c.SleepControl(func() { <-asked })
		return nil, nil, false
	})
	c.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		select {
		case <-fetching:
			if r.(*kmsg.ListOffsetsRequest).Topics[0].Partitions[0].Timestamp == -1 {
				isAsked() // whether the stream is silent
			}
		default:
		}
		return nil, nil, false
	})
	c.run(c.copier(kafka.DataTimeout(100 * time.Millisecond)))
	c.expectOut(0, append(numbers(0, 3), mark)...)
}
