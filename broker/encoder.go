package broker

import "github.com/leat-go/leat/codec"

// An Encoder is an Output that has a form of its own for results, in which they lie side by side: a file that is written as
// they come, say. They have no key, time or headers then.
type Encoder interface {
	Output
	// Encoder returns what encodes the elements of Job.Outputs[stream] in that form; nil where their codec does, and each
	// result comes by itself. What can't be written may be refused then, as a codec does, or by Commit. It is called once the
	// output is open; what it returns is safe for concurrent use.
	Encoder(stream int) codec.Encode
}
