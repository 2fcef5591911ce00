package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/leat-go/leat/broker"
)

// tailSize is how much of a file's end Tail reads.
const tailSize = 1 << 20

// An Object is one as it is written, and the byte of its file at which it begins.
type Object struct {
	At   int64
	Text []byte
}

// Tail returns the last objects of a stream's file, n at most and no more than its last mebibyte holds, in their
// order, without reading the rest. What they are inside is not looked at. It returns none for a file that is compressed,
// has cells or can be read once only. An error wraps a [broker.PositionError] where the end of the file is not as it should be.
func Tail(stream broker.Stream, n int) (objects []Object, err error) {
	path := stream.Name
	l, packed := formatOf(&stream)
	info, err := os.Stat(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if l == either || l == rows || l == table || packed != plain || !info.Mode().IsRegular() {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	size := min(info.Size(), tailSize)
	text := make([]byte, size)
	if read, err := file.ReadAt(text, info.Size()-size); err != nil && !(errors.Is(err, io.EOF) && read == len(text)) {
		return nil, fmt.Errorf("read the end of %s: %w", path, err)
	}
	whole := size == info.Size()
	if l == lines {
		objects = lastLines(text, n, whole)
	} else if objects, err = lastObjects(text, n); err != nil {
		at := broker.Position{Stream: path, Offset: -1}
		return nil, &broker.PositionError{Position: at, Err: err}
	}
	slices.Reverse(objects)
	for i := range objects {
		objects[i].At += info.Size() - size
	}
	return objects, nil
}

// lastLines returns the last lines that aren't blank, the last first. The first line of a text that isn't whole may be
// cut.
func lastLines(text []byte, n int, whole bool) (found []Object) {
	for len(text) > 0 && len(found) < n {
		begin := bytes.LastIndexByte(text, '\n') + 1
		if begin == 0 && !whole {
			break
		}
		if line := bytes.TrimSpace(text[begin:]); len(line) > 0 {
			indent := len(text[begin:]) - len(bytes.TrimLeft(text[begin:], " \t\r\n"))
			found = append(found, Object{int64(begin + indent), line})
		}
		text = text[:max(begin-1, 0)]
	}
	return found
}

// lastObjects returns the last objects of a list, the last first. Seen from its end, a list can be divided without
// knowing its beginning: there, one is outside of all strings and braces.
func lastObjects(text []byte, n int) (found []Object, err error) {
	rest := bytes.TrimRight(text, " \t\r\n")
	if !bytes.HasSuffix(rest, []byte("]")) {
		return nil, errors.New("the list is not closed with a ] before the file ends; was the file cut off?")
	}
	rest = rest[:len(rest)-1]
	for len(found) < n {
		rest = bytes.TrimRight(rest, " \t\r\n,")
		if !bytes.HasSuffix(rest, []byte("}")) {
			break
		}
		begin := objectBefore(rest)
		if begin < 0 {
			break
		}
		found = append(found, Object{int64(begin), rest[begin:]})
		rest = rest[:begin]
	}
	return found, nil
}

// objectBefore returns where the object begins that a text ends with; -1 where the text doesn't hold all of it.
func objectBefore(text []byte) int {
	depth := 0
	for i := len(text) - 1; i >= 0; i-- {
		switch text[i] {
		case '}':
			depth++
		case '{':
			if depth--; depth == 0 {
				return i
			}
		case '"':
			if i = stringBefore(text[:i]); i < 0 {
				return -1
			}
		}
	}
	return -1
}

// stringBefore returns where the string begins whose closing quote comes behind a text: a quote behind an odd number of
// backslashes belongs to the string.
func stringBefore(text []byte) int {
	for {
		quote := bytes.LastIndexByte(text, '"')
		if quote < 0 {
			return -1
		}
		before := bytes.TrimRight(text[:quote], `\`)
		if (quote-len(before))%2 == 0 {
			return quote
		}
		text = text[:quote]
	}
}
