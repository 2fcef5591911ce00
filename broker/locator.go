package broker

// A Locator is a [Positioner] that says by what people find a record, whose offset is a number of this run only.
type Locator interface {
	Positioner
	// Locate returns the values that the record at an offset of a node's partition is found by, for Position.At; empty where
	// they aren't known any more. It does no I/O, and is safe for concurrent use with all other methods.
	Locate(node, partition int, offset int64) string
}
