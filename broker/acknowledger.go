package broker

// An Acknowledger is an [Input] whose storage is to learn how far its streams are needed, so that it can remove what
// lies before.
type Acknowledger interface {
	Input
	// Acknowledge says that a partition's rewind points, which are those of all nodes in the order of Job.Inputs, are kept
	// for certain: no run begins before them any more. The engine calls it after each commit, and not at all where nobody
	// keeps positions, or before the results are visible. It does no I/O, and is safe for concurrent use with all other
	// methods.
	Acknowledge(partition int, nodes []Rewind)
}
