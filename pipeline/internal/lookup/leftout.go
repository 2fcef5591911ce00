package lookup

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/pipeline/internal/object"
)

// errLeftOut says that an element doesn't take part, since its stream's where isn't true of it: it is as if it weren't
// there.
var errLeftOut = errors.New("left out by where")

// takesPart returns errLeftOut for an element that doesn't take part, and an error that a run would stop at where that
// can't be told.
func (r *keyReader) takesPart(element *object.Object) error {
	takesPart, err := r.node.TakesPart(element)
	switch {
	case err != nil:
		return fmt.Errorf("where: %w", err)
	case !takesPart:
		return errLeftOut
	}
	return nil
}
