package engine

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/lateness"
)

// A Sort puts a node's stream in order before anything else sees it (R12).
type Sort struct {
	// NewKeys makes the sort keys of one task.
	NewKeys func() SortKeys
	// Whole says that the stream is sorted as a whole, and not with a lateness: it must have an end.
	Whole bool
	// Text describes the sort in a plan and in errors: "by time within 5".
	Text string
}

// SortKeys are the sort keys of a node's elements in one task, and the elements that wait to be in order: by numbers,
// which say in which order they were read. The first methods are about the key that was set last. Make them by [SortBy].
type SortKeys interface {
	// set makes that of an element the key at hand. null says that it has none.
	set(element any) (null bool, err error)
	// appendOrdered appends bytes that are in the order of the keys; for null those are above all others.
	appendOrdered(dst []byte) []byte
	// push adds an element with the key at hand, unless it is late. One whose key is null takes the highest that was
	// read, so that it stays behind that element; it isn't added where there was none.
	push(number int64) (added bool, err error)
	// next returns the number of the next element that is released; false where none is.
	next() (number int64, ok bool)
	// appendReleased appends the bytes of the key that was released last.
	appendReleased(dst []byte) []byte
	// flush has all that waits released, and reports whether there was any.
	flush() bool
	// end says that nothing more comes.
	end()
	// waiting is how many elements wait.
	waiting() int
	// late returns an error that says that the key at hand comes after one that was released.
	late() error
	// sorter returns the sorter of a node that has these keys; see newSorter.
	sorter(n *node, from *start, counted tally) nodeSorter
}

// A nodeSorter is a [sorter]. Only what makes sort keys refers to that, so that a program that sorts nothing carries none
// of it.
type nodeSorter interface {
	// next returns the next chunk of released elements, or what has ended the stream. Where it verifies, what is wrong is
	// only told: the session has ended.
	next(verifies bool) (*chunk, error)
	// read returns the offset behind the last record that was read, and below which offset records were counted.
	read() (seen, countedBelow int64)
	// waiting is how many elements wait, and holds reports whether there are some that the cursor hasn't got.
	waiting() int
	waitingBytes() int64
	holds() bool
	// pointAt returns what a commit keeps of a position.
	pointAt(at position, lowest int64) *sortedPoint
	// close releases what is held.
	close() error
}

// SortSpec describes sort keys.
type SortSpec[K any] struct {
	// Key returns the key of an element; its error may be [NullKey].
	Key     func(element any) (K, error)
	Compare func(a, b K) int
	// Below returns the key that lies the lateness below another; nil where a stream is sorted as a whole.
	Below func(K) (K, error)
	// AppendOrdered appends bytes to dst that are in the order of the keys.
	AppendOrdered func(dst []byte, key K) []byte
}

// SortBy returns a constructor of sort keys.
func SortBy[K any](spec SortSpec[K]) func() SortKeys {
	return func() SortKeys {
		return &sortKeys[K]{spec: spec, buffer: lateness.New[K, int64](spec.Compare, spec.Below)}
	}
}

type sortKeys[K any] struct {
	spec   SortSpec[K]
	key    K
	isNull bool
	buffer *lateness.Buffer[K, int64]
}

func (s *sortKeys[K]) sorter(n *node, from *start, counted tally) nodeSorter {
	return newSorter(n, s, from, counted)
}

func (s *sortKeys[K]) set(element any) (null bool, err error) {
	s.key, err = s.spec.Key(element)
	if s.isNull = errors.Is(err, NullKey); s.isNull {
		return true, nil
	}
	return false, err
}

// The first byte of a key's bytes puts null behind all others.
const (
	orderedKey  = 0
	orderedNull = 1
)

func (s *sortKeys[K]) appendOrdered(dst []byte) []byte {
	if s.isNull {
		return append(dst, orderedNull)
	}
	return s.spec.AppendOrdered(append(dst, orderedKey), s.key)
}

func (s *sortKeys[K]) push(number int64) (added bool, err error) {
	if s.isNull {
		highest, ok := s.buffer.Highest()
		if !ok {
			return false, nil
		}
		s.key = highest
	}
	late, err := s.buffer.Push(s.key, number)
	return !late && err == nil, err
}

func (s *sortKeys[K]) next() (number int64, ok bool) { return s.buffer.Next() }

func (s *sortKeys[K]) appendReleased(dst []byte) []byte {
	return s.spec.AppendOrdered(append(dst, orderedKey), s.buffer.Last())
}

func (s *sortKeys[K]) flush() bool {
	if s.buffer.Len() == 0 {
		return false
	}
	s.buffer.Flush()
	return true
}

func (s *sortKeys[K]) end() { s.buffer.End() }

func (s *sortKeys[K]) waiting() int { return s.buffer.Len() }

func (s *sortKeys[K]) late() error {
	if released, ok := s.buffer.Released(); ok {
		return fmt.Errorf("%w: its sort key %v comes after %v was released; give a greater lateness", errLate, s.key, released)
	}
	return fmt.Errorf("%w: a run before has released what comes after its sort key %v", errLate, s.key)
}

// errLate is the error of an element that comes later than the lateness of its stream allows.
var errLate = errors.New("the element is late")
