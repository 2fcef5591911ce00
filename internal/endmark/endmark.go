// Package endmark knows what an end-of-stream mark looks like on the wire, which is how the Python package watermill has it.
package endmark

import (
	"bytes"
	"encoding/json"
)

// Value is the value of the record that is a mark.
const Value = `{"eos__": true}`

// member is the name, quoted, of the member that makes an object a mark.
const member = `"eos__"`

// Is tells whether a record's value is a mark: a JSON object whose member "eos__" is true, whatever else it holds. Most
// records are told apart by the first line alone. Is is safe for concurrent use.
func Is(value []byte) bool {
	if !bytes.Contains(value, []byte(member)) {
		return false
	}
	var members map[string]json.RawMessage
	return json.Unmarshal(value, &members) == nil && string(members["eos__"]) == "true"
}
