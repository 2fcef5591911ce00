// Package quote writes text as JSON.
package quote

import "unicode/utf8"

// Append appends s as a JSON string, as encoding/json does without escaping HTML.
func Append(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for {
		n := plainPrefix(s)
		dst = append(dst, s[:n]...)
		if s = s[n:]; s == "" {
			return append(dst, '"')
		}
		if s[0] < utf8.RuneSelf {
			dst = appendEscaped(dst, s[0])
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, `\ufffd`...)
		case r == '\u2028' || r == '\u2029': // JavaScript took them for the ends of lines
			dst = append(dst, `\u202`...)
			dst = append(dst, "0123456789"[r&0xf])
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
}

// AppendBytes is Append for bytes.
func AppendBytes(dst, s []byte) []byte {
	for _, c := range s {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return Append(dst, string(s))
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// appendEscaped appends a quotation mark, a backslash or a control character as it stands in a string.
func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}

// plainPrefix returns the length of the part at the beginning of s that stands in a JSON string as it is: printable
// ASCII but quotation marks and backslashes. It looks at eight bytes at a time.
func plainPrefix(s string) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(s)-n >= 8; n += 8 {
		b := s[n : n+8]
		word := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, backslash := word^ones*'"', word^ones*'\\'
		// A byte's high bit is set if it is no ASCII, below a space, or equal to one of the two.
		if (word|(word-ones*' ')|(quote-ones)|(backslash-ones))&highs != 0 {
			break
		}
	}
	for n < len(s) && s[n] >= ' ' && s[n] < utf8.RuneSelf && s[n] != '"' && s[n] != '\\' {
		n++
	}
	return n
}
