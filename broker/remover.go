package broker

import (
	"context"
	"errors"
)

// A Remover is a [Keeper] that can forget what it keeps, for people: no run needs it.
type Remover interface {
	Keeper
	// Remove removes the progress of all partitions, so that the next run begins anew. It fails with [ErrHeld] where a run
	// is known to be under way. One that isn't known adds nothing any more: its next commit fails with [ErrTakenOver].
	Remove(ctx context.Context) error
}

// ErrHeld marks the error of a [Remover] whose positions are those of a run that is under way.
var ErrHeld = errors.New("a run is under way")
