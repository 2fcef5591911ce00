package broker

import "context"

// An Advisor is an [Input] or an [Output] that can tell what would serve a run better although nothing has failed: that
// no index serves the order in which a table is read, for example. The engine asks it when it has opened it, and logs
// each advice as a warning.
type Advisor interface {
	// Advise returns the advice, a sentence each, in lower case, that names the stream and what would be right, ready to
	// be run where that is a command. It may ask the storage, and changes nothing there. An error says only that there is
	// no telling.
	Advise(ctx context.Context) ([]string, error)
}
