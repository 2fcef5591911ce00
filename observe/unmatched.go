package observe

import "time"

// A Verdict says why an element was not handed to the function.
type Verdict string

// The verdicts.
const (
	// Gap: the other side jumped over the key, and both neighbours are known; or what has it within reach has other match keys,
	// or the very key where that is no match (see Unmatched.Apart).
	Gap Verdict = "gap"
	// Behind: the key is below the first of the other side.
	Behind Verdict = "behind"
	// Ended: the other stream has ended before the key, or the session before the element was needed, or before all that
	// it may join was read.
	Ended Verdict = "ended"
	// Incomplete: the element has its counterpart, but one of the two misses another. Its Cause says what.
	Incomplete Verdict = "incomplete"
	// Idled: the other stream was idle, and had no match until then (see leat.Idle).
	Idled Verdict = "idle"
	// Null: the element has no key in that join, a nil pointer or a null, so that it matches nothing.
	Null Verdict = "null"
	// OutOfOrder: the key decreases, repeats where it was promised not to, or can't be computed (see leat.OnDisorder).
	OutOfOrder Verdict = "out_of_order"
	// Undecodable: the record could not be decoded (see leat.OnDecodeError).
	Undecodable Verdict = "undecodable"
	// NotTaken: those that have the element within reach took another: the last, first or nearest, or one whose key isn't
	// equal. Where there are match keys, or equal keys are no match, it may be that it is no match of any of those: it is
	// dropped when another of its match keys takes its place, and isn't looked at where what has it within reach was certain
	// before it was read, as with the first, the nearest, or one that excludes (leat.Absent).
	NotTaken Verdict = "not_taken"
	// Excluded: the element has a match where it must have none (leat.Absent), or is such a match.
	Excluded Verdict = "excluded"
)

// Verdicts returns all verdicts, in the order in which people read them.
func Verdicts() []Verdict {
	return []Verdict{Gap, Behind, Ended, Idled, Incomplete, Null, NotTaken, Excluded, OutOfOrder, Undecodable}
}

// An Unmatched is an element that was read and not handed to the function, and why, as a [Snapshot] has it.
// leat.Unmatched is the form in which leat.OnUnmatched reports all of them, and leat.WriteUnmatched writes them.
type Unmatched struct {
	// Node is the element's node in the join tree.
	Node    string
	Verdict Verdict
	// Stream, Partition and Offset are the element's position, and Line and Column its location in a text, from one;
	// zero for streams without lines.
	Stream       string
	Partition    int
	Offset       int64
	Line, Column int
	// At holds the values that the element is found by where its offset is a number of this run only, those that a
	// table's rows are ordered by; empty elsewhere.
	At string
	// Value is the element, a pointer to a copy of its own; nil where it couldn't be decoded. Record is the record as
	// it was read; nil where the run doesn't keep it.
	Value  any
	Record []byte
	// Other is the node on the other side of the join that decided: for a master or a parent the child without a match,
	// for a child its parent. It is empty for OutOfOrder and Undecodable, and for what was open when the function ended
	// the session.
	Other string
	// Key is the element's key in that join. Before and After are the keys of the other side next to it, below and
	// above; nil where there is none or where keys aren't known (leat.JoinFunc).
	Key, Before, After any
	// Distance is how far the nearest is, where the element lacks a match in a join with a reach, and all are too far;
	// nil elsewhere, for elements that are matched to others, and where distances aren't known. Apart says what else
	// is amiss with those within reach; empty where there are none.
	Distance *Distance
	Apart    Apart
	// Cause is for Incomplete the verdict that it follows from, where it is known: about the counterpart, or about the
	// element itself in another join.
	Cause *Unmatched
	// Err is the error for OutOfOrder and Undecodable.
	Err error
	// Time is when the verdict was reached.
	Time time.Time
}
