package broker

import (
	"errors"
	"fmt"
)

// DefaultMaxElement is how many bytes an element may have where its stream doesn't say: 64 MiB.
const DefaultMaxElement = 64 << 20

// ErrTooLarge marks the error for an element that is larger than its stream allows.
var ErrTooLarge = errors.New("element too large")

// ElementLimit returns how many bytes an element of the stream may have, as it lies in the storage and decompressed. A
// storage that takes memory for an element while it reads it must not take much more than that; the engine refuses
// larger ones in any case.
func (s Stream) ElementLimit() int {
	if s.MaxElement > 0 {
		return s.MaxElement
	}
	return DefaultMaxElement
}

// TooLarge returns the error for an element above the limit. It says how to raise it, and wraps [ErrTooLarge].
func (s Stream) TooLarge() error {
	how := "the stream's option MaxElement"
	if s.Where != "" { // it is declared in a pipeline file
		how = "max_element: 128MiB, or what is needed, at the stream"
	}
	return fmt.Errorf("%w: it has more than the %s that the stream allows; raise that with %s", ErrTooLarge,
		size(s.ElementLimit()), how)
}

// size writes a number of bytes for people.
func size(bytes int) string {
	for _, unit := range []struct {
		name  string
		bytes int
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= unit.bytes && bytes%unit.bytes == 0 {
			return fmt.Sprintf("%d %s", bytes/unit.bytes, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}
