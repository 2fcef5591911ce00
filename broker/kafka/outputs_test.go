package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

// createWith creates a topic of one partition with settings, each "name=value".
func (c *cluster) createWith(topic string, settings ...string) {
	c.Helper()
	all := map[string]*string{}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		all[name] = &value
	}
	reply, err := kadm.NewClient(c.client).CreateTopic(context.Background(), 1, 1, all, topic)
	must(c, err)
	must(c, reply.Err)
}

// setting returns a topic's setting, and whether it is the topic's own.
func (c *cluster) setting(topic, name string) (value string, own bool) {
	c.Helper()
	found, err := kadm.NewClient(c.client).DescribeTopicConfigs(context.Background(), topic)
	must(c, err)
	for _, s := range found[0].Configs {
		if s.Key == name {
			return s.MaybeValue(), s.Source == kmsg.ConfigSourceDynamicTopicConfig
		}
	}
	c.Fatalf("topic %s has no setting %s", topic, name)
	return "", false
}

// Text is a result of any size.
type Text struct{ Text string }

// noise is text that hardly gets smaller when it is compressed.
func noise(seed, size int) string {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	var text strings.Builder
	for text.Len() < size {
		fmt.Fprintf(&text, "%x", random.Uint64())
	}
	return text.String()[:size]
}

// A topic takes batches up to a size. Results go in smaller ones, and one that is larger is an error with its
// master's place.
func TestBatchesFollowTheTopic(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.createWith(c.prefix+"out", "max.message.bytes=20000")
	c.produce(c.prefix+"in", 0, append(numbers(0, 200), mark)...)
	out := kafka.Topic[Text](c.prefix + "out")
	sized := func(size int, options ...leat.Option) *leat.Mill {
		mill, err := leat.New(func(n Number) Text { return Text{noise(n.N, size)} }, append(options, leat.Logger(logger()),
			leat.Broker(kafka.New(c.addresses, kafka.Topic[Number](c.prefix+"in"), out,
				kafka.Group(c.prefix+fmt.Sprint("g", size)))))...)
		must(t, err)
		return mill
	}
	c.run(sized(1000))
	if n := len(c.out(0)); n != 201 {
		t.Errorf("there are %d records", n)
	}
	const frame = len(`{"Text":""}`)
	const most = 20_000 - 65 - 3 - 4 - 1 - 3 - frame // of a batch's, a record's and a value's lengths
	c.run(sized(most))
	if n := len(c.out(0)); n != 402 {
		t.Errorf("there are %d records", n)
	}
	c.fails(sized(most+1), c.prefix+"in[0]@0", fmt.Sprintf("a result of %d bytes", most+1+frame), "batches of 20000 bytes",
		"max.message.bytes, to 20001 at least")
	c.run(sized(most+2, leat.OnError(leat.Skip)))
	if n := len(c.out(0)); n != 403 {
		t.Errorf("there are %d records, wanted is a mark more", n)
	}
}

// No batch is as small as some topics would have it: that is told before anything is read, and not of a result that
// they take.
func TestTooSmallBatches(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.createWith(c.prefix+"out", "max.message.bytes=511")
	c.produce(c.prefix+"in", 0, append(numbers(0, 200), mark)...)
	c.fails(c.copier(), `"`+c.prefix+`out" takes batches of 511 bytes at most`, "max.message.bytes, to 512 at least")
	c.expectOut(0)
}

// The size that a topic takes may be lowered while a run is on, or may not be known: batches become smaller then.
func TestBatchesShrink(t *testing.T) {
	t.Parallel()
	c := newFake(t)
	c.create("in", 1)
	c.produce("in", 0, append(numbers(0, 20), mark)...)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.MessageTooLarge})
	log := &logged{}
	c.run(c.copier(log))
	c.expectOut(0, append(numbers(0, 20), mark)...)
	if log.count("smaller ones") != 1 {
		t.Errorf("the log doesn't say that batches become smaller:\n%s", log)
	}
}

// A compacted output takes results with keys, and marks that stay; a result without a key ends the run.
func TestCompactedOutput(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.createWith(c.prefix+"out", "cleanup.policy=compact")
	for n, value := range append(numbers(0, 3), mark, `{"N":3}`, mark) {
		r := &kgo.Record{Topic: c.prefix + "in", Key: fmt.Append(nil, n), Value: []byte(value)}
		must(t, c.client.ProduceSync(t.Context(), r).FirstErr())
	}
	c.produce(c.prefix+"in", 0, `{"N":7}`, mark)
	c.run(c.copier())
	c.run(c.copier())
	c.expectOut(0, `{"N":0}`, `{"N":1}`, `{"N":2}`, mark, `{"N":3}`, mark)
	var marks [][]byte
	for _, r := range c.committed(c.prefix+"out", 0) {
		if string(r.Value) == mark {
			marks = append(marks, r.Key)
		}
	}
	if len(marks[0]) == 0 || len(marks[1]) == 0 || bytes.Equal(marks[0], marks[1]) {
		t.Errorf("the marks have the keys %q", marks)
	}
	c.fails(c.copier(), c.prefix+`in[0]@6`, `"`+c.prefix+`out" is compacted`, "kafka.Key", "cleanup.policy")
	c.expectOut(0, `{"N":0}`, `{"N":1}`, `{"N":2}`, mark, `{"N":3}`, mark)
}

