package kafka

import (
	"bytes"
	"encoding/json"
)

// endMark is the value of an end-of-stream mark, as the Python package writes it.
var endMark = []byte(`{"eos__": true}`)

var endMember = []byte(`"eos__"`)

// isMark tells whether a record's value is an end-of-stream mark: a JSON object whose member "eos__" is true, whatever
// else it holds. Most records are told apart by the first line alone.
func isMark(value []byte) bool {
	if !bytes.Contains(value, endMember) {
		return false
	}
	var members map[string]json.RawMessage
	return json.Unmarshal(value, &members) == nil && string(members["eos__"]) == "true"
}
