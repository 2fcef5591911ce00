// Package declaration is what the options of a mill said, before anybody has looked whether it fits a function:
// storages, joins, windows, provided values, policies, each with the name of its option and its location in the user's
// code.
package declaration

import (
	"log/slog"
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/observe"
)

// A Mill is what the options of a mill said. Make one with [New].
type Mill struct {
	// Name is empty for a mill that is called like its function.
	Name    string
	Logger  *slog.Logger
	Source  broker.Source
	Sink    broker.Sink
	Joins   []*Join
	Windows []*Window
	Sorts   []*Sort
	Idles   []*Idle
	// NodeSettings are what options said of single nodes, in their order.
	NodeSettings []*NodeSetting
	Provided     []*Provided
	Container    *Container
	Concurrency  int
	// Pace says when there is enough to commit; zero leaves that to the storage.
	Pace       broker.Pace
	Verify     bool
	OnDisorder engine.Policy
	OnDecode   engine.Policy
	OnError    engine.Policy
	// DeadLetters are the options with the policy DeadLetter.
	DeadLetters []*Option
	// OnUnmatched and WriteUnmatched are what those options said; nil without them.
	OnUnmatched    func(*observe.Unmatched)
	WriteUnmatched *Option
	// Observers are in the order in which they were given. Their errors name their options.
	Observers []observe.Observer
	// Public are the types of the public face.
	Public Public
	// Mistakes are those in the options by themselves.
	Mistakes mistake.List

	// given are the options by their names, the first one of each; source and sink are those that gave the storages.
	given        map[string]*Option
	source, sink *Option
}

// Public has the types of the public face that the rooms beneath it read and make. They can't import it.
type Public struct {
	Record, Letter, Unmatched reflect.Type
	// FillRecord fills a record, a pointer to one, with that of an element.
	FillRecord func(record any, stream string, partition int, e *engine.Element)
	// NewLetter and NewUnmatched return pointers.
	NewLetter    func(engine.Failure) any
	NewUnmatched func(*observe.Unmatched) any
}

// New returns what options say, one after the other; what a mill is without any is what the public face documents.
func New[O interface{ Declare(*Mill) }](public Public, options []O) *Mill {
	m := &Mill{Logger: slog.Default(), Concurrency: 1, Public: public, given: make(map[string]*Option)}
	for i, o := range options {
		if any(o) == nil {
			m.Mistakes.Add("option %d is nil; leave it out", i+1)
			continue
		}
		o.Declare(m)
	}
	if source, ok := m.Source.(interface{ Logger() *slog.Logger }); ok && m.given["leat.Logger"] == nil {
		m.Logger = source.Logger()
	}
	return m
}

// SetSource sets the source that an option gives.
func (m *Mill) SetSource(o *Option, s broker.Source) {
	if m.source != nil {
		m.Mistakes.Add("%s: the source is that of %s already; give leat.Broker, or leat.From with leat.To", o, m.source)
		return
	}
	m.Source, m.source = s, o
}

// SetSink sets the sink that an option gives.
func (m *Mill) SetSink(o *Option, s broker.Sink) {
	if m.sink != nil {
		m.Mistakes.Add("%s: the sink is that of %s already; give leat.Broker, or leat.From with leat.To", o, m.sink)
		return
	}
	m.Sink, m.sink = s, o
}

// SetPolicy sets the policy that an option gives for what of says.
func (m *Mill) SetPolicy(o *Option, p engine.Policy, of *engine.Policy) {
	*of = p
	if p.Kind == engine.DeadLetter {
		m.DeadLetters = append(m.DeadLetters, o)
	}
}

// LacksSource reports whether no option was to give a source. That one which was has failed is a mistake already.
func (m *Mill) LacksSource() bool {
	return m.Source == nil && m.given["leat.Broker"] == nil && m.given["leat.From"] == nil
}

// OneBroker reports whether source and sink are one storage.
func (m *Mill) OneBroker() bool {
	source, sink := reflect.ValueOf(m.Source), reflect.ValueOf(m.Sink)
	return source.IsValid() && sink.IsValid() && source.Comparable() && sink.Comparable() && source.Equal(sink)
}
