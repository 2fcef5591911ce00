package lookup

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A matchValue is what an element has of the match keys of a join.
type matchValue struct {
	// text is equal where all values are.
	text string
	// isNull says that one of them is null, so that the element matches nothing.
	isNull bool
	// values are as people see them.
	values []string
}

// equals reports whether two elements have equal match keys. One that is nil has none, and fits all.
func (m *matchValue) equals(other *matchValue) bool {
	if m == nil || other == nil {
		return true
	}
	return !m.isNull && !other.isNull && m.text == other.text
}

// named says the values with the expressions that they are of, as in `quotes.ticker "X"`.
func (m *matchValue) named(n *mill.Node) string {
	var words []string
	for i, value := range m.values {
		words = append(words, n.By[i].Right.String()+" "+value)
	}
	return strings.Join(words, " and ")
}

// A matchKey computes the match keys of one side of a join; without any where it has none.
type matchKey []func(any) (expression.Key, error)

func newMatchKey(by []mill.MatchKey, side func(mill.MatchKey) *expression.Program) (keys matchKey) {
	for _, pair := range by {
		keys = append(keys, expression.Single(side(pair)))
	}
	return keys
}

// of returns the match keys of an element; nil where there are none.
func (k matchKey) of(element any) (*matchValue, error) {
	if len(k) == 0 {
		return nil, nil
	}
	m := &matchValue{}
	var text strings.Builder
	for _, of := range k {
		key, err := of(element)
		if err != nil {
			return nil, err
		}
		m.isNull = m.isNull || key.IsNull()
		m.values = append(m.values, key.String())
		encoded := key.AppendOrdered(nil)
		fmt.Fprintf(&text, "%d:%s", len(encoded), encoded)
	}
	m.text = text.String()
	return m, nil
}
