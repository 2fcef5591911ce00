package redis

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat/broker/internal/member"
	"github.com/leat-go/leat/internal/endmark"
)

const (
	// document is the only field of an entry that is a JSON document, and endMark one of an end-of-stream mark.
	document = "json"
	endMark  = "eos__"
	// maxFields is how many members a result may have that is written as fields: Lua passes on less than 8000 values.
	maxFields = 3900
)

// An entry is one of a stream: its id, and fields and values in turns.
type entry struct {
	id     id
	fields []string
}

// readEntry reads one entry of the answer to XRANGE.
func readEntry(answer any) (e entry, err error) {
	parts, ok := answer.([]any)
	if !ok || len(parts) != 2 {
		return e, fmt.Errorf("the server's answer to XRANGE has %v in place of an entry", answer)
	}
	text, _ := parts[0].(string)
	if e.id, err = readID(text); err != nil {
		return e, err
	}
	fields, _ := parts[1].([]any)
	for _, f := range fields {
		text, ok := f.(string)
		if !ok {
			return e, fmt.Errorf("the server's answer to XRANGE has %v among the fields of entry %v", f, e.id)
		}
		e.fields = append(e.fields, text)
	}
	return e, nil
}

// value returns the element that an entry holds, as JSON, and whether it is an end-of-stream mark.
func (e entry) value() (value []byte, mark bool) {
	if len(e.fields) == 2 && e.fields[0] == document {
		value = []byte(e.fields[1])
		return value, endmark.Is(value)
	}
	size := 2
	for _, text := range e.fields {
		size += len(text) + 6
	}
	value = append(make([]byte, 0, size), '{')
	for i := 0; i+1 < len(e.fields); i += 2 {
		if e.fields[i] == endMark {
			return nil, true
		}
		if i > 0 {
			value = append(value, ',')
		}
		value = appendText(value, e.fields[i])
		value = append(value, ':')
		value = appendCell(value, e.fields[i+1])
	}
	return append(value, '}'), false
}

// appendCell appends a field's value as JSON.
func appendCell(into []byte, text string) []byte {
	if text == "true" || text == "false" || isNumber(text) {
		return append(into, text...)
	}
	return appendText(into, text)
}

// appendText appends a text as JSON.
func appendText(into []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			quoted, _ := json.Marshal(text) // of a string, that doesn't fail
			return append(into, quoted...)
		}
	}
	into = append(into, '"')
	into = append(into, text...)
	return append(into, '"')
}

// isNumber tells whether a text is a number as JSON has them: 007, +1 and 1. are texts.
func isNumber(text string) bool {
	rest := text
	if rest != "" && rest[0] == '-' {
		rest = rest[1:]
	}
	whole := digits(rest)
	if whole == 0 || whole > 1 && rest[0] == '0' {
		return false
	}
	rest = rest[whole:]
	if rest != "" && rest[0] == '.' {
		n := digits(rest[1:])
		if n == 0 {
			return false
		}
		rest = rest[1+n:]
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	rest = rest[1:]
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	return rest != "" && digits(rest) == len(rest)
}

// digits returns how many digits a text begins with.
func digits(text string) int {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return i
		}
	}
	return len(text)
}

// fieldsOf returns fields and values in turns of the entry that a result becomes.
func (d *declared) fieldsOf(value []byte) ([]string, error) {
	if !d.fields {
		return []string{document, string(value)}, nil
	}
	members, err := member.Split(value, nil)
	if err != nil {
		return nil, err
	}
	var fields []string
	for _, m := range members {
		if m.Name == endMark {
			return nil, fmt.Errorf("an entry with the field %s is an end-of-stream mark: name the member otherwise", endMark)
		}
		switch {
		case bytes.Equal(m.Value, []byte("null")):
		case m.Value[0] == '"':
			var text string
			if err := json.Unmarshal(m.Value, &text); err != nil {
				return nil, err
			}
			fields = append(fields, m.Name, text)
		default:
			fields = append(fields, m.Name, string(m.Value))
		}
	}
	switch {
	case len(fields) == 0:
		return nil, fmt.Errorf("an entry has at least one field, but the result has no member that isn't null; " +
			"leave redis.Fields out to write it as JSON")
	case len(fields) == 2 && fields[0] == document:
		return nil, fmt.Errorf("an entry with the only field %s is a JSON document: name the member otherwise, or leave "+
			"redis.Fields out", document)
	case len(fields) > 2*maxFields:
		return nil, fmt.Errorf("the result has %d members, and an entry takes %d fields; leave redis.Fields out to write "+
			"it as JSON", len(fields)/2, maxFields)
	}
	return fields, nil
}
