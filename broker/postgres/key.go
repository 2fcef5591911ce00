package postgres

import (
	"errors"
	"strings"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// keyBytes is how much memory is made at a time for the texts of keys.
const keyBytes = 8 << 10

// keyOf copies the values of one key.
func keyOf(values [][]byte) (ordered.Key, error) { return new(keyMaker).key(values) }

// A keyMaker makes keys of rows, many in one piece of memory. The zero value is ready.
type keyMaker struct {
	texts  *strings.Builder
	values []string
}

// key copies a key's values.
func (m *keyMaker) key(values [][]byte) (ordered.Key, error) {
	size := 0
	for _, v := range values {
		if v == nil {
			return nil, finalError{errors.New("there is a row with null in the columns that it is ordered by; read a " +
				"query that leaves such rows out")}
		}
		size += len(v)
	}
	if m.texts == nil || m.texts.Cap()-m.texts.Len() < size {
		m.texts = &strings.Builder{}
		m.texts.Grow(max(keyBytes, size))
	}
	if len(m.values) < len(values) {
		m.values = make([]string, max(batchSize, len(values)))
	}
	k := m.values[:len(values):len(values)]
	m.values = m.values[len(values):]
	for i, v := range values {
		before := m.texts.Len()
		m.texts.Write(v)
		k[i] = m.texts.String()[before:]
	}
	return k, nil
}
