package engine

import (
	"fmt"
	"reflect"
	"time"
)

// describeKey returns a key as text, as JSON has it, and, where it is one, as a number.
func describeKey(key any) (text string, number float64, isNumber bool) {
	if key == nil {
		return "", 0, false
	}
	if t, ok := key.(time.Time); ok {
		return t.Format(time.RFC3339Nano), 0, false
	}
	number, isNumber = keyNumber(key)
	return fmt.Sprint(key), number, isNumber
}

// keyNumber returns a key as a number. Keys of types of their own say it by a method Float.
func keyNumber(key any) (float64, bool) {
	if k, ok := key.(interface{ Float() (float64, bool) }); ok {
		return k.Float()
	}
	switch v := reflect.ValueOf(key); {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}
