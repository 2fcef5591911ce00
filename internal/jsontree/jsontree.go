// Package jsontree holds a JSON value as it is written, so that what encodes it by a schema finds members in the schema's
// order, and numbers with their digits.
package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// A Kind tells values apart.
type Kind byte

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Object
)

// String returns what people call a value of the kind.
func (k Kind) String() string {
	return [...]string{"null", "a truth value", "a number", "a text", "a list", "an object"}[k]
}

// A Value is a JSON value.
type Value struct {
	Kind Kind
	// Raw is the value as it is written.
	Raw []byte
	// Text is the text of a Text.
	Text string
	// Items are those of a List.
	Items []Value
	// Members are those of an Object, in its order.
	Members []Member
}

// A Member is one of an object.
type Member struct {
	Name  string
	Value Value
}

// Parse reads a value.
func Parse(raw []byte) (Value, error) {
	if !json.Valid(raw) {
		var into any
		if err := json.Unmarshal(raw, &into); err != nil {
			return Value{}, err
		}
		return Value{}, errors.New("this is no JSON")
	}
	p := parser{text: raw}
	return p.value(), nil
}

// Member returns a member of an object; of several with one name the last, which counts. It is nil where there is none.
func (v *Value) Member(name string) *Value {
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return &v.Members[i].Value
		}
	}
	return nil
}

// String returns the value for messages, of a long one the beginning.
func (v *Value) String() string { return fmt.Sprintf("%.60s", v.Raw) }

// A parser goes through JSON that is known to be valid.
type parser struct {
	text []byte
	at   int
}

func (p *parser) blanks() {
	for p.at < len(p.text) && bytes.IndexByte([]byte(" \t\r\n"), p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) value() (v Value) {
	p.blanks()
	start := p.at
	switch p.text[p.at] {
	case '{':
		v.Kind = Object
		p.each('}', func() {
			name := p.value().Text
			p.blanks()
			p.at++ // the colon
			v.Members = append(v.Members, Member{name, p.value()})
		})
	case '[':
		v.Kind = List
		p.each(']', func() { v.Items = append(v.Items, p.value()) })
	case '"':
		v.Kind, v.Text = Text, p.string()
	default:
		v.Kind = map[byte]Kind{'n': Null, 't': Bool, 'f': Bool}[p.text[p.at]]
		if v.Kind == Null && p.text[p.at] != 'n' {
			v.Kind = Number
		}
		for p.at < len(p.text) && bytes.IndexByte([]byte(" \t\r\n,]}"), p.text[p.at]) < 0 {
			p.at++
		}
	}
	v.Raw = p.text[start:p.at]
	return v
}

// each calls part for each part of a list or an object.
func (p *parser) each(end byte, part func()) {
	p.at++
	for p.blanks(); p.text[p.at] != end; p.blanks() {
		if p.text[p.at] == ',' {
			p.at++
			continue
		}
		part()
	}
	p.at++
}

func (p *parser) string() string {
	start := p.at
	escaped := false
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			escaped = true
			p.at++
		}
	}
	p.at++
	if !escaped {
		return string(bytes.ToValidUTF8(p.text[start+1:p.at-1], []byte("\uFFFD")))
	}
	var text string
	_ = json.Unmarshal(p.text[start:p.at], &text) // it is valid
	return text
}
