package broker

import (
	"reflect"
	"time"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
)

// A Stream is a stream as a broker declares it: where it is and what its elements are. Make one with [NewStream].
type Stream struct {
	// Name is what the storage calls the stream: a topic, the path of a file.
	Name string
	// As tells several streams of one element type apart; see leat.Named. Empty for most.
	As string
	// Where is the location at which a user declared the stream, such as file:line:column, for errors; empty where that is
	// Go code.
	Where string
	// Type is the element type, never a pointer.
	Type reflect.Type
	// Codec decodes and encodes the elements.
	Codec codec.Codec
	// MaxElement is how many bytes an element may have, as it lies in the storage and decompressed; zero for
	// [DefaultMaxElement].
	MaxElement int
	// Tombstones decodes the keys of records without a value to the elements that these stand for; nil where they are
	// passed over. See [Stream.TakeTombstones].
	Tombstones codec.Codec
	// Follow says that the stream goes on as what it lies in grows, where a storage's streams end with what is there
	// otherwise.
	Follow bool
	// DataTimeout ends the stream for a session, with [ErrDataTimeout], where nothing has come for so long; zero for
	// never. It is for storages where each stream may have its own.
	DataTimeout time.Duration
	// Format is how elements lie in the storage, where its package lets a user say more than the name does, such as
	// file.Dialect; nil for most.
	Format any
	// Several says that Name is a pattern of the names of several streams, which are read as one: see file.Glob.
	Several bool
	// Members are the members of elements that are needed; nil for all. A storage that has to make others for nobody may
	// leave them out. Of an output they are those that results are known to have before there is one, for the header of a file
	// that gets none.
	Members []string
	// Refused are members that elements must not have, which is for their codec to see: a storage that leaves out members
	// for nobody leaves these in.
	Refused []string
	// Key returns the record key of a result, a *T; nil where results take the key of their master record.
	Key func(element any) []byte
	// Time returns the record time of a result, a *T; nil where results take the time of their master record.
	Time func(element any) time.Time
	// PassHeaders gives results the headers of their master record, where the storage has some.
	PassHeaders bool

	allocate, clear  func(elements []any)
	copy             func(into, from []any)
	values, pointers func() Lists
	filler           func(variable any) Filler
}

// NewStream declares a stream of elements of type T, with [codec.JSON]. For *T it declares the same: what is declared
// for one of the two serves functions of the other, too. Streams of pointers beyond that are refused by leat.New.
func NewStream[T any](name string) Stream {
	s := streamOf[T]()
	s.Name, s.Codec = name, codec.JSON
	return s
}

func streamOf[T any]() Stream {
	if elements.IsPointer[T]() {
		return newPointed[T](elements.TypeFor[T]())
	}
	return Stream{
		Type:     reflect.TypeFor[T](),
		allocate: allocate[T],
		clear:    zero[T],
		copy:     copyElements[T],
		values:   newValueLists[T],
		pointers: newPointerLists[*T],
		filler:   newFiller[T],
	}
}

// Allocate fills into with pointers to new zero elements, each a *T. The elements lie side by side in one allocation.
func (s Stream) Allocate(into []any) { s.allocate(into) }

func allocate[T any](into []any) {
	slab := make([]T, len(into))
	for i := range slab {
		into[i] = &slab[i]
	}
}

// Clear makes zero elements of all that are given, each a *T.
func (s Stream) Clear(all []any) { s.clear(all) }

func zero[T any](all []any) {
	for _, e := range all {
		*e.(*T) = *new(T)
	}
}
