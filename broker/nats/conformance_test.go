package nats_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/nats"
)

const mark = `{"eos__": true}`

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{DataTimeouts: true, New: storage})
}

// storage makes streams for a check of the suite. What runs send goes through a proxy.
func storage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	s := newSpace(t)
	p := newProxy(t, s.server.Address())
	options := []nats.Option{nats.Name(s.name)}
	for i, stream := range setup.Inputs {
		name := fmt.Sprint("in", i)
		s.make(name, name)
		for _, session := range stream[0] {
			s.add(name, session.Elements...)
			if session.Ended {
				s.publish(name, mark)
			}
		}
		var declared []nats.SubjectOption
		if setup.DataTimeout > 0 {
			declared = append(declared, nats.DataTimeout(setup.DataTimeout))
		}
		options = append(options, nats.Subject[brokertest.Element](s.subject(name), declared...))
	}
	for i := range setup.Outputs {
		options = append(options, nats.Subject[brokertest.Element](s.subject(fmt.Sprint("out", i)),
			nats.InStream(s.stream("out"))))
	}
	b := nats.New(p.url(), options...)
	return brokertest.Storage{
		Source:       b,
		Sink:         b,
		Visible:      func(output, _ int) brokertest.Partition { return s.sessions(fmt.Sprint("out", output)) },
		Append:       func(input, _ int, elements ...brokertest.Element) { s.add(fmt.Sprint("in", input), elements...) },
		Reopen:       func() (broker.Source, broker.Sink) { return b, b },
		AbortCommit:  func() { p.cutAt("Nats-Batch-Commit", false) },
		BlockCommits: func() func() { p.hold(); return p.release },
	}
}

// add adds elements to a subject.
func (s *space) add(subject string, elements ...brokertest.Element) {
	for _, e := range elements {
		value, err := json.Marshal(e)
		s.must(err)
		s.publish(subject, string(value))
	}
}

// sessions returns what a subject holds as elements and marks.
func (s *space) sessions(subject string) (p brokertest.Partition) {
	open := false
	for _, value := range s.values(subject) {
		if !open {
			p, open = append(p, brokertest.Session{}), true
		}
		last := &p[len(p)-1]
		if value == mark {
			last.Ended, open = true, false
			continue
		}
		var e brokertest.Element
		s.must(json.Unmarshal([]byte(value), &e))
		last.Elements = append(last.Elements, e)
	}
	return p
}
