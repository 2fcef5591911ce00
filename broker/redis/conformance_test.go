package redis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/redis"
)

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{DataTimeouts: true, New: func(t testing.TB, s brokertest.Setup) brokertest.Storage {
		return storage(t, s)
	}})
}

// TestConformanceOfFields writes results, and reads them, as fields.
func TestConformanceOfFields(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{DataTimeouts: true, New: func(t testing.TB, s brokertest.Setup) brokertest.Storage {
		return storage(t, s, redis.Fields())
	}})
}

// storage makes streams for a check of the suite.
func storage(t testing.TB, setup brokertest.Setup, more ...redis.StreamOption) brokertest.Storage {
	d := newDatabase(t)
	var options []redis.Option
	for i, stream := range setup.Inputs {
		name := fmt.Sprint("input", i)
		for _, session := range stream[0] {
			d.append(name, session.Elements)
			if session.Ended {
				d.add(name, "eos__", "true")
			}
		}
		declared := more
		if setup.DataTimeout > 0 {
			declared = append(declared, redis.DataTimeout(setup.DataTimeout))
		}
		options = append(options, redis.Stream[brokertest.Element](d.key(name), declared...))
	}
	for i := range setup.Outputs {
		options = append(options, redis.Stream[brokertest.Element](d.key(fmt.Sprint("output", i)), more...))
	}
	options = append(options, redis.Name(d.prefix+"positions"))
	b := redis.New(d.url, options...)
	return brokertest.Storage{
		Source:  b,
		Sink:    b,
		Visible: func(output, _ int) brokertest.Partition { return d.sessions(fmt.Sprint("output", output)) },
		Append: func(input, _ int, elements ...brokertest.Element) {
			d.append(fmt.Sprint("input", input), elements)
		},
		Reopen: func() (broker.Source, broker.Sink) { return b, b },
		BlockCommits: func() func() {
			d.do("CLIENT", "PAUSE", time.Minute.Milliseconds(), "WRITE")
			return sync.OnceFunc(func() { d.do("CLIENT", "UNPAUSE") })
		},
	}
}

// append adds elements as JSON.
func (d *database) append(stream string, elements []brokertest.Element) {
	d.Helper()
	pipe := d.client.Pipeline()
	for _, e := range elements {
		text, err := json.Marshal(e)
		d.must(err)
		pipe.Do(context.Background(), "XADD", d.key(stream), "*", "json", text)
	}
	if len(elements) > 0 {
		_, err := pipe.Exec(context.Background())
		d.must(err)
	}
}

// sessions reads a stream of the suite's elements as another program would.
func (d *database) sessions(stream string) (all brokertest.Partition) {
	d.Helper()
	var open *brokertest.Session
	for _, m := range d.entries(stream) {
		if open == nil {
			all = append(all, brokertest.Session{})
			open = &all[len(all)-1]
		}
		if _, ok := m.Values["eos__"]; ok {
			open.Ended, open = true, nil
			continue
		}
		var e brokertest.Element
		if text, ok := m.Values["json"]; ok {
			d.must(json.Unmarshal([]byte(text.(string)), &e))
		} else {
			_, err := fmt.Sscan(m.Values["id"].(string), &e.ID)
			d.must(err)
			e.Text = m.Values["text"].(string)
		}
		open.Elements = append(open.Elements, e)
	}
	return all
}
