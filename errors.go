package leat

import (
	"github.com/leat-go/leat/internal/engine"
)

// EndOfStream is what a function returns as its error, or an iter.Seq2 yields as its last one, to end the session
// early: a result beside it is still written unless it is the zero value, the outputs get their end-of-stream marks,
// and [Mill.Run] returns nil. It may be wrapped; joined with another error that one counts, and a panic with it is a
// panic.
var EndOfStream = engine.EndOfStream
