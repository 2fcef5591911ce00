package diagnosis

import (
	"fmt"

	"github.com/leat-go/leat/internal/expression"
)

// A Range is the least and the greatest of some keys; nil is that of none.
type Range struct{ From, To expression.Key }

// String returns "from to to".
func (r *Range) String() string {
	if r == nil {
		return "none"
	}
	return fmt.Sprintf("%v to %v", r.From, r.To)
}

// widen returns the least range that both lie in.
func (r *Range) widen(other *Range) *Range {
	switch {
	case r == nil:
		return other
	case other == nil:
		return r
	}
	both := &Range{r.From, r.To}
	if expression.Compare(other.From, both.From) < 0 {
		both.From = other.From
	}
	if expression.Compare(other.To, both.To) > 0 {
		both.To = other.To
	}
	return both
}

// common returns what lies in both ranges, or nil.
func (r *Range) common(other *Range) *Range {
	if r == nil || other == nil {
		return nil
	}
	both := &Range{r.From, r.To}
	if expression.Compare(other.From, both.From) > 0 {
		both.From = other.From
	}
	if expression.Compare(other.To, both.To) < 0 {
		both.To = other.To
	}
	if expression.Compare(both.From, both.To) > 0 {
		return nil
	}
	return both
}