// An output that a run creates keeps its records for as long as the inputs do.
func TestOutputsLiveAsLongAsInputs(t *testing.T) {
	for name, test := range map[string]struct {
		first, second []string
		want          map[string]string
	}{
		"the cluster's": {nil, nil, nil},
		"the longest": {[]string{"retention.ms=1000000"}, []string{"retention.ms=2000000"},
			map[string]string{"retention.ms": "2000000"}},
		"for ever": {[]string{"retention.ms=-1", "retention.bytes=1000000"},
			[]string{"retention.ms=2000000", "retention.bytes=2000000"},
			map[string]string{"retention.ms": "-1", "retention.bytes": "2000000"}},
		"one of the cluster's": {[]string{"retention.ms=1000"}, nil, map[string]string{"retention.ms": "604800000"}},
		"compacted": {[]string{"cleanup.policy=compact"}, nil,
			map[string]string{"retention.ms": "-1", "retention.bytes": "-1"}},
		"the master's time": {[]string{"message.timestamp.type=LogAppendTime"}, nil,
			map[string]string{"message.timestamp.type": "LogAppendTime"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			c.createWith(c.prefix+"first", test.first...)
			c.createWith(c.prefix+"second", test.second...)
			must(t, open(t, c, job("", []string{c.prefix + "first", c.prefix + "second"}, []string{c.prefix + "out"}),
				kafka.Group(c.prefix+"group")))
			for _, name := range []string{"retention.ms", "retention.bytes", "message.timestamp.type", "cleanup.policy"} {
				value, own := c.setting(c.prefix+"out", name)
				if !own {
					value = ""
				}
				if value != test.want[name] {
					t.Errorf("the output has %s=%q of its own, wanted %q", name, value, test.want[name])
				}
			}
		})
	}
}

// Results have their masters' times. Where a topic deletes what is as old as that, a run says so before it writes them.
func TestOldResults(t *testing.T) {
	for name, test := range map[string]struct {
		in, out []string
		says    string
		fails   bool
	}{
		"kept": {[]string{"retention.ms=-1"}, []string{"retention.ms=-1"}, "", false},
		"not as long as the input is": {[]string{"retention.ms=-1"}, []string{"retention.ms=86400000"},
			"older than the 24h0m0s", true},
		"as long as the input is": {[]string{"retention.ms=86400000"}, []string{"retention.ms=86400000"},
			"older than the 24h0m0s", false},
		"by when they are written": {[]string{"retention.ms=-1"}, []string{"retention.ms=86400000",
			"message.timestamp.type=LogAppendTime"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			c.createWith(c.prefix+"in", test.in...)
			c.createWith(c.prefix+"out", test.out...)
			for _, value := range append(numbers(0, 3), mark) {
				must(t, c.client.ProduceSync(t.Context(), &kgo.Record{Topic: c.prefix + "in", Value: []byte(value),
					Timestamp: time.Now().Add(-25 * time.Hour)}).FirstErr())
			}
			log := &logged{}
			if test.fails {
				c.fails(c.copier(log), test.says, "retention.ms", "LogAppendTime")
				c.expectOut(0)
				return
			}
			c.run(c.copier(log))
			c.expectOut(0, append(numbers(0, 3), mark)...)
			if said := log.count("older than"); said > 1 || (said == 1) != (test.says != "") {
				t.Errorf("the log says it %d times:\n%s", said, log)
			}
		})
	}
}

// What Kafka refuses once and for all ends the run, whatever it is; what a new session mends doesn't.
func TestEveryAnswerEndsOrIsMended(t *testing.T) {
	mended := []*kerr.Error{
		kerr.UnknownServerError, kerr.BrokerNotAvailable, kerr.StaleControllerEpoch, kerr.ReassignmentInProgress,
		kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.MemberIDRequired, kerr.FencedInstanceID,
		kerr.UnreleasedInstanceID, kerr.FencedMemberEpoch, kerr.StaleMemberEpoch, kerr.GroupIDNotFound,
		kerr.InvalidProducerEpoch, kerr.ProducerFenced, kerr.InvalidProducerIDMapping, kerr.UnknownProducerID,
		kerr.OutOfOrderSequenceNumber, kerr.DuplicateSequenceNumber, kerr.InvalidTxnState, kerr.TransactionAbortable,
		kerr.TransactionCoordinatorFenced, kerr.ConcurrentTransactions, kerr.OperationNotAttempted, kerr.MessageTooLarge,
	}
	for code := int16(-1); code < 140; code++ {
		answer, ok := errors.AsType[*kerr.Error](kerr.ErrorForCode(code))
		if !ok || answer.Code != code || answer.Retriable {
			continue
		}
		for _, key := range []kmsg.Key{kmsg.Produce, kmsg.TxnOffsetCommit, kmsg.EndTxn} {
			if key == kmsg.Produce && answer == kerr.DuplicateSequenceNumber {
				continue // it says that Kafka has the results already, and here that is a lie
			}
			t.Run(fmt.Sprintf("%s/%s", key.Name(), answer.Message), func(t *testing.T) {
				t.Parallel()
				c := newFake(t)
				c.create("in", 1)
				c.produce("in", 0, append(numbers(0, 3), mark)...)
				mends := slices.Contains(mended, answer)
				fault := kfake.Fault{Keys: []kmsg.Key{key}, Err: answer, Count: -1}
				if mends {
					fault.Count = 1
				}
				c.Fault(fault)
				if mends {
					c.run(c.copier())
					c.expectOut(0, append(numbers(0, 3), mark)...)
				} else {
					c.fails(c.copier(), answer.Message)
				}
			})
		}
	}
}
