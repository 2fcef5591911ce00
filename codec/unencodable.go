package codec

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/leat-go/leat/codec/internal/fieldpath"
)

// explainEncode returns the error for an element that couldn't be encoded because of cause.
func explainEncode(element any, cause error) error {
	if path, f, found := notFinite(reflect.ValueOf(element), "", 0); found {
		return &Error{Offset: -1, Field: path, Err: fmt.Errorf("%v has no JSON form, want a finite number: %w", f, cause)}
	}
	return &Error{Offset: -1, Err: cause}
}

// notFinite finds the first NaN or infinity within v. It stops looking where values nest so deep that they may be a
// loop.
func notFinite(v reflect.Value, path string, depth int) (where string, f float64, found bool) {
	if depth > 1000 {
		return "", 0, false
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return path, v.Float(), math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return notFinite(v.Elem(), path, depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if where, f, found = notFinite(v.Index(i), path+"["+strconv.Itoa(i)+"]", depth+1); found {
				return where, f, true
			}
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if where, f, found = notFinite(entries.Value(), fieldpath.Join(path, fmt.Sprint(entries.Key())), depth+1); found {
				return where, f, true
			}
		}
	case reflect.Struct:
		list, _ := members(v.Type())
		for _, m := range dominant(list) {
			inner, err := v.FieldByIndexErr(m.index)
			if err != nil {
				continue // within a nil embedded pointer
			}
			if where, f, found = notFinite(inner, fieldpath.Join(path, m.name), depth+1); found {
				return where, f, true
			}
		}
	}
	return "", 0, false
}
