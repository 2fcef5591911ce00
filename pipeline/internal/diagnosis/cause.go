package diagnosis

// A Cause is what is wrong, most likely, with a join that matches little.
type Cause string

// The causes.
const (
	// Factor: the keys are in different units.
	Factor Cause = "factor"
	// Shift: the keys are apart by the same everywhere.
	Shift Cause = "shift"
	// Rounding: the keys are near each other, but not equal.
	Rounding Cause = "rounding"
	// Spelling: the keys are texts that differ in capital letters or blanks.
	Spelling Cause = "spelling"
	// Kinds: one side is text, and the other numbers.
	Kinds Cause = "kinds"
	// Field: the join names another member than the one that holds the keys.
	Field Cause = "field"
	// Order: the keys of a stream don't grow.
	Order Cause = "order"
	// Partitions: keys meet, but not in equal partitions.
	Partitions Cause = "partitions"
	// Apart: the streams lie in ranges that have nothing in common.
	Apart Cause = "apart"
	// Gaps, causeEarlyEnd and causeLateBegin: much of the left stream's keys is not in the right one, between its
	// keys, behind its end or before its beginning.
	Gaps      Cause = "gaps"
	EarlyEnd  Cause = "early_end"
	LateBegin Cause = "late_begin"
	// Empty: a stream has no elements.
	Empty Cause = "empty"
)

// Systematic reports whether the cause is in how the streams are joined, and not in what they hold.
func (c Cause) Systematic() bool {
	switch c {
	case Apart, Gaps, EarlyEnd, LateBegin, Empty:
		return false
	}
	return true
}

// A Finding is a cause of a join's matching little, most likely, with the evidence.
type Finding struct {
	Cause Cause
	// Text says what is wrong.
	Text string
	// Fix is what the join should say instead, and Evidence what it does then; both are empty where that isn't known.
	Fix, Evidence string
}
