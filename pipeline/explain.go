package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// About is what Explain is asked about: a key, or an element.
type About struct {
	// Stream is the stream whose key or element it is; empty for the master.
	Stream string
	// Key is the key as one writes it: 30, 12.5, robot-7, true. Elements are known by the one member that their key in the
	// join is made of, and otherwise by that key itself; Explanation.By says which.
	Key string
	// Element is a JSON object, and set where Key isn't. The stream need not hold it.
	Element []byte
}

// An Explanation says what the streams have around a key, and what comes of it.
type Explanation struct {
	// Stream is the stream whose key it is, and By the expression that gives the key of one of its elements.
	Stream string `json:"stream"`
	By     string `json:"by,omitempty"`
	// Key is the key, or Element the element, that was asked about.
	Key     *expression.Key `json:"key,omitempty"`
	Element json.RawMessage `json:"element,omitempty"`
	// Partitions has those partitions that the key is in; all, if it is in none.
	Partitions []PartitionExplanation `json:"partitions"`
	// Findings are what may be wrong with the joins where the chain breaks, as Check finds it.
	Findings []Finding `json:"findings"`
}

// PartitionExplanation is an explanation for one partition; files have one.
type PartitionExplanation struct {
	Partition int `json:"partition"`
	// Lookups say what the streams have, and Sentences what that means, from the stream that was asked about down the tree.
	Lookups   []Lookup `json:"lookups"`
	Sentences []string `json:"sentences"`
	// Masters counts the master elements that it is about, and HandedOver those of them that the join hands over.
	Masters    int `json:"masters"`
	HandedOver int `json:"handed_over"`
	// Cause is why the first of them that isn't handed over isn't, or why there are none; nil where all are.
	Cause *Cause `json:"cause"`
}

// Explain looks a key up in every stream of the join tree, and says what each has around it, where the chain breaks, and
// whether the master element is handed over. Topics and files are bisected, as keys grow along them; a
// file that is compressed is read up to the key. It joins no group and writes nothing. An [*ArgumentError] says that there
// can't be such a key.
func (p *Pipeline) Explain(ctx context.Context, options Options, about About) (*Explanation, error) {
	p, err := p.again()
	if err != nil {
		return nil, err
	}
	n, err := p.find(about.Stream)
	if err != nil {
		return nil, err
	}
	streams, err := p.open(ctx)
	defer streams.close()
	if err != nil {
		return nil, err
	}
	q := &question{library: streams, node: n, answer: &Explanation{Stream: n.name, Findings: []Finding{}}}
	if err := q.understand(ctx, about); err != nil {
		return nil, err
	}
	if err := q.ask(ctx); err != nil {
		return nil, err
	}
	if len(q.broken) == 0 {
		return q.answer, nil
	}
	report, err := p.Check(ctx, options)
	if err != nil {
		return nil, err
	}
	for _, finding := range report.Findings {
		ofLeft := finding.Mistake == MistakeOrder || finding.Mistake == MistakeKinds // what stops a run in the left stream
		of := q.broken[finding.Right] || ofLeft && q.broken[finding.Left]
		if finding.Mistake.systematic() && of {
			q.answer.Findings = append(q.answer.Findings, finding)
		}
	}
	return q.answer, nil
}

// A question is an explanation under way.
type question struct {
	*library
	node    *node
	naming  *naming
	wanted  wanted
	element *item // given by the user; nil for a key
	// broken are the streams without a match.
	broken map[string]bool
	answer *Explanation
}

// understand makes keys of what was asked.
func (q *question) understand(ctx context.Context, about About) (err error) {
	if q.naming, err = q.pipeline.naming(ctx, q.node, q.shelves[q.node]); err != nil {
		return err
	}
	q.broken = map[string]bool{}
	q.answer.By = q.naming.String()
	if about.Element != nil {
		return q.understandElement(about.Element)
	}
	key, err := q.naming.parse(about.Key)
	if err != nil {
		return err
	}
	q.answer.Key = &key
	q.wanted, err = q.naming.wanted(key, key)
	return err
}

