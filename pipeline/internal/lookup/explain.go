// Package lookup looks keys up in streams, without a group and without a trace: what each stream has around a key, and
// what comes of it down the join tree.
package lookup

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// An Explanation says what the streams have around a key, and what comes of it.
type Explanation struct {
	// Stream is the stream whose key it is, and by the expression that gives the key of one of its elements.
	Stream, By string
	// Key is the key, or Element the element, that it is about.
	Key     *expression.Key
	Element []byte
	// Partitions has those partitions that the key is in; all, if it is in none.
	Partitions []Partition
	// Broken are the streams without a match; empty where nothing is missing.
	Broken map[string]bool
}

// A Partition is an explanation for one partition; files have one.
type Partition struct {
	Number int
	// Lookups say what the streams have, and Sentences what that means, down the tree from the stream whose key it is.
	Lookups   []Result
	Sentences []string
	// Masters counts the master elements that it is about, and handedOver those of them that the join hands over.
	Masters, HandedOver int
	// Joined counts the elements with the key that the join hands over, with a master or as one.
	Joined int
	// Cause is why the first of them that isn't handed over isn't, or why there are none; nil where all are.
	Cause *Cause
}

// Explain looks a key, or the keys of an element, up in every stream. name is the stream that it is a key of; empty for
// the master. The logger is that of [Open].
func Explain(
	ctx context.Context, m *mill.Mill, logger *slog.Logger, name, key string, element []byte,
) (*Explanation, error) {
	n, err := find(m, name)
	if err != nil {
		return nil, err
	}
	streams, err := Open(ctx, m, logger)
	if err != nil {
		return nil, err
	}
	defer streams.Close()
	q := &explainer{Streams: streams, node: n, explanation: &Explanation{Stream: n.Name, Broken: map[string]bool{}}}
	if err := q.understand(ctx, key, element); err != nil {
		return nil, err
	}
	return q.explanation, q.explainPartitions(ctx)
}

// A explainer is an explanation under way.
type explainer struct {
	*Streams
	node        *mill.Node
	naming      *naming
	keys        keyRange
	element     *item // given by the user; nil for a key
	explanation *Explanation
}

// understand makes keys of what a user has written.
func (e *explainer) understand(ctx context.Context, key string, element []byte) (err error) {
	if e.naming, err = newNaming(ctx, e.mill, e.node, e.sources[e.node]); err != nil {
		return err
	}
	e.explanation.By = e.naming.String()
	if element != nil {
		return e.understandElement(element)
	}
	parsed, err := e.naming.parse(key)
	if err != nil {
		return err
	}
	e.explanation.Key = &parsed
	e.keys, err = e.naming.keyRange(parsed, parsed)
	return err
}

func (e *explainer) understandElement(text []byte) error {
	reader, err := newKeyReader(e.node, nil, e.naming.program())
	if err != nil {
		return err
	}
	element := &object.Object{}
	if err := reader.decode(text, element); err != nil {
		return WrongArgument("the element: %w", err)
	}
	if err := reader.takesPart(element); err == errLeftOut {
		return WrongArgument("the element is left out of %s, whose where isn't true of it: %s", e.node.Name,
			e.node.Stream.Reading.Where.Value)
	} else if err != nil {
		return WrongArgument("the element: %w", err)
	}
	if e.element, err = reader.item(element); err != nil {
		return WrongArgument("the element: %w", err)
	}
	e.explanation.Element = element.Raw
	return nil
}

// explainPartitions asks all partitions.
func (e *explainer) explainPartitions(ctx context.Context) error {
	var without []Partition
	for partition := range e.Partitions {
		top, err := e.top(ctx, partition)
		if err != nil {
			return err
		}
		part := Partition{Number: partition, Sentences: []string{}}
		if err := e.explain(ctx, &part, top); err != nil {
			return err
		}
		if len(top.needed) == 0 && len(top.late) == 0 {
			without = append(without, part)
		} else {
			e.explanation.Partitions = append(e.explanation.Partitions, part)
		}
	}
	if e.explanation.Partitions == nil {
		e.explanation.Partitions = without
	}
	return nil
}

// top returns what the stream has whose key it is.
func (e *explainer) top(ctx context.Context, partition int) (*subtree, error) {
	if e.element != nil {
		items := []*item{e.element}
		return &subtree{node: e.node, by: e.naming.by, relation: relationOf(e.node), slice: &slice{items: items}, needed: items,
			elsewhere: -1}, nil
	}
	return e.lookUp(ctx, e.node, e.keys, e.naming.program(), partition)
}

