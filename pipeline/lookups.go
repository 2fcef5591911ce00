package pipeline

import (
	"encoding/json"

	"github.com/leat-go/leat/internal/expression"
)

// A Lookup is what one stream has of a key.
type Lookup struct {
	Stream string         `json:"stream"`
	Key    expression.Key `json:"key"`
	// Count counts the elements with the key, and Complete those of them that have all matches further down.
	Count    int `json:"count"`
	Complete int `json:"complete"`
	// First and Last are the first and the last of them; nil where there are none.
	First *Place `json:"first,omitempty"`
	Last  *Place `json:"last,omitempty"`
	// Below and Above are the elements next to them, with other keys; nil where there are none.
	Below *Place `json:"below,omitempty"`
	Above *Place `json:"above,omitempty"`
	// Verdict says why there are none; empty where there are.
	Verdict Verdict `json:"verdict,omitempty"`
}

// A Place is an element and where it is.
type Place struct {
	Key expression.Key `json:"key"`
	// Offset is the element's in its partition, and in a file how many elements lie before it; nil where these weren't read.
	Offset *int64 `json:"offset,omitempty"`
	// Byte is how many bytes of the file lie before the element, where it wasn't read from its beginning; zero elsewhere.
	Byte int64 `json:"byte,omitempty"`
	// Line and Column are the place in a file, from one; zero in a topic, and far from the beginning of a file that wasn't
	// read from there.
	Line    int             `json:"line,omitempty"`
	Column  int             `json:"column,omitempty"`
	Element json.RawMessage `json:"element"`
}

func placeOf(i *item, key func(*item) expression.Key) *Place {
	if i == nil {
		return nil
	}
	place := &Place{Key: key(i), Byte: i.at.Byte, Line: i.at.Line, Column: i.at.Column, Element: i.element.Raw}
	if i.at.Offset >= 0 {
		place.Offset = &i.at.Offset
	}
	return place
}

// lookup returns what the stream that was asked about has of the name.
func (q *question) lookup(top *link) Lookup {
	name := func(i *item) expression.Key { return i.name }
	l := Lookup{Stream: q.node.name, Key: *q.answer.Key, Count: len(top.asked)}
	for _, item := range top.asked {
		if !top.incomplete[item] {
			l.Complete++
		}
	}
	l.surround(top.asked, top.below, top.above, name)
	if l.Count == 0 {
		l.Verdict = top.slice.verdict(top.by, q.wanted.low, top.live())
	}
	return l
}

func (l *Lookup) surround(items []*item, below, above *item, key func(*item) expression.Key) {
	if len(items) > 0 {
		l.First, l.Last = placeOf(items[0], key), placeOf(items[len(items)-1], key)
	}
	l.Below, l.Above = placeOf(below, key), placeOf(above, key)
}

// lookups appends what was looked up at the children of a link, and below them.
func (k *link) lookups(all []Lookup) []Lookup {
	up := func(i *item) expression.Key { return i.up }
	for c, child := range k.children {
		for _, key := range k.keys(c) {
			items, below, above := child.near(child.by, key)
			l := Lookup{Stream: child.node.name, Key: key, Count: len(items), Complete: child.matches(key)}
			if l.surround(items, below, above, up); len(items) == 0 {
				l.Verdict = child.missing(key)
			}
			all = append(all, l)
		}
		all = child.lookups(all)
	}
	return all
}
