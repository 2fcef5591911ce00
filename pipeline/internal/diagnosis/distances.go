package diagnosis

import (
	"slices"

	"github.com/leat-go/leat/internal/expression"
)

// Distances say how far left elements are from the nearest right ones on one side: half of them are no farther than the
// median, and so on. Right elements with other match keys don't count.
type Distances struct{ Median, P90, P99, Largest expression.Distance }

// quantile returns what the given share of some distances in order are no greater than.
func quantile(distances []expression.Distance, percent int) expression.Distance {
	return distances[(len(distances)*percent+99)/100-1]
}

// summary returns what is known of distances; nil where there are none.
func summary(distances []expression.Distance) *Distances {
	if len(distances) == 0 {
		return nil
	}
	slices.SortFunc(distances, expression.CompareDistances)
	return &Distances{quantile(distances, 50), quantile(distances, 90), quantile(distances, 99), quantile(distances, 100)}
}

// A nearby is how far the nearest right elements are from one left one, before it or with its key, and after it.
type nearby struct {
	before, after       expression.Distance
	hasBefore, hasAfter bool
}

// nearest returns the lesser of the two distances; false where there is none.
func (n *nearby) nearest() (expression.Distance, bool) {
	if n.hasBefore && (!n.hasAfter || expression.CompareDistances(n.before, n.after) <= 0) {
		return n.before, true
	}
	return n.after, n.hasAfter
}

// nearbys returns the distances to the nearest right elements, of those left ones beside which everything was read.
func (m *match) nearbys() (all []nearby) {
	for _, v := range m.views {
		for l := range v.each {
			if n, ok := v.nearby(&l); ok {
				all = append(all, n)
			}
		}
	}
	return all
}

func (v *matchedView) nearby(l *looked) (n nearby, ok bool) {
	at := l.above()
	if at > 0 {
		n.before, n.hasBefore = distance(l.left.Key, l.group[at-1].Key)
	}
	if at < len(l.group) {
		n.after, n.hasAfter = distance(l.left.Key, l.group[at].Key)
	}
	isKnown := (v.fromStart || at > 0) && (v.toEnd || at < len(l.group))
	return n, isKnown && (n.hasBefore || n.hasAfter)
}

// nearest returns the distances to the nearest right elements on the sides given.
func (m *match) nearest(before, after bool) (distances []expression.Distance) {
	for _, n := range m.nearbys() {
		d, ok := n.nearest()
		switch {
		case !after:
			d, ok = n.before, n.hasBefore
		case !before:
			d, ok = n.after, n.hasAfter
		}
		if ok {
			distances = append(distances, d)
		}
	}
	return distances
}

// distances sums up how far the nearest right elements are on each side.
func (m *match) distances() (before, after *Distances) {
	var all [2][]expression.Distance
	for _, n := range m.nearbys() {
		if n.hasBefore {
			all[0] = append(all[0], n.before)
		}
		if n.hasAfter {
			all[1] = append(all[1], n.after)
		}
	}
	return summary(all[0]), summary(all[1])
}
