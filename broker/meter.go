package broker

// A Meter is an [Input] that knows how much of its streams there is to read, for a progress bar.
type Meter interface {
	// Bytes returns how many bytes all readers have read from their storage so far, as they lie there (compressed, if
	// they are), and how many there are; a stream that several nodes read counts once for each. The total is 0 where it
	// isn't known. Bytes is safe for concurrent use.
	Bytes() (read, total int64)
}
