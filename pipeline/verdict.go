package pipeline

import (
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/lookup"
)

// A Verdict says why an element is not handed over.
type Verdict = observe.Verdict

// The verdicts.
const (
	// Gap: the other stream jumps over the key.
	Gap = observe.Gap
	// Behind: the other stream begins above the key.
	Behind = observe.Behind
	// Ended: the other stream ends below the key, or has no elements.
	Ended = observe.Ended
	// Incomplete: there are elements with the key, but each lacks a match itself.
	Incomplete = observe.Incomplete
	// Null: the element's own key is null, so that it matches nothing.
	Null = observe.Null
	// OutOfOrder: a run stops at a key that decreases, repeats where it must not, or can't be computed or compared.
	OutOfOrder = observe.OutOfOrder
	// Undecodable: a run stops at a record that is no element.
	Undecodable = observe.Undecodable
	// Waiting: the other stream is a topic that hasn't come so far, and no end-of-stream mark follows. Only Explain tells
	// that.
	Waiting = lookup.Waiting
	// OtherPartition: the other stream has the key, but in another partition. Only Explain tells that.
	OtherPartition = lookup.OtherPartition
)
