package pipeline

// A cause is what is wrong, most likely, with a join that matches little.
type cause string

// The causes of mistakes.
const (
	// causeFactor: the keys are in different units.
	causeFactor cause = "factor"
	// causeShift: the keys are apart by the same everywhere.
	causeShift cause = "shift"
	// causeRounding: the keys are near each other, but not equal.
	causeRounding cause = "rounding"
	// causeSpelling: the keys are texts that differ in capital letters or blanks.
	causeSpelling cause = "spelling"
	// causeKinds: one side is text, and the other numbers.
	causeKinds cause = "kinds"
	// causeField: the join names another member than the one that holds the keys.
	causeField cause = "field"
	// causeOrder: the keys of a stream don't grow.
	causeOrder cause = "order"
	// causePartitions: keys meet, but not in equal partitions.
	causePartitions cause = "partitions"
	// causeApart: the streams lie in ranges that have nothing in common.
	causeApart cause = "apart"
	// causeGaps, causeEarlyEnd and causeLateBegin: much of the left stream's keys is not in the right one, between its
	// keys, behind its end or before its beginning.
	causeGaps      cause = "gaps"
	causeEarlyEnd  cause = "early_end"
	causeLateBegin cause = "late_begin"
	// causeEmpty: a stream has no elements.
	causeEmpty cause = "empty"
)

// systematic reports whether the mistake is in how the streams are joined, and not in what they hold.
func (c cause) systematic() bool {
	switch c {
	case causeApart, causeGaps, causeEarlyEnd, causeLateBegin, causeEmpty:
		return false
	}
	return true
}

// A finding is a cause of a join's matching little, most likely, with the evidence.
type finding struct {
	cause cause
	// text says what is wrong.
	text string
	// fix is what the join should say instead, and evidence what it does then; both are empty where that isn't known.
	fix, evidence string
}
