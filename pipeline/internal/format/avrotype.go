package format

import "github.com/leat-go/leat/internal/expression"

// AvroType returns the type of Avro that a member's expression says, as what JSON of a schema is made of; nil where only its
// values say it.
func (m Member) AvroType() any {
	switch {
	case m.Kind == expression.Bool:
		return "boolean"
	case m.Kind == expression.Text:
		return "string"
	case m.Kind == expression.Number && m.IsWhole:
		return "long"
	case m.Kind == expression.Number && m.IsFraction:
		return "double"
	case m.Kind == expression.Time:
		return map[string]any{"type": "long", "logicalType": "timestamp-micros"}
	}
	return nil
}
