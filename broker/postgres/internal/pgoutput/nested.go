package pgoutput

import (
	"bytes"
	"fmt"

	"github.com/leat-go/leat/internal/quote"
)

// A literal takes the text of an array or a composite value apart.
type literal struct {
	text []byte
	at   int
}

func (l *literal) peek() byte {
	if l.at < len(l.text) {
		return l.text[l.at]
	}
	return 0
}

func (l *literal) take(c byte) bool {
	if l.at < len(l.text) && l.text[l.at] == c {
		l.at++
		return true
	}
	return false
}

// item takes what stands up to one of two characters, without its quotes. Quotes are escaped by a backslash, and in a
// composite value by another quote. Quoted says that there were any, so that an empty one or NULL isn't null.
func (l *literal) item(separator, end byte) (item []byte, quoted bool) {
	inside := false
	for ; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		switch {
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
			item = append(item, l.text[l.at])
		case c == '"' && inside && l.at+1 < len(l.text) && l.text[l.at+1] == '"':
			l.at++
			item = append(item, c)
		case c == '"':
			inside, quoted = !inside, true
		case !inside && (c == separator || c == end):
			return item, quoted
		default:
			item = append(item, c)
		}
	}
	return item, quoted
}

// appendArray appends an array like {1,NULL,{2,"3"}}, before which its bounds may stand: [0:2]={…}.
func (t *Type) appendArray(dst, text []byte) ([]byte, error) {
	l := &literal{text: text}
	if l.peek() == '[' {
		l.at = bytes.IndexByte(text, '=') + 1
	}
	dst, err := t.appendItems(dst, l)
	if err == nil && l.at != len(text) {
		err = fmt.Errorf("the array %.80q goes on behind its end", text)
	}
	return dst, err
}

func (t *Type) appendItems(dst []byte, l *literal) (_ []byte, err error) {
	if !l.take('{') {
		return nil, fmt.Errorf("the array %.80q isn't one", l.text)
	}
	dst = append(dst, '[')
	if l.take('}') {
		return append(dst, ']'), nil
	}
	for {
		if l.peek() == '{' {
			dst, err = t.appendItems(dst, l)
		} else if item, quoted := l.item(t.Delimiter, '}'); !quoted && string(item) == "NULL" {
			dst = append(dst, "null"...)
		} else {
			dst, err = t.Element.appendNested(dst, item)
		}
		switch {
		case err != nil:
			return nil, err
		case l.take('}'):
			return append(dst, ']'), nil
		case !l.take(t.Delimiter):
			return nil, fmt.Errorf("the array %.80q has no end", l.text)
		}
		dst = append(dst, ',')
	}
}

// appendComposite appends a value like (1,"a ""b""",) as an object.
func (t *Type) appendComposite(dst, text []byte) (_ []byte, err error) {
	l := &literal{text: text}
	if !l.take('(') {
		return nil, fmt.Errorf("the composite value %.80q isn't one", text)
	}
	dst = append(dst, '{')
	for i, f := range t.Fields {
		if i > 0 {
			if !l.take(',') {
				return nil, fmt.Errorf("the composite value %.80q has %d fields, not %d", text, i, len(t.Fields))
			}
			dst = append(dst, ',')
		}
		dst = append(quote.Append(dst, f.Name), ':')
		item, quoted := l.item(',', ')')
		if item == nil && !quoted {
			dst = append(dst, "null"...)
		} else if dst, err = f.Type.appendNested(dst, item); err != nil {
			return nil, err
		}
	}
	if !l.take(')') {
		return nil, fmt.Errorf("the composite value %.80q has more than %d fields", text, len(t.Fields))
	}
	return append(dst, '}'), nil
}
