package rabbitmq_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/endmark"
)

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{DataTimeouts: true, New: storage})
}

// storage makes streams for a check of the suite.
func storage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	s := newSpace(t)
	options := []rabbitmq.Option{rabbitmq.Name(s.prefix)}
	for i, content := range setup.Inputs {
		name := fmt.Sprint("input", i)
		s.create(name)
		var values []string
		for _, session := range content[0] {
			values = append(values, encoded(session.Elements)...)
			if session.Ended {
				values = append(values, endmark.Value)
			}
		}
		s.publish(name, values...)
		var declared []rabbitmq.StreamOption
		if setup.DataTimeout > 0 {
			declared = append(declared, rabbitmq.DataTimeout(setup.DataTimeout))
		}
		options = append(options, rabbitmq.Stream[brokertest.Element](s.name(name), declared...))
	}
	for i := range setup.Outputs {
		options = append(options, rabbitmq.Stream[brokertest.Element](s.name(fmt.Sprint("output", i))))
		s.create(fmt.Sprint("output", i))
	}
	proxy := s.proxy()
	b := rabbitmq.New(proxy.url(), options...)
	var mu sync.Mutex // of the clients
	return brokertest.Storage{
		Source: b,
		Sink:   b,
		Visible: func(output, _ int) brokertest.Partition {
			mu.Lock()
			defer mu.Unlock()
			return s.decoded(s.read(fmt.Sprint("output", output)))
		},
		Append: func(input, _ int, elements ...brokertest.Element) {
			mu.Lock()
			defer mu.Unlock()
			s.publish(fmt.Sprint("input", input), encoded(elements)...)
		},
		Reopen:      func() (broker.Source, broker.Sink) { return b, b },
		AbortCommit: func() { proxy.cutAfter(0) },
		BlockCommits: func() func() {
			proxy.hold(0)
			return sync.OnceFunc(proxy.release)
		},
	}
}

func encoded(elements []brokertest.Element) []string {
	values := make([]string, len(elements))
	for i, e := range elements {
		value, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		values[i] = string(value)
	}
	return values
}

// decoded returns elements and marks as the suite has them.
func (s *space) decoded(values []string) brokertest.Partition {
	var p brokertest.Partition
	ended := true
	for _, v := range values {
		if ended {
			p = append(p, brokertest.Session{})
		}
		last := &p[len(p)-1]
		ended = endmark.Is([]byte(v))
		if ended {
			last.Ended = true
			continue
		}
		var e brokertest.Element
		s.must(json.Unmarshal([]byte(v), &e))
		last.Elements = append(last.Elements, e)
	}
	return p
}
