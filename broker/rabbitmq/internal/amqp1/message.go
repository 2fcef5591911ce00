// Package amqp1 writes and reads messages of RabbitMQ's streams as AMQP 1.0 has them, as far as a broker.Record needs.
//
// A message is sections, each a described value. Leat writes two of them: properties, with what a record has beside its
// value, and data, the value. It reads also what other clients write.
package amqp1

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/leat-go/leat/broker"
)

// The descriptors of a message's sections.
const (
	sectionAnnotations = 0x72
	sectionProperties  = 0x73
	sectionApplication = 0x74
	sectionData        = 0x75
	sectionSequence    = 0x76
	sectionValue       = 0x77
)

// The codes of the types that are read or message here.
const (
	typeDescribed  = 0x00
	typeNull       = 0x40
	typeSmallUlong = 0x53
	typeTimestamp  = 0x83
	typeBinary8    = 0xa0
	typeBinary32   = 0xb0
	typeText8      = 0xa1
	typeText32     = 0xb1
	typeSymbol8    = 0xa3
	typeSymbol32   = 0xb3
	typeList0      = 0x45
	typeList8      = 0xc0
	typeList32     = 0xd0
	typeMap8       = 0xc1
	typeMap32      = 0xd1
)

// The members of the properties section that a record has, by their places in it.
const (
	propertySubject  = 3
	propertyCreation = 9
	properties       = 10 // so many are message
)