func (q *question) understandElement(text []byte) error {
	ring, err := q.node.keyring(q.naming.program())
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
	q.answer.Element = element.Raw
	return nil
}

// ask asks all partitions.
func (q *question) ask(ctx context.Context) error {
	var without []PartitionExplanation
	for partition := range q.partitions {
		top, err := q.top(ctx, partition)
		if err != nil {
			return err
		}
		answer := PartitionExplanation{Partition: partition, Sentences: []string{}, Lookups: []Lookup{}}
		if err := q.explain(ctx, &answer, top); err != nil {
			return err
		}
		if len(top.asked) == 0 && len(top.late) == 0 {
			without = append(without, answer)
		} else {
			q.answer.Partitions = append(q.answer.Partitions, answer)
		}
	}
	if q.answer.Partitions == nil {
		q.answer.Partitions = without
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
func (q *question) explain(ctx context.Context, answer *PartitionExplanation, top *link) error {
	say := func(sentence string) { answer.Sentences = append(answer.Sentences, sentence) }
	q.introduce(top, say)
	if err := q.follow(ctx, top, answer.Partition); err != nil {
		return err
	}
	if q.element == nil {
		answer.Lookups = append(answer.Lookups, q.lookup(top))
	}
	masters := top
	if top.node.parent != nil {
		var err error
		if masters, err = q.climb(ctx, answer, top); err != nil {
			return err
		}
	} else if len(top.asked) == 0 {
		answer.Cause = q.absentCause(top)
	}
	if masters == nil || len(masters.asked) == 0 {
		top.describe(say)
		top.summarise(say)
		answer.Lookups = top.lookups(answer.Lookups)
		return nil
	}
	if masters != top {
		if err := q.follow(ctx, masters, answer.Partition); err != nil {
			return err
		}
	}
	masters.describe(say)
	answer.Lookups = masters.lookups(answer.Lookups)
	answer.Masters = len(masters.asked)
	q.conclude(answer, masters)
	return nil
}

// introduce says what there is with the name that was asked for.
func (q *question) introduce(top *link, say func(string)) {
	switch {
	case q.element != nil:
		say(fmt.Sprintf("The element given has %v = %v.", q.naming, q.element.name))
	case len(top.asked) > 0:
		key := fmt.Sprintf("the key %v (%v)", *q.answer.Key, q.naming)
		say(fmt.Sprintf("%s of %s.", presence(q.node.name, key, top.asked), q.node.site.name))
	default:
		say(q.absentCause(top).Text + ".")
		if top.trouble != nil {
			say(fmt.Sprintf("A run stops there: %v.", top.trouble))
			q.broken[q.node.name] = true
		}
	}
}

// absentCause says why the stream that was asked about doesn't have the key.
func (q *question) absentCause(top *link) *Cause {
	known := func(i *item) expression.Key { return i.name }
	verdict := top.slice.verdict(top.by, q.wanted.low, top.live())
	text := top.absent(*q.answer.Key, verdict, top.below, top.above, known)
	return &Cause{q.node.name, verdict, q.answer.Key, text}
}

// climb goes up from a child to the masters that need its elements; nil where none does.
func (q *question) climb(ctx context.Context, answer *PartitionExplanation, top *link) (*link, error) {
	say := func(sentence string) { answer.Sentences = append(answer.Sentences, sentence) }
	key := q.wanted.low
	if len(top.asked) > 0 {
		key = top.asked[0].up
	}
	if key.IsNull() {
		text := fmt.Sprintf("the key of %s for %s is null, and matches nothing", top.node.name, top.node.parent.name)
		say(text + ".")
		answer.Cause = &Cause{top.node.parent.name, Null, &key, text}
		return nil, nil
	}
	for child := top.node; ; child = child.parent {
		by := slices.Index(child.parent.children, child)
		up, err := q.lookUp(ctx, child.parent, wanted{by: by, low: key, high: key}, nil, answer.Partition)
		if err != nil {
			return nil, err
		}
		if len(up.asked) == 0 {
			text := strings.Replace(up.absence(key), " has no ", " has no element whose left key for "+child.name+" is ", 1)
			say(text + ".")
			say("So nothing asks for it.")
			q.broken[child.name] = true
			answer.Cause = &Cause{up.node.name, up.missing(key), &key, text}
			return nil, nil
		}
		say(fmt.Sprintf("%s asks for %v of %s %s, at %s.", up.node.name, key, child.name, times(len(up.asked)), spots(up.asked)))
		if up.node.parent == nil {
			return up, nil
		}
		key = up.asked[0].up
	}
}

// conclude says what comes of the masters.
func (q *question) conclude(answer *PartitionExplanation, masters *link) {
	say := func(sentence string) { answer.Sentences = append(answer.Sentences, sentence) }
	var failed *item
	for _, item := range masters.asked {
		if !masters.incomplete[item] {
			answer.HandedOver++
		} else if failed == nil {
			failed = item
		}
	}
	masters.breaks(q.broken)
	if at, err := masters.stop(); err != nil {
		answer.HandedOver = 0
		answer.Cause = &Cause{at.node.name, verdictOf(err), nil, err.Error()}
		q.broken[at.node.name] = true
		say(fmt.Sprintf("So nothing is handed over: a run stops in %s: %v.", at.node.name, err))
		return
	}
	if failed != nil {
		answer.Cause = masters.cause(failed)
	}
	say(verdictOn(masters, answer))
}

// verdictOn says how many of the masters are handed over.
func verdictOn(masters *link, answer *PartitionExplanation) string {
	name := masters.node.name
	switch n := answer.HandedOver; {
	case n == answer.Masters && n == 1:
		return fmt.Sprintf("So the element of %s is handed over.", name)
	case n == answer.Masters:
		return fmt.Sprintf("So all %d elements of %s are handed over.", n, name)
	case answer.Masters == 1 && answer.Cause.Verdict == Null:
		return fmt.Sprintf("So the element of %s is not handed over: %s.", name, answer.Cause.Text)
	case answer.Masters == 1:
		return fmt.Sprintf("So the element of %s is not handed over, for want of %v in %s.", name, answer.Cause.Key,
			answer.Cause.Stream)
	case n == 0:
		return fmt.Sprintf("So none of the %d elements of %s is handed over, the first for want of %v in %s.", answer.Masters,
			name, answer.Cause.Key, answer.Cause.Stream)
	}
	return fmt.Sprintf("So %d of the %d elements of %s %s handed over; of the others, the first isn't for want of %v in %s.",
		answer.HandedOver, answer.Masters, name, are(answer.HandedOver), answer.Cause.Key, answer.Cause.Stream)
}

// breaks notes the streams that lack a key.
func (k *link) breaks(broken map[string]bool) {
	for c, child := range k.children {
		for _, key := range k.keys(c) {
			if items, _, _ := child.near(above, key); len(items) == 0 {
				broken[child.node.name] = true
			}
		}
		child.breaks(broken)
	}
}

// String returns the explanation as text, in several lines.
func (e *Explanation) String() string {
	var text strings.Builder
	for i, partition := range e.Partitions {
		if len(e.Partitions) > 1 || partition.Partition > 0 {
			fmt.Fprintf(&text, "partition %d:\n", partition.Partition)
		}
		for _, sentence := range partition.Sentences {
			fmt.Fprintln(&text, sentence)
		}
		if i < len(e.Partitions)-1 {
			fmt.Fprintln(&text)
		}
	}
	if len(e.Findings) > 0 {
		fmt.Fprintln(&text)
	}
	for _, finding := range e.Findings {
		fmt.Fprintln(&text, finding)
	}
	return text.String()
}
