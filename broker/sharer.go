package broker

import "context"

// A Sharer is an [Input] whose partitions several processes may share ([Job].Shared). Own returns nil only when the
// session has ended in those of other processes, too, and the positions that tell may be kept by another storage.
type Sharer interface {
	Input
	// Share tells the number of the session that the run is for, and who knows how far all partitions are: the session
	// has ended in all of them once the lowest is above it. positions is safe for concurrent use. The engine calls it
	// before Own, where positions are kept.
	Share(ctx context.Context, session int64, positions SessionKeeper) error
}