// explain explains one partition.
func (e *explainer) explain(ctx context.Context, part *Partition, top *subtree) error {
	say := func(sentence string) { part.Sentences = append(part.Sentences, sentence) }
	e.introduce(top, say)
	if err := e.follow(ctx, top, part.Number); err != nil {
		return err
	}
	if e.element == nil {
		part.Lookups = append(part.Lookups, e.result(top))
	}
	masters := top
	if top.node.Parent != nil {
		var err error
		if masters, err = e.climb(ctx, part, top); err != nil {
			return err
		}
	} else if len(top.needed) == 0 {
		part.Cause = e.absentCause(top)
	}
	if masters == nil || len(masters.needed) == 0 {
		top.describe(say)
		top.summarise(say)
		part.Lookups = top.results(part.Lookups)
		return nil
	}
	if masters != top {
		if err := e.follow(ctx, masters, part.Number); err != nil {
			return err
		}
	}
	masters.describe(say)
	part.Lookups = masters.results(part.Lookups)
	part.Masters = len(masters.needed)
	e.conclude(part, masters)
	e.concludeAsked(part, masters, top)
	return nil
}

// introduce says what there is of the key.
func (e *explainer) introduce(top *subtree, say func(string)) {
	switch {
	case e.element != nil:
		say(fmt.Sprintf("The element given has %v = %v.", e.naming, e.element.name))
	case len(top.needed) > 0:
		key := fmt.Sprintf("the key %v (%v)", *e.explanation.Key, e.naming)
		say(fmt.Sprintf("%s of %s.", presence(e.node.Name, key, top.needed), e.node.Stream.Name))
	default:
		say(e.absentCause(top).Text + ".")
		if top.stopsAt != nil {
			say(fmt.Sprintf("A run stops there: %v.", top.stopsAt))
			e.explanation.Broken[e.node.Name] = true
		}
	}
}

// absentCause says why the stream doesn't have the key.
func (e *explainer) absentCause(top *subtree) *Cause {
	known := func(i *item) expression.Key { return i.name }
	verdict := top.slice.verdict(top.by, e.keys.low, top.live())
	text := top.absent(*e.explanation.Key, verdict, top.below, top.above, known)
	return &Cause{Stream: e.node.Name, Verdict: verdict, Key: e.explanation.Key, Text: text}
}

// conclude says what comes of the masters.
func (e *explainer) conclude(part *Partition, masters *subtree) {
	say := func(sentence string) { part.Sentences = append(part.Sentences, sentence) }
	var failed *item
	for _, item := range masters.needed {
		if !masters.incomplete[item] {
			part.HandedOver++
		} else if failed == nil {
			failed = item
		}
	}
	masters.breaks(e.explanation.Broken)
	if at, err := masters.stop(); err != nil {
		part.HandedOver = 0
		part.Cause = &Cause{Stream: at.node.Name, Verdict: verdictOf(err), Text: err.Error()}
		e.explanation.Broken[at.node.Name] = true
		say(fmt.Sprintf("So nothing is handed over: a run stops in %s: %v.", at.node.Name, err))
		return
	}
	if failed != nil {
		part.Cause = masters.cause(failed)
	}
	say(verdictOn(masters, part))
}

// verdictOn says how many of the masters are handed over.
func verdictOn(masters *subtree, part *Partition) string {
	name := masters.node.Name
	switch n := part.HandedOver; {
	case n == part.Masters && n == 1:
		return fmt.Sprintf("So the element of %s is handed over.", name)
	case n == part.Masters:
		return fmt.Sprintf("So all %d elements of %s are handed over.", n, name)
	case n == 0 && part.Cause.Verdict == Unknown:
		return fmt.Sprintf("So it can't be said whether %s %s handed over: %s.", words.Count(part.Masters, "element of "+name),
			are(part.Masters), part.Cause.Text)
	case part.Cause.isWhole && part.Masters > 1 && n > 0:
		return fmt.Sprintf("So %d of the %d elements of %s %s handed over; of the others, the first isn't, %s.", n, part.Masters,
			name, are(n), part.Cause.short())
	case part.Cause.isWhole && part.Masters > 1:
		return fmt.Sprintf("So none of the %d elements of %s is handed over, the first %s.", part.Masters, name,
			part.Cause.short())
	case part.Cause.isWhole && part.Cause.Verdict != observe.Null:
		return fmt.Sprintf("So the element of %s is not handed over, %s.", name, part.Cause.short())
	case part.Masters == 1 && part.Cause.Verdict == observe.Null:
		return fmt.Sprintf("So the element of %s is not handed over: %s.", name, part.Cause.Text)
	case part.Masters == 1:
		return fmt.Sprintf("So the element of %s is not handed over, for want of %v in %s.", name, part.Cause.Key,
			part.Cause.Stream)
	case n == 0:
		return fmt.Sprintf("So none of the %d elements of %s is handed over, the first for want of %v in %s.", part.Masters,
			name, part.Cause.Key, part.Cause.Stream)
	}
	return fmt.Sprintf("So %d of the %d elements of %s %s handed over; of the others, the first isn't for want of %v "+
		"in %s.",
		part.HandedOver, part.Masters, name, are(part.HandedOver), part.Cause.Key, part.Cause.Stream)
}

// breaks notes the streams that lack a key.
func (t *subtree) breaks(broken map[string]bool) {
	for c, child := range t.children {
		for _, left := range t.needed {
			isMissing := child.node.Join.Need == engine.NeedOne && !child.isNull(left, c) && len(child.candidates(left, c)) == 0
			if isMissing {
				broken[child.node.Name] = true
			}
		}
		child.breaks(broken)
	}
}
