package engine

// A ledger says what has become of the elements of a node.
type ledger struct {
	// handed is the offset of the last element that was handed to the function.
	handedOver int64
	// reported is where seen stood when the run began.
	seenBefore int64
	counts     counts
	// before is what the run has counted already.
	counted tally

	// risk are the elements at risk, in order.
	provisional []provisional
	// accounted is the offset below which a run before has accounted for all elements.
	accountedBefore int64
	// settled is to this run what accounted is to the one before, and marked is what of it doesn't depend on what is at risk,
	// at the last moment when no master was being evaluated. untold are verdicts about elements that may be above settled.
	accounted, decided int64
	unreported         []*unmatched
	// neglectedBy and failed are the verdicts, where somebody wants to know, about the parent that neglected to ask last, and
	// about the element of this node that was found incomplete last.
	bypassedBy, incomplete *unmatched
}
