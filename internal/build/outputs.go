package build

import (
	"reflect"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
	"github.com/leat-go/leat/internal/signature"
)

// results finds the stream of each result.
func (b *builder) results(read []signature.Result) (results []call.Result) {
	for _, r := range read {
		if r.Mistake != "" {
			b.mistakes.Add("%s: %s", r, r.Mistake)
			continue
		}
		results = append(results, call.Result{Result: r, Output: b.output(r.Element, r.String())})
	}
	return results
}

// output returns the number of the stream for results of an element type, and adds it to the outputs if it is new.
// origin names what the results come from.
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
	if b.declared.Sink == nil {
		if b.declared.Source != nil {
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
	if !b.declared.OneBroker() {
		return false
	}
	return slices.ContainsFunc(b.tree.Nodes,
		func(n *jointree.Node) bool { return n.Element == s.Type && n.Stream.As == s.As })
}

// letters finds the stream of letters where a policy needs it.
func (b *builder) letters(spec *engine.Spec) {
	t := b.declared.Public.Letter
	for _, o := range b.declared.DeadLetters {
		if b.declared.Sink != nil && !b.sinkStreams.Has(t) {
			b.mistakes.Add("%s: leat.DeadLetter needs a stream of %v in the sink; declare one, "+
				"for example by file.At[leat.Letter](\"letters.jsonl\")", o, t)
			continue
		}
		spec.Letter = b.declared.Public.NewLetter
		spec.LetterOutput = b.output(t, o.String()+": leat.DeadLetter")
	}
}

// unmatched sets up what reports unmatched elements.
func (b *builder) unmatched(spec *engine.Spec) {
	spec.OnUnmatched = b.declared.OnUnmatched
	o := b.declared.WriteUnmatched
	if o == nil {
		return
	}
	t := b.declared.Public.Unmatched
	if b.declared.Sink != nil && !b.sinkStreams.Has(t) {
		b.mistakes.Add("%s: it needs a stream of %v in the sink; declare one, "+
			"for example by file.At[leat.Unmatched](\"unmatched.jsonl\")", o, t)
		return
	}
	spec.Unmatched = b.declared.Public.NewUnmatched
	spec.UnmatchedOutput = b.output(t, o.String())
}
