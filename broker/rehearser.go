package broker

import "context"

// A Rehearser is a [Sink] that can tell before anything is written what a commit would refuse: values that a column's type
// doesn't take, say.
type Rehearser interface {
	Sink
	// Rehearse tries results of a job as a commit would write them, in a place of its own that is gone afterwards. It tells
	// why the first one would be refused, and its index; the index is -1 where the outputs themselves can't be written. The
	// error is nil where nothing would be refused, as far as can be told; what others have written, such as a row with the
	// same key, doesn't count. The job is one that only looks.
	Rehearse(ctx context.Context, job *Job, results []Result) (refused int, err error)
}
