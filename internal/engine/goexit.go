package engine

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/mistake"
)

// This file has the engine survive runtime.Goexit in code of the user. It can't be stopped in the goroutine that it
// ends, so that deferred functions pass on to others that wait for its work that this won't come.

// A GoexitError says that code of the user (the function, a key function, a codec's method, a callback) has ended the
// goroutine that called it, by runtime.Goexit.
type GoexitError struct {
	// Where is the function, file and line that did.
	Where string
}

// Error says what has happened, where, and what would be right.
func (e *GoexitError) Error() string {
	return fmt.Sprintf("ended its goroutine by runtime.Goexit, as t.FailNow does (%s); "+
		"to stop the run, return an error", e.Where)
}

// survive calls f in a goroutine of its own, and returns its error; a *GoexitError where code of the user has ended
// that.
func survive(f func() error) error {
	result := make(chan error, 1)
	go func() {
		defer func() {
			if exited := goexit(); exited != nil {
				result <- fmt.Errorf("code that the run calls %w", exited)
			}
		}()
		result <- f()
	}()
	return <-result // which doesn't come where a panic ends the process
}

// survive is the function survive, with what is known better: which call, of the function or of a callback, has ended
// the goroutine, or which element the join had read.
func (t *task) survive(f func() error) error {
	err := survive(f)
	own := t.calls.own
	if own.exited != nil {
		err, own.exited = own.exited, nil
		return err
	}
	var exited *GoexitError
	if n := t.nodes[t.reading]; errors.As(err, &exited) && n.cursor.last() != nil {
		return &broker.PositionError{
			Position: n.cursor.last().At(n.spec.Stream.Name, t.partition),
			Err:      err,
		}
	}
	return err
}

// goexit returns an error if the goroutine is being ended by runtime.Goexit, and nil otherwise. It must be called by
// a deferred function.
func goexit() *GoexitError {
	where, found := mistake.Above("runtime.Goexit", "testing.")
	if !found {
		return nil
	}
	return &GoexitError{Where: where}
}
