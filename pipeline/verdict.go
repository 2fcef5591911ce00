package pipeline

import "github.com/leat-go/leat/internal/expression"

// A Verdict says why an element is not handed over. The first ones are called as the engine's are.
type Verdict string

// The verdicts.
const (
	// Gap: the other stream jumps over the key.
	Gap Verdict = "gap"
	// Behind: the other stream begins above the key.
	Behind Verdict = "behind"
	// Ended: the other stream ends below the key, or has no elements.
	Ended Verdict = "ended"
	// Incomplete: there are elements with the key, but each lacks a match itself.
	Incomplete Verdict = "incomplete"
	// Null: the element's own key is null, so that it matches nothing.
	Null Verdict = "null"
	// OutOfOrder: a run stops at a key that decreases, repeats where it must not, or can't be computed or compared.
	OutOfOrder Verdict = "out_of_order"
	// Undecodable: a run stops at a record that is no element.
	Undecodable Verdict = "undecodable"
	// Waiting: the other stream is a topic that hasn't come so far, and no end-of-stream mark follows.
	Waiting Verdict = "waiting"
	// OtherPartition: the other stream has the key, but in another partition.
	OtherPartition Verdict = "other_partition"
)

// verdict says why a slice has no element with a key of its range.
func (s *slice) verdict(by int, key expression.Key, live bool) Verdict {
	_, below, above := s.near(by, key)
	switch {
	case s.trouble != nil:
		return verdictOf(s.trouble)
	case s.empty && !live:
		return Ended
	case above == nil && s.mark == nil && live:
		return Waiting
	case above == nil, s.mark != nil && above == s.above:
		return Ended
	case below == nil:
		return Behind
	}
	return Gap
}
