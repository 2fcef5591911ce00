package broker

// A Warner is an [Input] that may have to say something about what it has read, which is no error: that a file was
// changed meanwhile, for example. It is asked when the tasks of a run are over, before it is closed; each warning is
// logged, and shown with the run's summary.
type Warner interface {
	Input
	// Warnings returns what there is to say, a sentence each, in lower case. It names the stream.
	Warnings() []string
}
