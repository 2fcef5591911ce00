package lookup

import "fmt"

// An ArgumentError says that what was asked for doesn't fit the pipeline: there is no such stream, or its keys are of
// another kind.
type ArgumentError struct{ Err error }

// Error returns the cause's message.
func (e *ArgumentError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ArgumentError) Unwrap() error { return e.Err }

// WrongArgument returns an [*ArgumentError].
func WrongArgument(format string, arguments ...any) error {
	return &ArgumentError{fmt.Errorf(format, arguments...)}
}
