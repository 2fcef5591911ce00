package broker

import (
	"context"
	"errors"
)

// A Claimer is a [Keeper] with a fence of its own, because nobody else says whose a partition is: a second process of
// the same name takes the partitions over from the first, which may be alive, or frozen in the middle of a commit.
type Claimer interface {
	Keeper
	// Claim makes this run the only one that commits for a partition, and returns what was committed last, as Progress
	// does without claiming. The engine calls it when the partition's task begins, maybe while it commits others. It
	// doesn't wait until the claimer before notices. That one's commits for the partition add nothing from then on,
	// whenever they come: they fail with [ErrTakenOver], or, where partitions move from process to process
	// ([Job].Shared), are left out (Commit.Lost).
	Claim(ctx context.Context, partition int) (Progress, error)
}

// ErrTakenOver marks the error of a commit for a partition that another run has claimed since.
var ErrTakenOver = errors.New("another run of the same name has taken over")
