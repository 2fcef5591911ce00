// Package codec turns a record's bytes into an element and an element into bytes.
//
// A stream's codec is chosen where the stream is declared; [JSON] is the default. Other formats are packages of their
// own, so that a program carries only what it uses: codec/avro, codec/protobuf, and codec/registry for schema
// registries. A codec of one's own is two methods, see [Codec]; with a registry, package schemas has what it needs.
//
// A codec is asked once for each element type, when a mill is built, so that whatever it has to find out about the type
// (by reflection, say) is found out once; the function that it returns is then called for every record.
package codec

import (
	"errors"
	"fmt"
	"reflect"
)

// A Codec makes decoders and encoders for element types. Its methods are called when a mill is built or opened, never
// per record. A Codec must be safe for concurrent use.
type Codec interface {
	// Decoder returns the function that decodes records into elements of type t, which is never a pointer type.
	// An error says that the codec can't represent t.
	Decoder(t reflect.Type) (Decode, error)
	// Encoder returns the function that encodes elements of type t, which is never a pointer type.
	// An error says that the codec can't represent t.
	Encoder(t reflect.Type) (Encode, error)
}

// Decode decodes one record's value into the element that into, a *T, points to; the element holds T's zero value
// before the call. The bytes of data are not written to and stay valid as long as anything refers to them, so the
// element may keep references into data, unless the codec is a [Copier].
//
// An error is returned as an [*Error] where the location is known. A Decode is safe for concurrent use.
type Decode func(data []byte, into any) error

// Encode appends the encoded form of an element to dst and returns the extended slice. The element is given as a *T
// that isn't nil. An Encode is safe for concurrent use.
type Encode func(dst []byte, element any) ([]byte, error)

// A Copier is a [Codec] whose elements keep no reference to the data that they were decoded from, so that its memory may be used
// again.
type Copier interface {
	Codec
	// Copies reports that of elements of type t. A Decode of it may be given data that is written over once it has returned.
	Copies(t reflect.Type) bool
}

// A Place is where in an object a member's value lies: object[Start:End]. The zero Place is that of a member that isn't there.
type Place struct{ Start, End uint32 }

// A Placer is a [Codec] whose elements are objects as they are written, with the places of some members. A storage that makes
// these objects, as of cells, knows the places, so that nobody needs to look for them.
type Placer interface {
	Codec
	// Placed returns the members whose places are asked for, and what decodes objects of which they are known; nil where the
	// records aren't objects.
	Placed() (members []string, decode DecodePlaced)
}

// DecodePlaced is a [Decode] of an object as it is written out, of members that are numbers, texts, truth values or null, given
// the places of the members that [Placer.Placed] asks for, in their order. Members that nobody asks for may be left out of the
// object. The element may keep references to that, but not to the places.
type DecodePlaced func(object []byte, places []Place, into any) error

// ErrUnavailable is wrapped by the error of a Decoder, an Encoder, a Decode or an Encode that needs something outside
// the record which gives no answer, such as a schema registry. The record may well be good then: the run stops,
// whatever the policy for records that can't be decoded, and the next run decodes it.
var ErrUnavailable = errors.New("unavailable")

// Error says where in a record decoding failed.
type Error struct {
	// Offset counts the bytes from the record's first byte to the error; -1 where it isn't known.
	Offset int
	// Field is the path of the member in question, for example "pose.x" or "tags[3]"; empty where it isn't known.
	Field string
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("field %s: %v", e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
