package codec

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/leat-go/leat/codec/internal/fieldpath"
)

// maxDepth is how deep encoding/json lets values nest.
const maxDepth = 10000

// A walker goes through a record that couldn't be decoded and finds where it is wrong. It runs only for the sake of the
// error: what is accepted, the decoder decides.
type walker struct {
	data []byte
	pos  int
	// mismatch is the first value that doesn't fit its type. A syntax error counts more, wherever it is.
	mismatch *Error
}

// explain returns the error for a record that isn't accepted as a t because of cause.
func explain(data []byte, t reflect.Type, cause error) error {
	w := walker{data: data}
	if err := w.record(target{typ: t}); err != nil {
		return err
	}
	if w.mismatch != nil {
		return w.mismatch
	}
	return &Error{Offset: -1, Err: cause}
}

// record walks through the whole record and returns its syntax error.
func (w *walker) record(into target) error {
	w.space()
	if w.pos == len(w.data) {
		return &Error{Offset: w.pos, Err: errors.New("the record is empty, want " + into.noun())}
	}
	if err := w.value(into, nil, 0); err != nil {
		return err
	}
	w.space()
	if w.pos < len(w.data) {
		return w.unexpected(nil, "after the record's value", "want nothing more")
	}
	return nil
}

// value walks through the value at the current position.
func (w *walker) value(into target, at *fieldpath.Path, depth int) (err error) {
	w.space()
	start := w.pos
	switch c := w.peek(); {
	case c == '{' || c == '[':
		if depth == maxDepth {
			return w.fail(at, errors.New("values nest more than 10000 levels deep"))
		}
		if c == '{' {
			err = w.object(into, at, depth+1)
		} else {
			err = w.array(into, at, depth+1)
		}
	case c == '"':
		_, err = w.text(at)
	case c == '-' || isDigit(c):
		err = w.number(at)
	case c == 't':
		err = w.literal("true", at)
	case c == 'f':
		err = w.literal("false", at)
	case c == 'n':
		err = w.literal("null", at)
	default:
		err = w.unexpected(at, "at the beginning of a value", "want "+into.noun())
	}
	if err == nil && w.mismatch == nil {
		if bad := into.check(w.data[start:w.pos]); bad != nil {
			w.mismatch = &Error{Offset: start, Field: at.String(), Err: bad}
		}
	}
	return err
}

// object walks through an object.
func (w *walker) object(into target, at *fieldpath.Path, depth int) error {
	w.pos++
	if w.space(); w.peek() == '}' {
		w.pos++
		return nil
	}
	member := into.members()
	for {
		if w.space(); w.peek() != '"' {
			return w.unexpected(at, "in an object", "want a member's name in double quotes")
		}
		start := w.pos
		name, err := w.text(at)
		if err != nil {
			return err
		}
		inner := at.Member(name)
		if bad := into.checkKey(w.data[start:w.pos]); bad != nil && w.mismatch == nil {
			w.mismatch = &Error{Offset: start, Field: inner.String(), Err: bad}
		}
		if w.space(); w.peek() != ':' {
			return w.unexpected(inner, "after a member's name", "want ':'")
		}
		w.pos++
		if err := w.value(member(name), inner, depth); err != nil {
			return err
		}
		if more, err := w.next('}', at, "after object member"); !more {
			return err
		}
	}
}

// array walks through a list.
func (w *walker) array(into target, at *fieldpath.Path, depth int) error {
	w.pos++
	if w.space(); w.peek() == ']' {
		w.pos++
		return nil
	}
	for i := 0; ; i++ {
		if err := w.value(into.item(i), at.Item(i), depth); err != nil {
			return err
		}
		if more, err := w.next(']', at, "after list element"); !more {
			return err
		}
	}
}

// next passes a comma, or the bracket that ends the object or list.
func (w *walker) next(end byte, at *fieldpath.Path, where string) (more bool, err error) {
	w.space()
	switch w.peek() {
	case ',':
		w.pos++
		return true, nil
	case end:
		w.pos++
		return false, nil
	}
	return false, w.unexpected(at, where, fmt.Sprintf("want ',' or '%c'", end))
}

// text walks through a string and returns what stands between its quotes, with escapes decoded where it has any.
func (w *walker) text(at *fieldpath.Path) (string, error) {
	start := w.pos
	for w.pos++; w.pos < len(w.data); w.pos++ {
		switch c := w.data[w.pos]; {
		case c == '"':
			w.pos++
			return unquote(w.data[start:w.pos]), nil
		case c < ' ':
			return "", w.unexpected(at, "in a string", "want it escaped")
		case c == '\\':
			if err := w.escape(at); err != nil {
				return "", err
			}
		}
	}
	return "", w.unexpected(at, "in a string", `want '"'`)
}

// escape walks from a backslash to the last character of its escape.
func (w *walker) escape(at *fieldpath.Path) error {
	w.pos++
	switch w.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			w.pos++
			if c := w.peek() | 0x20; !isDigit(w.peek()) && (c < 'a' || c > 'f') {
				return w.unexpected(at, `after \u in a string`, "want four hexadecimal digits")
			}
		}
		return nil
	}
	return w.unexpected(at, "after a backslash in a string", `want one of "\/bfnrtu`)
}

// number walks through a number.
func (w *walker) number(at *fieldpath.Path) error {
	if w.peek() == '-' {
		w.pos++
	}
	if w.peek() == '0' {
		w.pos++
		if isDigit(w.peek()) {
			return w.unexpected(at, "after a leading 0", "want numbers without leading zeros")
		}
	} else if err := w.digits(at, "in a number"); err != nil {
		return err
	}
	if w.peek() == '.' {
		w.pos++
		if err := w.digits(at, "after a decimal point"); err != nil {
			return err
		}
	}
	if w.peek()|0x20 == 'e' {
		w.pos++
		if c := w.peek(); c == '+' || c == '-' {
			w.pos++
		}
		return w.digits(at, "in an exponent")
	}
	return nil
}

// digits walks through one or more digits.
func (w *walker) digits(at *fieldpath.Path, where string) error {
	if !isDigit(w.peek()) {
		return w.unexpected(at, where, "want a digit")
	}
	for isDigit(w.peek()) {
		w.pos++
	}
	return nil
}

// literal walks through true, false or null.
func (w *walker) literal(word string, at *fieldpath.Path) error {
	for _, c := range []byte(word) {
		if w.peek() != c {
			return w.unexpected(at, "in a word without quotes", "want "+word)
		}
		w.pos++
	}
	return nil
}

func (w *walker) space() {
	for w.pos < len(w.data) && isSpace(w.data[w.pos]) {
		w.pos++
	}
}

// peek returns the byte at the current position, 0 at the end.
func (w *walker) peek() byte {
	if w.pos < len(w.data) {
		return w.data[w.pos]
	}
	return 0
}

// unexpected is the error for what stands at the current position.
func (w *walker) unexpected(at *fieldpath.Path, where, want string) error {
	if w.pos >= len(w.data) {
		return w.fail(at, fmt.Errorf("the record ends %s, %s", where, want))
	}
	r, size := utf8.DecodeRune(w.data[w.pos:])
	if r == utf8.RuneError && size == 1 {
		return w.fail(at, fmt.Errorf("invalid byte 0x%02x %s, %s", w.data[w.pos], where, want))
	}
	return w.fail(at, fmt.Errorf("invalid character %s %s, %s", strconv.QuoteRune(r), where, want))
}

func (w *walker) fail(at *fieldpath.Path, err error) error {
	return &Error{Offset: w.pos, Field: at.String(), Err: err}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
