package engine

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
)

// appendReach implements [bounded]: the keys in reach are equal.
func (e *keyEdge[K]) appendReach(from, to []byte) (_, _ []byte) {
	return appendKey(from, e.left.key), appendKey(to, e.left.key)
}

// appendReach implements [bounded]. A reach without an upper end has none that could be given up: New refuses that.
func (e *reachEdge[K]) appendReach(from, to []byte) (_, _ []byte) {
	r, left := &e.reach, e.left.key
	end := left
	if r.End != nil {
		end = r.End(left)
	}
	to = appendKey(to, end)
	switch {
	case r.Start != nil:
		left = r.Start(left)
	case r.Low == nil || r.Low(left, left) != 0:
		return from, to
	}
	return appendKey(from, left), to
}

// appendLeft implements [bounded].
func (e *keyEdge[K]) appendLeft(dst []byte) []byte { return appendKey(dst, e.left.key) }

// appendRight implements [bounded].
func (e *keyEdge[K]) appendRight(dst []byte) []byte { return appendKey(dst, e.right.key) }

// appendKey appends bytes that are in the order of the keys of a type.
func appendKey(dst []byte, key any) []byte {
	if k, ok := key.(interface{ AppendOrdered(dst []byte) []byte }); ok {
		return k.AppendOrdered(dst)
	}
	v := reflect.ValueOf(key)
	switch {
	case v.CanInt():
		return appendSignedKey(dst, v.Int())
	case v.CanUint():
		return binary.BigEndian.AppendUint64(dst, v.Uint())
	case v.CanFloat():
		return appendFloatKey(dst, v.Float())
	case v.Kind() == reflect.String:
		return append(dst, v.String()...)
	}
	t := v.Convert(reflect.TypeFor[time.Time]()).Interface().(time.Time) // there are no keys of other types
	return binary.BigEndian.AppendUint32(appendSignedKey(dst, t.Unix()), uint32(t.Nanosecond()))
}

func appendSignedKey(dst []byte, k int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(k)^1<<63)
}

func appendFloatKey(dst []byte, k float64) []byte {
	bits := math.Float64bits(k + 0) // of the two zeros, which are equal, the positive one
	if bits>>63 == 1 {
		return binary.BigEndian.AppendUint64(dst, ^bits)
	}
	return binary.BigEndian.AppendUint64(dst, bits|1<<63)
}
