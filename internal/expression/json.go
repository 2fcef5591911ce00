package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// This file reads and writes JSON. Lists and objects stay as they are written until an expression looks into them, so
// that what it passes on keeps its digits and the order of its members.

// ValueOfJSON returns the value that valid JSON without white space at its start stands for. A list or an object
// refers to raw, which must not change while the value is in use.
func ValueOfJSON(raw []byte) Value {
	switch raw[0] {
	case '"':
		return TextValue(Unquote(raw))
	case 't', 'f':
		return BoolValue(raw[0] == 't')
	case 'n':
		return NullValue()
	case '{', '[':
		return RawValue(raw)
	}
	if n, ok := smallInt(raw); ok {
		return IntValue(n)
	}
	return NumberOf(raw)
}

// RawValue returns a value that is only passed on, as it is written, unless it is a list or an object.
func RawValue(raw []byte) Value { return Value{kind: Other, ref: json.RawMessage(raw)} }

// smallInt parses whole numbers of at most 18 digits, which are most. -0 isn't one: it is written with its sign.
func smallInt(raw []byte) (n int64, ok bool) {
	digits := raw
	if raw[0] == '-' {
		digits = raw[1:]
	}
	if len(digits) > smallDigits {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(raw) {
		return -n, n != 0
	}
	return n, true
}

// Unquote returns the text that a valid JSON string stands for.
func Unquote(quoted []byte) string {
	plain := true
	for _, c := range quoted {
		plain = plain && c != '\\' && c < 0x80
	}
	if plain {
		return string(quoted[1 : len(quoted)-1])
	}
	var text string
	// It is valid.
	_ = json.Unmarshal(quoted, &text)
	return text
}

// skipSpace returns where the next thing in valid JSON begins, at i or behind it.
func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the offset behind the value of valid JSON that begins at i.
func skipValue(raw []byte, i int) int {
	for depth := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			for i++; raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i // the value was a number or a word, and ends where its list ends
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// eachItem calls yield with each item of a list in valid JSON.
func eachItem(raw []byte, yield func(item []byte)) {
	for i := skipSpace(raw, 1); raw[i] != ']'; {
		end := skipValue(raw, i)
		yield(raw[i:end])
		if i = skipSpace(raw, end); raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
}

// eachMember calls yield with each member of an object in valid JSON: its name in quotes, and its value.
func eachMember(raw []byte, yield func(name, value []byte)) {
	for i := skipSpace(raw, 1); raw[i] != '}'; {
		end := skipValue(raw, i)
		name := raw[i:end]
		i = skipSpace(raw, skipSpace(raw, end)+1) // behind the colon
		end = skipValue(raw, i)
		yield(name, raw[i:end])
		if i = skipSpace(raw, end); raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
}

// memberOf finds a member of an object in valid JSON; of several with one name the last counts.
func memberOf(raw []byte, name string) (value []byte) {
	eachMember(raw, func(quoted, member []byte) {
		if string(quoted[1:len(quoted)-1]) == name || slices.Contains(quoted, '\\') && Unquote(quoted) == name {
			value = member
		}
	})
	return value
}

// Tidy appends valid JSON without white space, and of several members with one name only the last.
func Tidy(dst, raw []byte) []byte {
	raw = raw[skipSpace(raw, 0):]
	switch raw[0] {
	case '[':
		dst = append(dst, '[')
		eachItem(raw, func(item []byte) { dst = append(Tidy(dst, item), ',') })
		return closed(dst, ']')
	case '{':
		last := map[string]int{}
		count := 0
		eachMember(raw, func(name, _ []byte) {
			last[Unquote(name)] = count
			count++
		})
		count = 0
		dst = append(dst, '{')
		eachMember(raw, func(name, value []byte) {
			if last[Unquote(name)] == count {
				dst = append(Tidy(append(append(dst, name...), ':'), value), ',')
			}
			count++
		})
		return closed(dst, '}')
	}
	return append(dst, raw[:skipValue(raw, 0)]...)
}

// closed ends a list or an object, with its end in place of the last comma.
func closed(dst []byte, end byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		dst[last] = end
		return dst
	}
	return append(dst, end)
}

// AppendJSON appends the value as JSON. What was passed on is written as it stood. Of what was computed, a number is
// written as the decimal that it is, or rounded to 34 digits where it is none, a time in RFC 3339, a duration as
// 1m30s. It is an error if a number is infinite or NaN.
func (v Value) AppendJSON(dst []byte) ([]byte, error) {
	switch v.kind {
	case Unknown, Null:
		return append(dst, "null"...), nil
	case Bool:
		return fmt.Append(dst, v.n == 1), nil
	case Number:
		if !v.finite() {
			return nil, fmt.Errorf("the result is %v, which JSON has no number for", v.float())
		}
		return v.appendNumber(dst, quotientDigits), nil
	case Text:
		return AppendText(dst, v.text), nil
	case Time:
		at := v.ref.(time.Time)
		if year := at.Year(); year < 0 || year > 9999 {
			return nil, fmt.Errorf("the result is an instant of the year %d, and RFC 3339 has years from 0 to 9999", year)
		}
		return AppendText(dst, at.Format(time.RFC3339Nano)), nil
	case Duration:
		return AppendText(dst, time.Duration(v.n).String()), nil
	}
	switch x := v.ref.(type) {
	case json.RawMessage:
		return append(dst, x...), nil
	case list:
		return x.appendJSON(dst)
	case *object:
		return x.appendJSON(dst)
	}
	if _, isZone := v.ref.(*time.Location); isZone {
		return nil, errors.New("the result is a time zone, which JSON has no value for")
	}
	encoded, err := json.Marshal(v.ref)
	return append(dst, encoded...), err
}

func (l list) appendJSON(dst []byte) (_ []byte, err error) {
	dst = append(dst, '[')
	for i, item := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = item.AppendJSON(dst); err != nil {
			return nil, err
		}
		if len(dst) > maxWritten {
			return nil, errWritten
		}
	}
	return append(dst, ']'), nil
}

func (o *object) appendJSON(dst []byte) (_ []byte, err error) {
	dst = append(dst, '{')
	for i, name := range o.names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendText(dst, name), ':')
		if dst, err = o.values[i].AppendJSON(dst); err != nil {
			return nil, err
		}
		if len(dst) > maxWritten {
			return nil, errWritten
		}
	}
	return append(dst, '}'), nil
}

// AppendText appends a text in quotes. Bytes that are no UTF-8 become U+FFFD.
func AppendText(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}
