package leat

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// inputStream returns the stream of a node.
func (b *builder) inputStream(n *node) broker.Stream {
	found := n.streams(b.inputs.OfType(n.element))
	switch len(found) {
	case 1:
		return found[0]
	case 0:
		if b.config.Source != nil {
			b.mistakes.Add("%s: %s", b.nodeOrigin(n), b.missingInput(n))
		}
	default:
		b.mistakes.Add("%s: the source has several streams of %v, %s; give all but one a name, "+
			"or a broker of its own to one that is to be written", b.nodeOrigin(n), mistake.Element(n.element, found[0].As),
			found)
	}
	return broker.Stream{Type: n.element}
}

// streams returns those of the streams of its type that n may mean: those of its name. A field without a tag may also
// mean those without a name.
func (n *node) streams(all declaration.Streams) declaration.Streams {
	if n.fieldPath == "" || n.tagged {
		return all.Named(n.name)
	}
	found := all.Filter(func(s broker.Stream) bool { return strings.EqualFold(s.As, n.name) })
	if len(found) == 0 {
		return all.Named("")
	}
	return found
}

func (b *builder) missingInput(n *node) string {
	others := b.inputs.OfType(n.element)
	switch {
	case len(others) == 0:
		return fmt.Sprintf("the source has no stream of %v; it has %s", n.element, b.inputs)
	case n.fieldPath != "" && !n.tagged:
		return fmt.Sprintf("the source has no stream of %v without a name, nor one named %q; it has %s: "+
			"tag the field with the name of one, as in `leat:%q`", n.element, n.name, others, others[0].As)
	case n.name == "" && n.join == nil:
		return fmt.Sprintf("the source has no stream of %v without a name; it has %s: declare the master's without",
			n.element, others)
	case n.name == "":
		return fmt.Sprintf("the source has no stream of %v without a name; it has %s: take one by leat.Named",
			n.element, others)
	}
	return fmt.Sprintf("the source has no stream of %s; it has %s: declare one under that name",
		n, others)
}

// nodeOrigin returns where a node comes from: the field, the parameter of the master, or the join.
func (b *builder) nodeOrigin(n *node) string {
	if n.origin != "" {
		return n.origin
	}
	if n.join == nil {
		return b.masterText
	}
	return n.join.Option.String()
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
	if b.config.Sink == nil {
		if b.config.Source != nil {
			b.mistakes.Add("%s: there is no sink for it; add leat.To(sink), or give one broker for both by leat.Broker", origin)
		}
		return broker.Stream{}, false
	}
	all := b.sinkStreams.OfType(element)
	found := all.Filter(func(s broker.Stream) bool { return !b.isRead(s) })
	if unnamed := found.Named(""); len(unnamed) > 0 {
		found = unnamed
	}
	switch {
	case len(found) == 1:
		return found[0], true
	case len(found) > 1:
		b.mistakes.Add("%s: the sink has several streams of %v, %s; leave one", origin, element, found)
	case len(all) > 0:
		b.mistakes.Add("%s: %s is read by the same mill; declare another stream of %v under a name, "+
			"or give the result a type of its own", origin, all, element)
	default:
		b.mistakes.Add("%s: the sink has no stream of %v; it has %s", origin, element, b.sinkStreams)
	}
	return broker.Stream{}, false
}

// isRead reports whether a stream of the sink is read by the same mill.
func (b *builder) isRead(s broker.Stream) bool {
	if !b.config.OneBroker() || b.tree == nil {
		return false
	}
	return slices.ContainsFunc(b.tree.nodes, func(n *node) bool { return n.element == s.Type && n.stream.As == s.As })
}

// letters finds the stream of letters where a policy needs it.
func (b *builder) letters(spec *engine.Spec) {
	t := b.config.Public.Letter
	for _, o := range b.config.DeadLetters {
		if b.config.Sink != nil && !b.sinkStreams.Has(t) {
			b.mistakes.Add("%s: leat.DeadLetter needs a stream of %v in the sink; declare one, "+
				"for example by jsonfile.File[leat.Letter](\"letters.jsonl\")", o, t)
			continue
		}
		spec.Letter = b.config.Public.NewLetter
		spec.LetterOutput = b.output(t, o.String()+": leat.DeadLetter")
	}
}

// unmatched sets up whom to tell of unmatched elements.
func (b *builder) unmatched(spec *engine.Spec) {
	spec.OnUnmatched = b.config.OnUnmatched
	o := b.config.WriteUnmatched
	if o == nil {
		return
	}
	t := b.config.Public.Unmatched
	if b.config.Sink != nil && !b.sinkStreams.Has(t) {
		b.mistakes.Add("%s: it needs a stream of %v in the sink; declare one, "+
			"for example by jsonfile.File[leat.Unmatched](\"unmatched.jsonl\")", o, t)
		return
	}
	spec.Unmatched = b.config.Public.NewUnmatched
	spec.UnmatchedOutput = b.output(t, o.String())
}
