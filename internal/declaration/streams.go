package declaration

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/mistake"
)

// Streams are those that a storage declares.
type Streams []broker.Stream

// Inputs returns the streams of the source; none where there is no source.
func (m *Mill) Inputs() Streams {
	if m.Source == nil {
		return nil
	}
	return m.Source.Streams()
}

// Outputs returns the streams of the sink; none where there is no sink.
func (m *Mill) Outputs() Streams {
	if m.Sink == nil {
		return nil
	}
	return m.Sink.Streams()
}

// CheckStreams refuses streams that nothing could make or take elements of: a storage made them without
// broker.NewStream, or their elements are pointers themselves.
func (m *Mill) CheckStreams() {
	all := m.Inputs()
	if !m.OneBroker() {
		all = slices.Concat(all, m.Outputs())
	}
	for _, s := range all {
		if s.Type == nil || mistake.IsNil(s.Codec) {
			m.Mistakes.Add("stream %q: it has no element type or no codec; make it by broker.NewStream", s.Name)
			continue
		}
		plain := s.Type
		for plain.Kind() == reflect.Pointer {
			plain = plain.Elem()
		}
		if plain != s.Type {
			m.Mistakes.Add("stream %q: an element can't be a pointer, as %v is; declare it for %v", s.Name, s.Type, plain)
		}
	}
}

// Types returns the streams' element types.
func (s Streams) Types() []reflect.Type {
	types := make([]reflect.Type, len(s))
	for i := range s {
		types[i] = s[i].Type
	}
	return types
}

// Has reports whether there is a stream of an element type.
func (s Streams) Has(element reflect.Type) bool {
	return slices.ContainsFunc(s, func(s broker.Stream) bool { return s.Type == element })
}

// OfType returns the streams of an element type.
func (s Streams) OfType(element reflect.Type) Streams {
	return s.Filter(func(s broker.Stream) bool { return s.Type == element })
}

// Named returns the streams that were declared under a name, or without one.
func (s Streams) Named(name string) Streams {
	return s.Filter(func(s broker.Stream) bool { return s.As == name })
}

// Filter returns the streams for which fits is true. It isn't inlined because streams are large, and each copy of the loop a
// kilobyte of each program.
//
//go:noinline
func (s Streams) Filter(fits func(broker.Stream) bool) (fitting Streams) {
	for i := range s {
		if fits(s[i]) {
			fitting = append(fitting, s[i])
		}
	}
	return fitting
}

// String lists the streams: `main.Audio ("audio") and main.Video named "left" ("video")`; "none" where there are none.
func (s Streams) String() string {
	words := make([]string, len(s))
	for i := range s {
		words[i] = fmt.Sprintf("%s (%q)", mistake.Element(s[i].Type, s[i].As), s[i].Name)
	}
	return mistake.And(words)
}
