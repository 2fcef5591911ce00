package pipeline

import (
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
)

// A result is what one stream has of a key.
type result struct {
	stream string
	key    expression.Key
	// count counts the elements with the key, and complete those of them that have all matches further down.
	count, complete int
	// first and last are the first and the last of them; nil where there are none.
	first, last *resultElement
	// below and above are the elements next to them, with other keys; nil where there are none.
	below, above *resultElement
	// verdict says why there are none; empty where there are.
	verdict observe.Verdict
}

// A resultElement is an element and where it lies.
type resultElement struct {
	key expression.Key
	at  broker.Position
	// text is the element as it was written.
	text []byte
}

func elementOf(i *item, key func(*item) expression.Key) *resultElement {
	if i == nil {
		return nil
	}
	return &resultElement{key(i), i.at, i.element.Raw}
}

// lookup returns what the stream that was asked about has of the name.
func (q *question) lookup(top *link) result {
	name := func(i *item) expression.Key { return i.name }
	l := result{stream: q.node.Name, key: *q.answer.key, count: len(top.asked)}
	for _, item := range top.asked {
		if !top.incomplete[item] {
			l.complete++
		}
	}
	l.surround(top.asked, top.below, top.above, name)
	if l.count == 0 {
		l.verdict = top.slice.verdict(top.by, q.wanted.low, top.live())
	}
	return l
}

func (l *result) surround(items []*item, below, above *item, key func(*item) expression.Key) {
	if len(items) > 0 {
		l.first, l.last = elementOf(items[0], key), elementOf(items[len(items)-1], key)
	}
	l.below, l.above = elementOf(below, key), elementOf(above, key)
}

// lookups appends what was looked up at the children of a link, and below them.
func (k *link) lookups(all []result) []result {
	up := func(i *item) expression.Key { return i.up }
	for c, child := range k.children {
		for _, key := range k.keys(c) {
			items, below, above := child.near(child.by, key)
			l := result{stream: child.node.Name, key: key, count: len(items), complete: child.matches(key)}
			if l.surround(items, below, above, up); len(items) == 0 {
				l.verdict = child.missing(key)
			}
			all = append(all, l)
		}
		all = child.lookups(all)
	}
	return all
}
