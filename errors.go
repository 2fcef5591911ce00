package leat

import (
	"github.com/leat-go/leat/internal/engine"
)

// EndOfStream ends the session early. A function returns it as its error, or an iter.Seq2 yields it last. A result
// beside it is still written, unless it is the zero value. The outputs get their end-of-stream marks, and [Mill.Run]
// returns nil. It may be wrapped. Joined with another error, that error counts; a panic with it is a panic.
var EndOfStream = engine.EndOfStream
