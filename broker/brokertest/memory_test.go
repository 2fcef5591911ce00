package brokertest

import (
	"fmt"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// onMemory is the harness of the memory storage, whose offsets have holes and whose batches are small.
func onMemory() Harness {
	newStorage := func(t testing.TB, setup Setup) Storage { return newMemory(t, setup).storage() }
	return Harness{New: newStorage, Partitions: 3, DataTimeouts: true}
}

// A filled memory storage knows its streams' names.
type filled struct {
	testing.TB
	*memory.Broker
	inputs, outputs []string
}

func newMemory(t testing.TB, setup Setup) filled {
	f := filled{TB: t}
	options := []memory.Option{memory.Batch(7), memory.DataTimeout(setup.DataTimeout)}
	for i, content := range setup.Inputs {
		f.inputs = append(f.inputs, fmt.Sprintf("input-%d", i))
		options = append(options, memory.Stream[Element](f.inputs[i], memory.Partitions(len(content)), memory.Gaps(2)))
	}
	for i := range setup.Outputs {
		f.outputs = append(f.outputs, fmt.Sprintf("output-%d", i))
		options = append(options, memory.Stream[Element](f.outputs[i], memory.Partitions(setup.Partitions)))
	}
	f.Broker = memory.New(options...)
	for i, content := range setup.Inputs {
		for p, sessions := range content {
			for _, s := range sessions {
				f.fill(i, p, s)
			}
		}
	}
	return f
}

func (f filled) fill(input, partition int, s Session) {
	f.append(input, partition, s.Elements...)
	if s.Ended {
		if err := f.End(f.inputs[input], partition); err != nil {
			f.Fatal(err)
		}
	}
}

func (f filled) append(input, partition int, elements ...Element) {
	if err := memory.Append(f.Broker, f.inputs[input], partition, elements...); err != nil {
		f.Fatal(err)
	}
}

func (f filled) visible(output, partition int) Partition {
	sessions, err := memory.Sessions[Element](f.Broker, f.outputs[output], partition)
	if err != nil {
		f.Fatal(err)
	}
	p := make(Partition, len(sessions))
	for i, s := range sessions {
		p[i] = Session{Elements: s, Ended: i < len(sessions)-1}
	}
	return p
}

func (f filled) storage() Storage {
	return Storage{
		Source:       f.Broker,
		Sink:         f.Broker,
		Visible:      f.visible,
		Append:       f.append,
		Reopen:       func() (broker.Source, broker.Sink) { return f.Broker, f.Broker },
		AbortCommit:  func() { f.Broker.AbortCommit(1) },
		BlockCommits: f.Broker.BlockCommits,
	}
}

func TestMemory(t *testing.T) { Run(t, onMemory()) }

func TestMemoryWithoutPartitions(t *testing.T) {
	h := onMemory()
	h.Partitions = 1
	Run(t, h)
}

// Storages that can only be read or only be written are checked as far as they go.
func TestMemoryAsSourceOrSinkOnly(t *testing.T) {
	for name, cut := range map[string]func(*Storage){
		"source": func(s *Storage) { s.Sink, s.Reopen = nil, nil },
		"sink":   func(s *Storage) { s.Source, s.Append, s.Reopen = nil, nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			h := onMemory()
			whole := h.New
			h.New = func(t testing.TB, setup Setup) Storage {
				s := whole(t, setup)
				cut(&s)
				return s
			}
			Run(t, h)
		})
	}
}

// A sink with the guarantee AtLeastOnce needn't be a Keeper.
func TestMemoryAtLeastOnce(t *testing.T) {
	Run(t, bent(bend{
		guarantee: broker.AtLeastOnce,
		output:    func(inner broker.Output) broker.Output { return struct{ broker.Output }{inner} },
	}))
}
