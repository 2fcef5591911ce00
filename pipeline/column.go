package pipeline

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/diagnosis"
)

// columns are the members of elements, in the order in which they came.
type columns struct {
	of    map[string]*column
	names []string
	// count is how many elements there were.
	count int
}

// A column is one of them, with what is needed to go on.
type column struct {
	Column
	there int
	least expression.Key
	most  expression.Key
	last  expression.Key
	// unordered says that values have no order among each other.
	unordered bool
}

// add looks at the members of an element.
func (c *columns) add(raw []byte, at string) {
	c.count++
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return // it was decoded before
	}
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return
		}
		if text, ok := name.(string); ok && !seen[text] {
			seen[text] = true
			c.column(text).add(value, at)
		}
	}
}

func (c *columns) column(name string) *column {
	known := c.of[name]
	if known == nil {
		known = &column{Column: Column{Name: name}}
		c.of[name] = known
		c.names = append(c.names, name)
	}
	return known
}

// restart says that the next element doesn't lie behind the one before.
func (c *columns) restart() {
	for _, column := range c.of {
		column.last = expression.Key{}
	}
}

// all returns the columns.
func (c *columns) all() []Column {
	all := make([]Column, 0, len(c.names))
	for _, name := range c.names {
		column := c.of[name]
		column.Missing = c.count - column.there
		all = append(all, column.finished())
	}
	return all
}

// add looks at a value.
func (c *column) add(raw []byte, at string) {
	c.there++
	switch raw[0] {
	case 'n':
		c.Nulls++
	case '{':
		c.unordered = true
		c.addType("object")
	case '[':
		c.unordered = true
		c.addType("list")
	default:
		key, err := expression.NewKey(expression.ValueOfJSON(raw))
		if err != nil {
			c.unordered = true
			return
		}
		c.addKey(key, nounOf(key.Kind()), at)
	}
}

func (c *column) addType(name string) {
	if !slices.Contains(c.Types, name) {
		c.Types = append(c.Types, name)
	}
}

// addKey looks at a value that has an order.
func (c *column) addKey(key expression.Key, kind, at string) {
	if key.IsNull() {
		c.Nulls++
		return
	}
	c.addType(kind)
	unknown := expression.Key{}
	switch {
	case c.least.Kind() == unknown.Kind():
		c.least, c.most = key, key
	case key.Kind() != c.least.Kind():
		c.unordered = true
	case expression.Compare(key, c.least) < 0:
		c.least = key
	case expression.Compare(key, c.most) > 0:
		c.most = key
	}
	if c.last.Kind() == key.Kind() && expression.Compare(c.last, key) > 0 && c.Decreases == "" {
		c.Decreases = at
	}
	c.last = key
}

// finished returns what is known of the column.
func (c *column) finished() Column {
	var none expression.Key
	if c.Types == nil {
		c.Types = []string{}
	}
	if !c.unordered && c.least.Kind() != none.Kind() {
		c.Range = (*KeyRange)(&diagnosis.Range{From: c.least, To: c.most})
		c.InOrder = c.Decreases == ""
	} else {
		c.Decreases = ""
	}
	return c.Column
}

// nounOf names a kind of keys.
func nounOf(k expression.Kind) string {
	switch k {
	case expression.Number:
		return "number"
	case expression.Time:
		return "time"
	case expression.Duration:
		return "duration"
	}
	return k.String()
}
