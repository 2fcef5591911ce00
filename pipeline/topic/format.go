package topic

// A Format turns what records hold into JSON for [Cluster.Dump], and JSON into what they hold for [Cluster.Load]. Where a
// function is nil, values are JSON as they are, and keys are texts. It is used by one goroutine at a time.
type Format struct {
	// Value and Key convert the value and the key of a record.
	Value, Key func(data []byte) ([]byte, error)
}
