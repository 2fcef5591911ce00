package sample

import (
	"slices"

	"github.com/leat-go/leat/internal/expression"
)

// A Keyed element is an element's key, and its number in its part.
type Keyed struct {
	Key   expression.Key
	Index int
}

// CompareKeyed compares keys.
func CompareKeyed(a, b Keyed) int { return expression.Compare(a.Key, b.Key) }

// Keys returns the keys of a part that can be computed, in their order, and how many steps in the stream are to lesser
// ones.
func (p *Part) Keys(key *expression.Program) (keys []Keyed, down int) {
	for i, element := range p.Elements {
		k, err := key.Key(element)
		if err != nil || k.IsNull() {
			continue
		}
		if len(keys) > 0 && expression.Compare(keys[len(keys)-1].Key, k) > 0 {
			down++
		}
		keys = append(keys, Keyed{k, i})
	}
	if down > 0 {
		slices.SortStableFunc(keys, CompareKeyed)
	}
	return keys, down
}
