package lookup

import (
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
)

// A Result is what one stream has of a key.
type Result struct {
	Stream string
	Key    expression.Key
	// Count counts the elements with the key, and complete those of them that have all matches further down.
	Count, Complete int
	// First and last are the first and the last of them; nil where there are none.
	First, Last *Element
	// Below and above are the elements next to them, with other keys; nil where there are none.
	Below, Above *Element
	// Near says more where the join has a reach, match keys, a take or a need; nil elsewhere.
	Near *Near
	// Verdict says why there are none; empty where there are.
	Verdict observe.Verdict
}

// Near is what one stream has for one element of its parent, in a join of near keys. The result counts its candidates, and
// below and above are next to the reach.
type Near struct {
	// Low and High bound the reach; nil where it has no bound.
	Low, High *expression.Key
	// Match are the values of the match keys that the element has.
	Match []string
	// InReach counts the elements within reach, whatever their match keys.
	InReach int
	// Taken are the matches: none where there must be none.
	Taken []*Element
	// BelowBy and AboveBy are how far the elements below and above are from the left key.
	BelowBy, AboveBy string
	// AlikeBelow and AlikeAbove are the nearest with the same match keys, where none of these is within reach.
	AlikeBelow, AlikeAbove *Element
}

// A Element is an element and where it lies.
type Element struct {
	Key expression.Key
	At  broker.Position
	// Text is the element as it was written.
	Text []byte
}

// A Cause is why an element is not handed over.
type Cause struct {
	// Stream is the stream that lacks a match, and Verdict says why.
	Stream  string
	Verdict observe.Verdict
	// Key is the key that isn't there; nil where a run stops.
	Key  *expression.Key
	Text string
	// isWhole says that the text says it all: what is wanted isn't just a key.
	isWhole bool
}

func elementOf(i *item, key func(*item) expression.Key) *Element {
	if i == nil {
		return nil
	}
	return &Element{key(i), i.at, i.element.Raw}
}

// result returns what the stream has of the key that it is about.
func (e *explainer) result(top *subtree) Result {
	name := func(i *item) expression.Key { return i.name }
	l := Result{Stream: e.node.Name, Key: *e.explanation.Key, Count: len(top.needed)}
	for _, item := range top.needed {
		if !top.incomplete[item] {
			l.Complete++
		}
	}
	l.surround(top.needed, top.below, top.above, name)
	if l.Count == 0 {
		l.Verdict = top.slice.verdict(top.by, e.keys.low, top.live())
	}
	return l
}

func (l *Result) surround(items []*item, below, above *item, key func(*item) expression.Key) {
	if len(items) > 0 {
		l.First, l.Last = elementOf(items[0], key), elementOf(items[len(items)-1], key)
	}
	l.Below, l.Above = elementOf(below, key), elementOf(above, key)
}

// results appends what was looked up at the children of a subtree, and below them.
func (t *subtree) results(all []Result) []Result {
	up := func(i *item) expression.Key { return i.up }
	for c, child := range t.children {
		if child.node.IsOfNearKeys() {
			for _, left := range t.needed {
				all = append(all, child.nearResult(left, c))
			}
			all = child.results(all)
			continue
		}
		for _, key := range t.keys(c) {
			items, below, above := child.near(child.by, key)
			l := Result{Stream: child.node.Name, Key: key, Count: len(items), Complete: child.matches(key)}
			if l.surround(items, below, above, up); len(items) == 0 {
				l.Verdict = child.missing(key)
			}
			all = append(all, l)
		}
		all = child.results(all)
	}
	return all
}

// short says a cause in a join of near keys in few words, where it was told at length.
func (c *Cause) short() string {
	if c.Verdict == observe.Excluded {
		return "because of its match in " + c.Stream
	}
	return "for want of a match in " + c.Stream
}
