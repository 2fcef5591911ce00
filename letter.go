package leat

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// A Letter is what the policy [DeadLetter] writes: a record, its position, and why it was put aside. Declare a stream
// for letters in the sink, for example file.At[leat.Letter]("letters.jsonl").
type Letter struct {
	// Error says why the record was put aside.
	Error string `json:"error"`
	// Stream, Partition and Offset are the record's position.
	Stream    string `json:"stream"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
	// Line and Column are its location in a text, from one; zero for streams without lines.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Element is the record as it was read, where it is JSON, and else a JSON string of its bytes; null for a record
	// without a value.
	Element json.RawMessage `json:"element"`
}

// NewLetter makes the letter about a record with a value, at a position, that was put aside because of err. A run makes its
// letters so; a function that puts something aside itself may as well.
func NewLetter(at broker.Position, value []byte, err error) *Letter {
	return &Letter{
		Error:     err.Error(),
		Stream:    at.Stream,
		Partition: at.Partition,
		Offset:    at.Offset,
		Line:      at.Line,
		Column:    at.Column,
		Element:   rawElement(value),
	}
}

// rawElement returns a record's value as JSON on one line.
func rawElement(value []byte) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	var compact bytes.Buffer
	if json.Compact(&compact, value) == nil {
		return compact.Bytes()
	}
	text, err := json.Marshal(string(value))
	if err != nil {
		panic(fmt.Errorf("leat: a string can't be encoded: %w", err)) // it can always be
	}
	return text
}
