package broker

import "context"

// A Rehearser is a [Storage] that can tell before a run what would make it fail when it writes: outputs that are no
// streams, missing rights, values that a column's type doesn't take, say.
type Rehearser interface {
	Storage
	// Rehearse looks at a job's outputs, and at what would keep its positions, and tries results as a commit would write
	// them, in a place of its own that is gone afterwards. Where the job has no outputs, the storage keeps the positions on
	// behalf of a sink that can't, and only that is looked at. The job has inputs only where the storage is also their
	// source, and shares them among instances. Nothing is made, changed or left behind, and nobody who reads
	// the outputs sees anything.
	//
	// It tells why the first result would be refused, and its index; the index is -1 where the outputs themselves can't be
	// written, or the positions not be kept. The error is nil where nothing would be refused, as far as can be told; what
	// others have written, such as a row with the same key, doesn't count. Advice is what a run would warn of, a sentence
	// each, as [Advisor] has it. The job is one that only looks.
	Rehearse(ctx context.Context, job *Job, results []Result) (advice []string, refused int, err error)
}

// FirstRefused checks results as a run does when calls return them, and returns why the output doesn't take the first that
// it refuses, with its index; -1 and nil where it takes all.
func FirstRefused(output Checker, results []Result) (index int, err error) {
	for i := range results {
		if err := output.Check(results[i].Stream, results[i].Key, results[i].Value); err != nil {
			return i, err
		}
	}
	return -1, nil
}
