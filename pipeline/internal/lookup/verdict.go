package lookup

import (
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
)

// Verdicts that no run tells, since it waits there, and looks at one partition at a time.
const (
	// Waiting: the other stream is a topic that hasn't come so far, and no end-of-stream mark follows.
	Waiting observe.Verdict = "waiting"
	// OtherPartition: the other stream has the key, but in another partition.
	OtherPartition observe.Verdict = "other_partition"
)

// verdict says why a slice has no element with a key of its range.
func (s *slice) verdict(by int, key expression.Key, live bool) observe.Verdict {
	_, below, above := s.near(by, key)
	switch {
	case s.stopsAt != nil:
		return verdictOf(s.stopsAt)
	case s.empty && !live:
		return observe.Ended
	case above == nil && s.mark == nil && live:
		return Waiting
	case above == nil, s.mark != nil && above == s.above:
		return observe.Ended
	case below == nil:
		return observe.Behind
	}
	return observe.Gap
}