// Append adds a result as a message: its key is the subject, its time that of creation, its value the data.
func Append(b, key []byte, made time.Time, value []byte) []byte {
	if key != nil || !made.IsZero() {
		b = append(b, typeDescribed, typeSmallUlong, sectionProperties, typeList32)
		at := len(b)
		b = append(b, 0, 0, 0, 0, 0, 0, 0, properties)
		b = append(b, typeNull, typeNull, typeNull)
		if key == nil {
			b = append(b, typeNull)
		} else {
			b = appendSized(b, typeText32, key)
		}
		b = append(b, typeNull, typeNull, typeNull, typeNull, typeNull)
		if made.IsZero() {
			b = append(b, typeNull)
		} else {
			b = binary.BigEndian.AppendUint64(append(b, typeTimestamp), uint64(made.UnixMilli()))
		}
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	b = append(b, typeDescribed, typeSmallUlong, sectionData)
	return appendSized(b, typeBinary32, value)
}

func appendSized(b []byte, code byte, value []byte) []byte {
	b = binary.BigEndian.AppendUint32(append(b, code), uint32(len(value)))
	return append(b, value...)
}

// Overhead is the most that a message takes beside key and value.
const Overhead = 64

// Read sets a record's value, key, time and headers from a message. Of a message with several data sections, the
// value is all of them, in a row. What it refers to is the message's memory.
func Read(message []byte, r *broker.Record) error {
	in := reader{bytes: message}
	for len(in.bytes) > 0 && in.err == nil {
		if in.byte() != typeDescribed {
			return errors.New("it isn't a message as AMQP 1.0 has them")
		}
		switch descriptor := in.number(in.byte()); descriptor {
		case sectionData:
			in.data(r)
		case sectionProperties:
			in.properties(r)
		case sectionApplication:
			in.application(r)
		case sectionAnnotations:
			in.annotations(r)
		case sectionValue:
			in.value(r)
		case sectionSequence:
			return errors.New("its body is a list of values (amqp-sequence), which is no element: " +
				"send the element as data, or as text")
		default:
			in.skip(in.byte())
		}
	}
	if in.err != nil {
		return fmt.Errorf("it isn't a message as AMQP 1.0 has them: %w", in.err)
	}
	return nil
}

// A reader reads AMQP values. err is set once something was wrong, and everything is empty from then on.
type reader struct {
	bytes []byte
	err   error
}

func (in *reader) take(n uint64) []byte {
	if n > uint64(len(in.bytes)) {
		in.bytes = nil
		if in.err == nil {
			in.err = errors.New("it ends too early")
		}
		return make([]byte, min(n, 16))
	}
	taken := in.bytes[:n:n]
	in.bytes = in.bytes[n:]
	return taken
}

func (in *reader) byte() byte { return in.take(1)[0] }

// fixed returns the bytes of a value whose size its code tells: none, 1, 2, 4, 8 or 16.
func (in *reader) fixed(code byte) []byte {
	if code>>4 == 4 {
		return nil
	}
	return in.take(1 << (code>>4 - 5))
}

// sized returns the bytes of a value that says how many it has.
func (in *reader) sized(code byte) []byte {
	if code>>4&1 == 0 { // 0xa, 0xc and 0xe have a byte for it, 0xb, 0xd and 0xf four
		return in.take(uint64(in.byte()))
	}
	return in.take(uint64(binary.BigEndian.Uint32(in.take(4))))
}

// maxDepth is how deep a value may be described by values that are themselves described. The standard's are not at all.
const maxDepth = 8

// skip passes over a value, and returns its bytes.
func (in *reader) skip(code byte) []byte { return in.skipWithin(code, maxDepth) }

func (in *reader) skipWithin(code byte, depth int) []byte {
	switch {
	case in.err != nil:
		return nil
	case code == typeDescribed && depth == 0:
		return in.fail("a description is described more than %d times", maxDepth)
	case code == typeDescribed:
		in.skipWithin(in.byte(), depth-1)
		return in.skipWithin(in.byte(), depth-1)
	case code < 0x40:
		return in.fail("type %#x isn't known", code)
	case code < 0xa0:
		return in.fixed(code)
	}
	return in.sized(code)
}

// fail ends the reading.
func (in *reader) fail(format string, args ...any) []byte {
	in.bytes, in.err = nil, fmt.Errorf(format, args...)
	return nil
}

// number reads a whole number that isn't negative.
func (in *reader) number(code byte) (n uint64) {
	for _, b := range in.skip(code) {
		n = n<<8 | uint64(b)
	}
	return n
}

// members returns what is in a list or map, and how many values that are.
func (in *reader) members(code byte) (*reader, int) {
	if code == typeList0 || code == typeNull {
		return &reader{}, 0
	}
	inside := &reader{bytes: in.sized(code)}
	if code == typeList8 || code == typeMap8 {
		return inside, int(inside.byte())
	}
	if code != typeList32 && code != typeMap32 {
		in.err = fmt.Errorf("type %#x is neither a list nor a map", code)
		return &reader{}, 0
	}
	return inside, int(binary.BigEndian.Uint32(inside.take(4)))
}

func (in *reader) data(r *broker.Record) {
	piece := in.sized(in.byte())
	if r.Value == nil {
		r.Value = piece
		return
	}
	r.Value = append(r.Value[:len(r.Value):len(r.Value)], piece...)
}

// value reads a body that is one value. An element is one that is text or bytes; null is none.
func (in *reader) value(r *broker.Record) {
	switch code := in.byte(); code {
	case typeNull:
	case typeText8, typeText32, typeBinary8, typeBinary32, typeSymbol8, typeSymbol32:
		r.Value = in.sized(code)
	default:
		in.err = fmt.Errorf("its body is a value of type %#x, which is no element: send the element as data, or as text",
			code)
	}
}

func (in *reader) properties(r *broker.Record) {
	inside, n := in.members(in.byte())
	for i := range n {
		code := inside.byte()
		value := inside.skip(code)
		switch {
		case inside.err != nil:
			in.err = inside.err
			return
		case code == typeNull:
		case i == propertySubject:
			r.Key = value
		case i == propertyCreation && code == typeTimestamp:
			r.Time = time.UnixMilli(int64(binary.BigEndian.Uint64(value))).UTC()
		}
	}
}

// application reads the properties that applications set, which are a record's headers.
func (in *reader) application(r *broker.Record) {
	in.pairs(func(name, value []byte) {
		r.Headers = append(r.Headers, broker.Header{Key: string(name), Value: value})
	})
}

// annotations reads what RabbitMQ notes of a message that came by AMQP 0.9.1: its routing key is the record's key,
// where that has no other.
func (in *reader) annotations(r *broker.Record) {
	in.pairs(func(name, value []byte) {
		if string(name) == "x-routing-key" && r.Key == nil {
			r.Key = value
		}
	})
}

// pairs reads a map.
func (in *reader) pairs(add func(name, value []byte)) {
	inside, n := in.members(in.byte())
	for range n / 2 {
		name := inside.skip(inside.byte())
		code := inside.byte()
		value := inside.skip(code)
		if inside.err != nil {
			in.err = inside.err
			return
		}
		add(name, text(code, value))
	}
}

// text writes a simple value as people do.
func text(code byte, value []byte) []byte {
	var n uint64
	for _, b := range value[:min(len(value), 8)] {
		n = n<<8 | uint64(b)
	}
	signed := int64(n<<(64-8*max(1, min(len(value), 8)))) >> (64 - 8*max(1, min(len(value), 8)))
	switch code {
	case 0x41:
		return []byte("true")
	case 0x42:
		return []byte("false")
	case 0x56:
		return strconv.AppendBool(nil, n == 1)
	case 0x43, 0x44, 0x50, 0x52, 0x53, 0x60, 0x70, 0x80:
		return strconv.AppendUint(nil, n, 10)
	case 0x51, 0x54, 0x55, 0x61, 0x71, 0x81:
		return strconv.AppendInt(nil, signed, 10)
	case 0x72:
		return strconv.AppendFloat(nil, float64(math.Float32frombits(uint32(n))), 'g', -1, 32)
	case 0x82:
		return strconv.AppendFloat(nil, math.Float64frombits(n), 'g', -1, 64)
	case typeTimestamp:
		return time.UnixMilli(signed).UTC().AppendFormat(nil, time.RFC3339Nano)
	}
	return value
}
