package sample

import (
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A completeness says what is known of an element whose matches were looked for in the samples.
type completeness int

const (
	unasked completeness = iota
	// isComplete: it has what it needs (R2).
	isComplete
	// isIncomplete: it lacks a match, or has one and must not.
	isIncomplete
	// isUnknown: what wasn't read may decide it, or a key can't be computed, which is a problem of its own.
	isUnknown
)

// join finds the matches of an element down the tree. The element is valid where it is complete.
func (r *rehearsal) join(n *mill.Node, i int) (*engine.Element, completeness) {
	e, state := &r.joined[n][i], &r.states[n][i]
	if *state == unasked {
		*state = r.complete(n, i, e)
	}
	return e, *state
}

func (r *rehearsal) complete(n *mill.Node, i int, e *engine.Element) completeness {
	e.Value, e.Matches = r.parts[n].Elements[i], make([][]engine.Element, len(n.Children))
	for c, child := range n.Children {
		candidates, isKnown := r.candidates(child, e.Value)
		if !isKnown {
			return isUnknown
		}
		matches := taken(child, candidates)
		switch child.Join.Need {
		case engine.NeedOne:
			if len(matches) == 0 {
				return isIncomplete
			}
		case engine.NeedAbsent:
			if len(matches) > 0 {
				return isIncomplete
			}
			continue
		}
		for _, m := range matches {
			e.Matches[c] = append(e.Matches[c], *m.element)
		}
	}
	return isComplete
}

// A candidate is a complete element that may match, and how its key lies to that of the parent's element.
type candidate struct {
	element  *engine.Element
	distance expression.Distance
}

// candidates returns the candidates of a parent's element at a child, in the order of the stream (R2); false where what
// wasn't read may have more.
func (r *rehearsal) candidates(child *mill.Node, parent any) (found []candidate, isKnown bool) {
	relation := r.relations[child]
	left, err := relation.Left.Key(parent)
	if err != nil {
		return nil, false
	}
	value, hasValue := relation.LeftMatchKey(parent)
	if left.IsNull() || !hasValue {
		return nil, true
	}
	if r.isCut(child, left) {
		return nil, false
	}
	group := r.groups[child][value]
	from, to := relation.Within(left, len(group), func(i int) expression.Key { return group[i].Key })
	for _, k := range group[from:to] {
		if relation.Unequal && expression.Compare(left, k.Key) == 0 {
			continue
		}
		e, state := r.join(child, k.Index)
		switch {
		case state == isUnknown:
			return nil, false
		case state != isComplete:
			continue
		}
		c := candidate{element: e}
		if !relation.IsPoint() {
			c.distance = expression.Between(k.Key, left)
		}
		found = append(found, c)
	}
	return found, true
}

// taken returns those of all candidates that match (R2).
func taken(child *mill.Node, all []candidate) []candidate {
	if len(all) == 0 {
		return nil
	}
	best := 0
	switch child.Join.Take {
	case engine.TakeAll:
		return all
	case engine.TakeLast:
		best = len(all) - 1
	case engine.TakeNearest:
		for i := range all {
			d, least := all[i].distance, all[best].distance
			isAbove := expression.CompareDistances(d, expression.Distance{}) > 0
			// Of those as near as each other it is the last one below, or at, the left key, or else the first above.
			if order := expression.CompareDistances(size(d), size(least)); order < 0 || order == 0 && !isAbove {
				best = i
			}
		}
	}
	return all[best : best+1]
}

// size returns how large a distance is, on whichever side.
func size(d expression.Distance) expression.Distance {
	if expression.CompareDistances(d, expression.Distance{}) < 0 {
		return d.Negated()
	}
	return d
}

// isCut reports whether elements within reach of a left key may lie beyond a child's part.
func (r *rehearsal) isCut(child *mill.Node, left expression.Key) bool {
	keys, excerpt, relation := r.keys[child], r.parts[child], r.relations[child]
	if len(keys) == 0 {
		return excerpt.cutBegin || excerpt.cutEnd
	}
	return excerpt.cutBegin && relation.Order(left, keys[0].Key) >= 0 ||
		excerpt.cutEnd && relation.Order(left, keys[len(keys)-1].Key) <= 0
}
