package postgres

import (
	"errors"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// keyOf copies a key from the columns of a row.
func keyOf(r row) (ordered.Key, error) {
	k := make(ordered.Key, len(r))
	for i, v := range r {
		if v == nil {
			return nil, finalError{errors.New("there is a row with null in the columns that it is ordered by; read a " +
				"query that leaves such rows out")}
		}
		k[i] = string(v)
	}
	return k, nil
}
