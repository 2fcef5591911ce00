// Package endmark knows what an end-of-stream mark looks like on the wire, which is how the Python package watermill
// has it.
package endmark

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
)

// Value is the value of the record that is a mark.
const Value = `{"eos__": true}`

// member is the name, quoted, of the member that makes an object a mark; stem is what comes before its underscores.
const (
	member = stem + `__"`
	stem   = `"eos`
)

// Is tells whether a record's value is a mark: a JSON object whose member "eos__" is true, whatever else it holds. Most
// records are told apart by the first line alone. Is is safe for concurrent use.
func Is(value []byte) bool {
	if !mentions(value) {
		return false
	}
	var members map[string]json.RawMessage
	return json.Unmarshal(value, &members) == nil && string(members["eos__"]) == "true"
}

// mentions tells whether the member's name is in the value. It looks for underscores, which are rare: each quotation
// mark would have to be looked at otherwise, and an object is full of them.
func mentions(value []byte) bool {
	for at := len(stem); at < len(value); at++ {
		next := bytes.IndexByte(value[at:], '_')
		if next < 0 {
			return false
		}
		at += next
		if bytes.HasPrefix(value[at-len(stem):], []byte(member)) {
			return true
		}
	}
	return false
}

// Key returns a key for a mark in a stream of which only the last record of each key is kept. No other record has it:
// each mark is to stay, and so are the records around it. What reads marks looks at their values alone.
func Key() []byte { return []byte("eos__" + rand.Text()) }
