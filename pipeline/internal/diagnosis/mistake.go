package diagnosis

// A Mistake is what is wrong, most likely, with a join that matches little.
type Mistake string

// The mistakes.
const (
	// Factor: the keys are in different units.
	Factor Mistake = "factor"
	// Shift: the keys are apart by the same everywhere.
	Shift Mistake = "shift"
	// Rounding: the keys are near each other, but not equal.
	Rounding Mistake = "rounding"
	// Spelling: the keys are texts that differ in capital letters or blanks.
	Spelling Mistake = "spelling"
	// Kinds: one side is text, and the other numbers.
	Kinds Mistake = "kinds"
	// Field: the join names another member than the one that holds the keys.
	Field Mistake = "field"
	// Order: the keys of a stream don't grow.
	Order Mistake = "order"
	// Partitions: keys meet, but not in equal partitions.
	Partitions Mistake = "partitions"
	// Apart: the streams lie in ranges that have nothing in common.
	Apart Mistake = "apart"
	// Gaps, causeEarlyEnd and causeLateBegin: much of the left stream's keys is not in the right one, between its
	// keys, behind its end or before its beginning.
	Gaps      Mistake = "gaps"
	EarlyEnd  Mistake = "early_end"
	LateBegin Mistake = "late_begin"
	// MatchKey: elements of several things lie in one stream, and the join takes those of one for those of another.
	MatchKey Mistake = "match_key"
	// Excluded: everything has what must be absent.
	Excluded Mistake = "excluded"
	// Empty: a stream has no elements.
	Empty Mistake = "empty"
)

// IsSystematic reports whether the mistake is in how the streams are joined, and not in what they hold.
func (c Mistake) IsSystematic() bool {
	switch c {
	case Apart, Gaps, EarlyEnd, LateBegin, Empty, Excluded:
		return false
	}
	return true
}

// A Finding is a mistake that is behind a join that matches little, most likely, with the evidence.
type Finding struct {
	Mistake Mistake
	// Text says what is wrong.
	Text string
	// Fix is what the join should have as its condition instead, Add what else it should say, in lines of YAML, and Evidence
	// what it does then; they are empty where that isn't known.
	Fix, Add, Evidence string
	// Stream is the stream that should say what Add is, in place of the join; empty for the join.
	Stream string
	// Command is a command line that mends the stream once, in place of Add; empty where there is none.
	Command string
}
