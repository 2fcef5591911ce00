package broker

// A Bounded is an [Input] that knows which streams end by themselves. At the end of a session the run then finds out
// whether these were read to their ends, and can verify the rest of them.
type Bounded interface {
	Input
	// Bounded reports whether the stream of a node has an end that reading on comes to, and whether that may take waiting
	// for somebody who writes.
	Bounded(node int) (ends, waits bool)
}
