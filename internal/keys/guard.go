package keys

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/mistake"
)

// errNaN is the cause where a key is not a number.
var errNaN = errors.New("it is NaN")

// guarded returns a key function over *T, where key is one over T or *T. A panic is an error.
func guarded[E, K any](key func(E) K) func(element any) (K, error) {
	where := mistake.KeyFunction(key)
	if elements.IsPointer[E]() {
		return func(element any) (k K, err error) {
			returned := false
			defer func() {
				if !returned {
					err = keyPanic(recover(), where)
				}
			}()
			k, returned = key(element.(E)), true
			return k, nil
		}
	}
	return func(element any) (k K, err error) {
		returned := false // to ask recover costs more than many a key function
		defer func() {
			if !returned {
				err = keyPanic(recover(), where)
			}
		}()
		k, returned = key(*element.(*E)), true
		return k, nil
	}
}

// guardedComparison returns a function over *L and *R, where compare is one over these or what they point to.
func guardedComparison[L, R any](compare func(L, R) int) func(left, right any) (int, error) {
	where := mistake.KeyFunction(compare)
	toLeft, toRight := elements.From[L](), elements.From[R]()
	return func(left, right any) (order int, err error) {
		defer func() { err = keyPanic(recover(), where) }()
		return compare(toLeft(left), toRight(right)), nil
	}
}

// keyPanic returns the error of a key function's panic; nil where it has not panicked.
func keyPanic(recovered any, where string) error {
	switch r := recovered.(type) {
	case nil:
		return nil
	case error:
		return fmt.Errorf("the function at %s panicked: %w", where, r)
	}
	return fmt.Errorf("the function at %s panicked: %v", where, recovered)
}

// Predicate returns a function over *T of one over T or *T that tells which elements take part. A panic is an error.
func Predicate[E any](holds func(E) bool) func(element any) (bool, error) { return guarded(holds) }
