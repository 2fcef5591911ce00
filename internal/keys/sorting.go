package keys

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// Sort returns how a stream is put in order by the keys that a function computes, with a lateness, or as a whole where
// that is a [NoBound]. It is an error if keys of the type have no order, or no such distances.
func Sort[T, K any](key func(T) K, lateness any) (*engine.Sort, error) {
	t, pointer := pointed[K]()
	s := &engine.Sort{Text: "by " + mistake.KeyFunction(key)}
	if _, s.Whole = lateness.(NoBound); !s.Whole {
		s.Text += fmt.Sprintf(" within %v", lateness)
	}
	of, err := guarded(key), error(nil)
	switch kind := t.Kind(); {
	case isTime(t):
		s.NewKeys, err = sortKeys(instants(), wallClock(read[K, time.Time](of, pointer)), lateness, time.Time.Compare,
			appendTime)
	case isSigned(kind):
		s.NewKeys, err = sortKeys(integers(t, minusSigned, plusSigned, againstSigned), asSigned(kind, of, pointer), lateness,
			cmp.Compare[int64], appendSigned)
	case isUnsigned(kind):
		s.NewKeys, err = sortKeys(integers(t, minusUnsigned, plusUnsigned, nil), asUnsigned(kind, of, pointer), lateness,
			cmp.Compare[uint64], binary.BigEndian.AppendUint64)
	case isFloating(kind):
		s.NewKeys, err = sortKeys(floats(t), notNaN[float64, float64](asFloating(kind, of, pointer)), lateness,
			cmp.Compare[float64], appendFloat)
	case kind == reflect.String && s.Whole:
		s.NewKeys = engine.SortBy(engine.SortSpec[string]{Key: read[K, string](of, pointer), Compare: cmp.Compare[string],
			AppendOrdered: func(dst []byte, key string) []byte { return append(dst, key...) }})
	case kind == reflect.String:
		err = fmt.Errorf("the keys are texts, which have no distances, so that %v is no lateness; return numbers or times "+
			"from the key function, or sort a stream that has an end as a whole, by leat.Any", lateness)
	default:
		_, err = edgesOf[K]()
	}
	return s, err
}

// sortKeys returns a constructor of sort keys that have an arithmetic.
func sortKeys[K, D any](a Arithmetic[K, D], key func(any) (K, error), lateness any, compare func(a, b K) int,
	appendOrdered func([]byte, K) []byte) (func() engine.SortKeys, error) {
	spec := engine.SortSpec[K]{Key: key, Compare: compare, AppendOrdered: appendOrdered}
	if _, whole := lateness.(NoBound); !whole {
		if lateness == nil {
			return nil, errors.New("the lateness is nil; give a distance of keys, or leat.Any to sort as a whole")
		}
		d, err := a.Bound(lateness)
		if err != nil {
			return nil, err
		}
		if a.Compare(d, a.Negate(d)) < 0 {
			return nil, fmt.Errorf("the lateness %v is below zero; give how far below the highest key that was read an "+
				"element's key may be", lateness)
		}
		d = a.Negate(d)
		spec.Below = func(k K) (K, error) { return a.Plus(k, d), nil }
	}
	return engine.SortBy(spec), nil
}

func appendSigned(dst []byte, k int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(k)^1<<63)
}

func appendFloat(dst []byte, k float64) []byte {
	bits := math.Float64bits(k + 0) // of the two zeros, which are equal, the positive one
	if bits>>63 == 1 {
		return binary.BigEndian.AppendUint64(dst, ^bits)
	}
	return binary.BigEndian.AppendUint64(dst, bits|1<<63)
}

func appendTime(dst []byte, k time.Time) []byte {
	return binary.BigEndian.AppendUint32(appendSigned(dst, k.Unix()), uint32(k.Nanosecond()))
}
