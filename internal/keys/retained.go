package keys

import (
	"fmt"

	"github.com/leat-go/leat/internal/engine"
)

// Describe says in a node of the engine what the options say of its join.
func (o *Options) Describe(n *engine.Node) {
	n.Take, n.Need, n.Unequal, n.Unique = o.Take, o.Need, o.Unequal, o.Unique
	n.How = o.String()
	n.Retained, n.Unbounded = o.retained()
}

// retained says in words what a node with the options retains at most, beside the matches of that (R11). unbounded says
// that the reach doesn't bound it.
func (o *Options) retained() (words string, unbounded bool) {
	below, _ := o.Within.bounds()
	keepsOne := o.Need == engine.NeedAbsent || o.Take == engine.TakeLast || o.Unique && o.Within.isPoint()
	switch {
	case o.keepsForEver():
		words = fmt.Sprintf("one element for each value of %s, for ever", o.matchKeys())
		if o.Take == engine.TakeNearest && !isZero(o.Within.After) {
			words += fmt.Sprintf(", and all elements within %s", side(o.Within.After, "after"))
		}
		return words, true
	case o.Take == engine.TakeFirst && !below:
		return "the first element", false
	case keepsOne, o.Take == engine.TakeFirst && len(o.By) == 0 && !o.Unequal:
		words = o.one()
	case o.Take == engine.TakeNearest:
		words = o.nearest()
	default:
		return "all elements" + o.where(), false
	}
	if o.Unequal {
		words += ", and those of the key at hand"
	}
	return words, false
}

// keepsForEver reports whether a node retains something for each value of the match keys that there ever was.
func (o *Options) keepsForEver() bool {
	below, _ := o.Within.bounds()
	return len(o.By) > 0 && !below
}

// one describes the one element that is retained for each value of the match keys.
func (o *Options) one() string {
	which := map[engine.Take]string{engine.TakeLast: "the last element", engine.TakeFirst: "the first element"}[o.Take]
	if which == "" {
		which = "one element"
	}
	if len(o.By) > 0 {
		which += fmt.Sprintf(" for each value of %s", o.matchKeys())
	}
	return which + o.where()
}

// nearest describes what is retained to find the nearest: what lies above the key at hand may be that of a later key.
func (o *Options) nearest() string {
	switch {
	case o.Within.isPoint() && len(o.By) == 0:
		return "the last element of one key"
	case o.Within.isPoint():
		return fmt.Sprintf("the last element for each value of %s, of one key", o.matchKeys())
	case len(o.By) == 0:
		return "the nearest element on each side"
	}
	return "all elements" + o.where()
}

// where says where the elements lie that are retained.
func (o *Options) where() string {
	below, _ := o.Within.bounds()
	switch {
	case o.Within.isPoint():
		return " of one key"
	case !below:
		return ""
	}
	return " " + o.Within.describe()
}

// matchKeys is what the match keys are called in words.
func (o *Options) matchKeys() string {
	if len(o.By) == 1 {
		return "its match key"
	}
	return "its match keys"
}
