package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// An explanation says what the streams have around a key, and what comes of it.
type explanation struct {
	// stream is the stream whose key it is, and by the expression that gives the key of one of its elements.
	stream, by string
	// key is the key, or element the element, that was asked about.
	key     *expression.Key
	element []byte
	// partitions has those partitions that the key is in; all, if it is in none.
	partitions []partitionExplanation
	// broken are the streams without a match.
	broken map[string]bool
}

// A partitionExplanation is an explanation for one partition; files have one.
type partitionExplanation struct {
	partition int
	// lookups say what the streams have, and sentences what that means, from the stream that was asked about down the tree.
	lookups   []result
	sentences []string
	// masters counts the master elements that it is about, and handedOver those of them that the join hands over.
	masters, handedOver int
	// reason is why the first of them that isn't handed over isn't, or why there are none; nil where all are.
	reason *reason
}

// explain looks a key, or the keys of an element, up in every stream. name is the stream that it is a key of; empty for the
// master.
func explain(ctx context.Context, m *mill.Mill, name, key string, element []byte) (*explanation, error) {
	n, err := find(m, name)
	if err != nil {
		return nil, err
	}
	streams, err := open(ctx, m)
	defer streams.close()
	if err != nil {
		return nil, err
	}
	q := &question{library: streams, node: n, answer: &explanation{stream: n.Name, broken: map[string]bool{}}}
	if err := q.understand(ctx, key, element); err != nil {
		return nil, err
	}
	return q.answer, q.ask(ctx)
}

// A question is an explanation under way.
type question struct {
	*library
	node    *mill.Node
	naming  *naming
	wanted  wanted
	element *item // given by the user; nil for a key
	answer  *explanation
}

// understand makes keys of what was asked.
func (q *question) understand(ctx context.Context, key string, element []byte) (err error) {
	if q.naming, err = newNaming(ctx, q.mill, q.node, q.shelves[q.node]); err != nil {
		return err
	}
	q.answer.by = q.naming.String()
	if element != nil {
		return q.understandElement(element)
	}
	parsed, err := q.naming.parse(key)
	if err != nil {
		return err
	}
	q.answer.key = &parsed
	q.wanted, err = q.naming.wanted(parsed, parsed)
	return err
}

func (q *question) understandElement(text []byte) error {
	ring, err := newKeyring(q.node, q.naming.program())
	if err != nil {
		return err
	}
	element := &object.Object{}
	if err := ring.decode(text, element); err != nil {
		return wrongArgument("the element: %w", err)
	}
	if q.element, err = ring.item(element); err != nil {
		return wrongArgument("the element: %w", err)
	}
	q.answer.element = element.Raw
	return nil
}

// ask asks all partitions.
func (q *question) ask(ctx context.Context) error {
	var without []partitionExplanation
	for partition := range q.partitions {
		top, err := q.top(ctx, partition)
		if err != nil {
			return err
		}
		answer := partitionExplanation{partition: partition, sentences: []string{}}
		if err := q.explain(ctx, &answer, top); err != nil {
			return err
		}
		if len(top.asked) == 0 && len(top.late) == 0 {
			without = append(without, answer)
		} else {
			q.answer.partitions = append(q.answer.partitions, answer)
		}
	}
	if q.answer.partitions == nil {
		q.answer.partitions = without
	}
	return nil
}

// top returns what the stream that was asked about has.
func (q *question) top(ctx context.Context, partition int) (*link, error) {
	if q.element != nil {
		items := []*item{q.element}
		return &link{node: q.node, by: q.naming.by, slice: &slice{items: items}, asked: items, elsewhere: -1}, nil
	}
	return q.lookUp(ctx, q.node, q.wanted, q.naming.program(), partition)
}

// explain explains one partition.
func (q *question) explain(ctx context.Context, answer *partitionExplanation, top *link) error {
	say := func(sentence string) { answer.sentences = append(answer.sentences, sentence) }
	q.introduce(top, say)
	if err := q.follow(ctx, top, answer.partition); err != nil {
		return err
	}
	if q.element == nil {
		answer.lookups = append(answer.lookups, q.lookup(top))
	}
	masters := top
	if top.node.Parent != nil {
		var err error
		if masters, err = q.climb(ctx, answer, top); err != nil {
			return err
		}
	} else if len(top.asked) == 0 {
		answer.reason = q.absentCause(top)
	}
	if masters == nil || len(masters.asked) == 0 {
		top.describe(say)
		top.summarise(say)
		answer.lookups = top.lookups(answer.lookups)
		return nil
	}
	if masters != top {
		if err := q.follow(ctx, masters, answer.partition); err != nil {
			return err
		}
	}
	masters.describe(say)
	answer.lookups = masters.lookups(answer.lookups)
	answer.masters = len(masters.asked)
	q.conclude(answer, masters)
	return nil
}

