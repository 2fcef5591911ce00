package broker

import "context"

// A Prober is a [Lagger] whose storage may be away: a server, say. Where nothing comes, the join may have it asked whether
// there is nothing, or the storage can't be reached; see leat.Idle.
type Prober interface {
	Lagger
	// Probe asks the storage up to where there is something to be read, as [Lagger] has it, and returns next where all was
	// read: next is what [Reader.Next] has returned. The error says that the storage can't be reached, or that there is no
	// telling. It returns soon after ctx ends, and is safe for concurrent use with all methods of the Reader.
	Probe(ctx context.Context, next int64) (end int64, err error)
}
