package expression

import (
	"errors"
	"time"
)

// A duration is a whole number of nanoseconds in an int64, as Go's is, which is enough for 292 years. What is beyond
// that is an error: Go's own operators would wrap around, or stop at the limit, and a key would be wrong without
// anybody noticing.

var errDuration = errors.New("the duration is longer than 292 years")

// durationNeeded is what stands beside a time.
const durationNeeded = `a duration such as duration("10s")`

// durationValue returns a duration in nanoseconds; ok is false where they are beyond int64.
func durationValue(nanoseconds int64, ok bool) (Value, error) {
	if !ok {
		return Value{}, errDuration
	}
	return Value{kind: Duration, n: uint64(nanoseconds)}, nil
}

// between returns the duration from one instant to another.
func between(from, to time.Time) (Value, error) {
	d := to.Sub(from)
	return durationValue(int64(d), from.Add(d).Equal(to))
}

// times multiplies two numbers, or a duration with a number, rounded to nanoseconds.
func times(a, b Value) (Value, error) {
	switch {
	case a.kind == Duration && b.kind == Number:
		return scaled(a, b)
	case a.kind == Number && b.kind == Duration:
		return scaled(b, a)
	}
	return arithmetic(mul)(a, b)
}

func scaled(duration, factor Value) (Value, error) {
	product, err := mul(IntValue(duration.int()), factor)
	if err != nil {
		return Value{}, err
	}
	if product, err = round(product); err != nil {
		return Value{}, err
	}
	return durationValue(product.integer())
}