// introduce says what there is with the name that was asked for.
func (q *question) introduce(top *link, say func(string)) {
	switch {
	case q.element != nil:
		say(fmt.Sprintf("The element given has %v = %v.", q.naming, q.element.name))
	case len(top.asked) > 0:
		key := fmt.Sprintf("the key %v (%v)", *q.answer.key, q.naming)
		say(fmt.Sprintf("%s of %s.", presence(q.node.Name, key, top.asked), q.node.Stream.Name))
	default:
		say(q.absentCause(top).text + ".")
		if top.trouble != nil {
			say(fmt.Sprintf("A run stops there: %v.", top.trouble))
			q.answer.broken[q.node.Name] = true
		}
	}
}

// absentCause says why the stream that was asked about doesn't have the key.
func (q *question) absentCause(top *link) *reason {
	known := func(i *item) expression.Key { return i.name }
	verdict := top.slice.verdict(top.by, q.wanted.low, top.live())
	text := top.absent(*q.answer.key, verdict, top.below, top.above, known)
	return &reason{q.node.Name, verdict, q.answer.key, text}
}

// climb goes up from a child to the masters that need its elements; nil where none does.
func (q *question) climb(ctx context.Context, answer *partitionExplanation, top *link) (*link, error) {
	say := func(sentence string) { answer.sentences = append(answer.sentences, sentence) }
	key := q.wanted.low
	if len(top.asked) > 0 {
		key = top.asked[0].up
	}
	if key.IsNull() {
		text := fmt.Sprintf("the key of %s for %s is null, and matches nothing", top.node.Name, top.node.Parent.Name)
		say(text + ".")
		answer.reason = &reason{top.node.Parent.Name, observe.Null, &key, text}
		return nil, nil
	}
	for child := top.node; ; child = child.Parent {
		by := slices.Index(child.Parent.Children, child)
		up, err := q.lookUp(ctx, child.Parent, wanted{by: by, low: key, high: key}, nil, answer.partition)
		if err != nil {
			return nil, err
		}
		if len(up.asked) == 0 {
			text := strings.Replace(up.absence(key), " has no ", " has no element whose left key for "+child.Name+" is ", 1)
			say(text + ".")
			say("So nothing asks for it.")
			q.answer.broken[child.Name] = true
			answer.reason = &reason{up.node.Name, up.missing(key), &key, text}
			return nil, nil
		}
		say(fmt.Sprintf("%s asks for %v of %s %s, at %s.", up.node.Name, key, child.Name, times(len(up.asked)), spots(up.asked)))
		if up.node.Parent == nil {
			return up, nil
		}
		key = up.asked[0].up
	}
}

// conclude says what comes of the masters.
func (q *question) conclude(answer *partitionExplanation, masters *link) {
	say := func(sentence string) { answer.sentences = append(answer.sentences, sentence) }
	var failed *item
	for _, item := range masters.asked {
		if !masters.incomplete[item] {
			answer.handedOver++
		} else if failed == nil {
			failed = item
		}
	}
	masters.breaks(q.answer.broken)
	if at, err := masters.stop(); err != nil {
		answer.handedOver = 0
		answer.reason = &reason{at.node.Name, verdictOf(err), nil, err.Error()}
		q.answer.broken[at.node.Name] = true
		say(fmt.Sprintf("So nothing is handed over: a run stops in %s: %v.", at.node.Name, err))
		return
	}
	if failed != nil {
		answer.reason = masters.cause(failed)
	}
	say(verdictOn(masters, answer))
}

// verdictOn says how many of the masters are handed over.
func verdictOn(masters *link, answer *partitionExplanation) string {
	name := masters.node.Name
	switch n := answer.handedOver; {
	case n == answer.masters && n == 1:
		return fmt.Sprintf("So the element of %s is handed over.", name)
	case n == answer.masters:
		return fmt.Sprintf("So all %d elements of %s are handed over.", n, name)
	case answer.masters == 1 && answer.reason.verdict == observe.Null:
		return fmt.Sprintf("So the element of %s is not handed over: %s.", name, answer.reason.text)
	case answer.masters == 1:
		return fmt.Sprintf("So the element of %s is not handed over, for want of %v in %s.", name, answer.reason.key,
			answer.reason.stream)
	case n == 0:
		return fmt.Sprintf("So none of the %d elements of %s is handed over, the first for want of %v in %s.", answer.masters,
			name, answer.reason.key, answer.reason.stream)
	}
	return fmt.Sprintf("So %d of the %d elements of %s %s handed over; of the others, the first isn't for want of %v in %s.",
		answer.handedOver, answer.masters, name, are(answer.handedOver), answer.reason.key, answer.reason.stream)
}

// breaks notes the streams that lack a key.
func (k *link) breaks(broken map[string]bool) {
	for c, child := range k.children {
		for _, key := range k.keys(c) {
			if items, _, _ := child.near(above, key); len(items) == 0 {
				broken[child.node.Name] = true
			}
		}
		child.breaks(broken)
	}
}
