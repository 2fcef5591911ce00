package leat

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"

	"github.com/leat-go/leat/internal/mistake"
)

// checkStreams refuses streams that nothing could make or take elements of: a storage made them without broker.NewStream, or
// their elements are pointers themselves.
func (b *builder) checkStreams(all []broker.Stream) {
	for _, s := range all {
		if s.Type == nil || mistake.IsNil(s.Codec) {
			b.mistakes.Add("stream %q: it has no element type or no codec; make it by broker.NewStream", s.Name)
			continue
		}
		plain := s.Type
		for plain.Kind() == reflect.Pointer {
			plain = plain.Elem()
		}
		if plain != s.Type {
			b.mistakes.Add("stream %q: an element can't be a pointer, as %v is; declare it for %v", s.Name, s.Type, plain)
		}
	}
}

// hasInput reports whether the source has a stream of an element type.
func (b *builder) hasInput(element reflect.Type) bool {
	return slices.ContainsFunc(b.inputs, func(s broker.Stream) bool { return s.Type == element })
}

// hasOutput reports whether the sink has a stream of an element type.
func (b *builder) hasOutput(element reflect.Type) bool {
	return slices.ContainsFunc(b.sinkStreams, func(s broker.Stream) bool { return s.Type == element })
}

// inputStream returns the stream of a node.
func (b *builder) inputStream(n *node) broker.Stream {
	found := n.streams(ofType(b.inputs, n.element))
	switch len(found) {
	case 1:
		return found[0]
	case 0:
		if b.config.source != nil {
			b.mistakes.Add("%s: %s", b.nodeOrigin(n), b.missingInput(n))
		}
	default:
		b.mistakes.Add("%s: the source has several streams of %v, %s; give all but one a name, "+
			"or a broker of its own to one that is to be written", b.nodeOrigin(n), mistake.Element(n.element, found[0].As),
			streamList(found))
	}
	return broker.Stream{Type: n.element}
}

// streams returns those of the streams of its type that n may mean: those of its name. A field without a tag may also
// mean those without a name.
func (n *node) streams(all []broker.Stream) []broker.Stream {
	if n.fieldPath == "" || n.tagged {
		return named(all, n.name)
	}
	found := slices.DeleteFunc(slices.Clone(all), func(s broker.Stream) bool { return !strings.EqualFold(s.As, n.name) })
	if len(found) == 0 {
		return named(all, "")
	}
	return found
}

func (b *builder) missingInput(n *node) string {
	others := ofType(b.inputs, n.element)
	switch {
	case len(others) == 0:
		return fmt.Sprintf("the source has no stream of %v; it has %s", n.element, streamList(b.inputs))
	case n.fieldPath != "" && !n.tagged:
		return fmt.Sprintf("the source has no stream of %v without a name, nor one named %q; it has %s: "+
			"tag the field with the name of one, as in `leat:%q`", n.element, n.name, streamList(others), others[0].As)
	case n.name == "" && n.join == nil:
		return fmt.Sprintf("the source has no stream of %v without a name; it has %s: declare the master's without",
			n.element, streamList(others))
	case n.name == "":
		return fmt.Sprintf("the source has no stream of %v without a name; it has %s: take one by leat.Named",
			n.element, streamList(others))
	}
	return fmt.Sprintf("the source has no stream of %s; it has %s: declare one under that name",
		n, streamList(others))
}

// nodeOrigin returns where a node comes from: the field, the parameter of the master, or the join.
func (b *builder) nodeOrigin(n *node) string {
	if n.origin != "" {
		return n.origin
	}
	if n.join == nil {
		return b.masterText
	}
	return n.join.option.String()
}

// output returns the number of the stream for results of an element type, and adds it to the outputs if it is new. origin
// names what the results come from.
func (b *builder) output(element reflect.Type, origin string) int {
	if i := slices.IndexFunc(b.outputs, func(s broker.Stream) bool { return s.Type == element }); i >= 0 {
		return i
	}
	stream, ok := b.findOutput(element, origin)
	if !ok {
		stream = broker.Stream{Type: element}
	}
	b.outputs = append(b.outputs, stream)
	return len(b.outputs) - 1
}

// findOutput finds the stream for results of an element type: the one that isn't read, and of several the one without a
// name.
func (b *builder) findOutput(element reflect.Type, origin string) (broker.Stream, bool) {
	if b.config.sink == nil {
		if b.config.source != nil {
			b.mistakes.Add("%s: there is no sink for it; add leat.To(sink), or give one broker for both by leat.Broker", origin)
		}
		return broker.Stream{}, false
	}
	all := ofType(b.sinkStreams, element)
	found := slices.DeleteFunc(slices.Clone(all), b.isRead)
	if unnamed := named(found, ""); len(unnamed) > 0 {
		found = unnamed
	}
	switch {
	case len(found) == 1:
		return found[0], true
	case len(found) > 1:
		b.mistakes.Add("%s: the sink has several streams of %v, %s; leave one", origin, element, streamList(found))
	case len(all) > 0:
		b.mistakes.Add("%s: %s is read by the same mill; declare another stream of %v under a name, "+
			"or give the result a type of its own", origin, streamList(all), element)
	default:
		b.mistakes.Add("%s: the sink has no stream of %v; it has %s", origin, element, streamList(b.sinkStreams))
	}
	return broker.Stream{}, false
}

// isRead reports whether a stream of the sink is read by the same mill.
func (b *builder) isRead(s broker.Stream) bool {
	if !b.oneBroker() || b.tree == nil {
		return false
	}
	return slices.ContainsFunc(b.tree.nodes, func(n *node) bool { return n.element == s.Type && n.stream.As == s.As })
}

// oneBroker reports whether source and sink are one storage.
func (b *builder) oneBroker() bool {
	source, sink := reflect.ValueOf(b.config.source), reflect.ValueOf(b.config.sink)
	return source.IsValid() && sink.IsValid() && source.Comparable() && sink.Comparable() && source.Equal(sink)
}

// ofType returns the streams of an element type.
func ofType(streams []broker.Stream, element reflect.Type) []broker.Stream {
	return slices.DeleteFunc(slices.Clone(streams), func(s broker.Stream) bool { return s.Type != element })
}

// named returns the streams that were declared under a name, or without one.
func named(streams []broker.Stream, name string) []broker.Stream {
	return slices.DeleteFunc(slices.Clone(streams), func(s broker.Stream) bool { return s.As != name })
}

func streamList(streams []broker.Stream) string {
	words := make([]string, len(streams))
	for i, s := range streams {
		words[i] = fmt.Sprintf("%s (%q)", mistake.Element(s.Type, s.As), s.Name)
	}
	return mistake.And(words)
}
