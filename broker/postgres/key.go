package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A key holds the values of a row's order columns, of which there is one at least, as texts that PostgreSQL reads back
// to the same values. Nil is no row.
type key []string

func (k key) equal(other key) bool { return slices.Equal(k, other) }

// keyOf copies a key from the columns of a row.
func keyOf(r row) (key, error) {
	k := make(key, len(r))
	for i, v := range r {
		if v == nil {
			return nil,
				finalError{errors.New("there is a row with null in the columns that it is ordered by; read a query " +
					"that leaves such " +
					"rows out")}
		}
		k[i] = string(v)
	}
	return k, nil
}

// A position is a place in a stream's order that outlasts a run: what Rewind.Position holds, as JSON.
type position struct {
	// At is the key of the row there; nil for the beginning.
	At key `json:"at,omitempty"`
	// After says that the position is behind that row.
	After bool `json:"after,omitempty"`
	// Seen and Accounted are the keys of the last rows below Rewind.Seen and Rewind.Accounted; nil where those are not
	// behind At.
	Seen      key `json:"seen,omitempty"`
	Accounted key `json:"accounted,omitempty"`
}

func (p position) text() (string, error) {
	text, err := json.Marshal(p)
	return string(text), err
}

func readPosition(text string) (p position, err error) {
	if text == "" {
		return p, fmt.Errorf("it was kept by another storage; give the changed mill another name")
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("the position %q is damaged: %w", text, err)
	}
	return p, nil
}
