package relation

import (
	"fmt"

	"github.com/leat-go/leat/internal/quote"
)

// appendElement appends a row as a JSON object.
func (t *Table) appendElement(to []byte, values []any) ([]byte, error) {
	to = append(to, '{')
	for i := range t.Columns {
		c := &t.Columns[i]
		if i > 0 {
			to = append(to, ',')
		}
		to = append(quote.Append(to, c.Name), ':')
		if values[i] == nil {
			to = append(to, "null"...)
			continue
		}
		var err error
		if to, err = c.Type.AppendJSON(to, values[i]); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return append(to, '}'), nil
}
