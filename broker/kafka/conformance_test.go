package kafka_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/kafka"
)

const mark = `{"eos__": true}`

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{New: func(t testing.TB, setup brokertest.Setup) brokertest.Storage {
		return newStorage(t, setup).storage()
	}, Partitions: 3, DataTimeouts: true})
}

func TestConformanceOnePartition(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{New: func(t testing.TB, setup brokertest.Setup) brokertest.Storage {
		return newStorage(t, setup).storage()
	}})
}

// A storage is a cluster with the suite's topics.
type storage struct {
	*cluster
	inputs, outputs []string
	dataTimeout     time.Duration
}

func newStorage(t testing.TB, setup brokertest.Setup) *storage {
	s := &storage{cluster: newCluster(t), dataTimeout: setup.DataTimeout}
	for i, content := range setup.Inputs {
		s.inputs = append(s.inputs, fmt.Sprintf("%sinput-%d", s.prefix, i))
		s.create(s.inputs[i], len(content))
		for p, sessions := range content {
			for _, session := range sessions {
				s.fill(i, p, session)
			}
		}
	}
	for o := range setup.Outputs {
		s.outputs = append(s.outputs, fmt.Sprintf("%soutput-%d", s.prefix, o))
		s.create(s.outputs[o], setup.Partitions)
	}
	return s
}

func (s *storage) fill(input, partition int, session brokertest.Session) {
	s.append(input, partition, session.Elements...)
	if session.Ended {
		s.produce(s.inputs[input], partition, mark)
	}
}

func (s *storage) append(input, partition int, elements ...brokertest.Element) {
	var values []string
	for _, e := range elements {
		value, err := json.Marshal(e)
		must(s, err)
		values = append(values, string(value))
	}
	if len(values) > 0 {
		s.produce(s.inputs[input], partition, values...)
	}
}

func (s *storage) visible(output, partition int) brokertest.Partition {
	sessions := brokertest.Partition{{}}
	for _, r := range s.committed(s.outputs[output], partition) {
		last := &sessions[len(sessions)-1]
		if string(r.Value) == mark {
			last.Ended = true
			sessions = append(sessions, brokertest.Session{})
			continue
		}
		var e brokertest.Element
		must(s, json.Unmarshal(r.Value, &e))
		last.Elements = append(last.Elements, e)
	}
	if last := sessions[len(sessions)-1]; len(last.Elements) == 0 {
		return sessions[:len(sessions)-1]
	}
	return sessions
}

func (s *storage) broker() *kafka.Broker {
	options := []kafka.Option{kafka.Instance("one"), kafka.Options(kgo.HeartbeatInterval(50 * time.Millisecond)),
		kafka.DataTimeout(s.dataTimeout)}
	if s.prefix != "" {
		options = append(options, kafka.Group(s.prefix+"group"))
	}
	for _, name := range slices.Concat(s.inputs, s.outputs) {
		options = append(options, kafka.Topic[brokertest.Element](name))
	}
	return kafka.New(s.addresses, options...)
}

func (s *storage) storage() brokertest.Storage {
	b := s.broker()
	storage := brokertest.Storage{
		Source:  b,
		Sink:    b,
		Visible: s.visible,
		Append:  s.append,
		Reopen: func() (broker.Source, broker.Sink) {
			b := s.broker()
			return b, b
		},
	}
	if s.Cluster != nil {
		storage.AbortCommit = func() {
			s.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Err: kerr.IllegalGeneration})
		}
		storage.BlockCommits = s.block
	}
	return storage
}

// block holds up all ends of transactions.
func (s *storage) block() (release func()) {
	released := make(chan struct{})
	s.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
		s.KeepControl()
		s.SleepControl(func() { <-released })
		return nil, nil, false
	})
	var once sync.Once
	return func() { once.Do(func() { close(released) }) }
}
