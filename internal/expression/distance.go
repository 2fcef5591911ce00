package expression

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/leat-go/leat/internal/instant"
)

// A Distance is the difference of two keys: a number between numbers, a span of time between times or durations. It is
// exact, and has no bounds that a duration has: there may be a thousand years between two times. The zero Distance is
// that of equal keys of any kind.
type Distance struct {
	// kind is Number or Duration; Unknown for the number zero, which is the same in all units.
	kind Kind
	// number is a number, and IntValue(0) or the zero Value for spans, which compares as that.
	number Value
	// seconds and nanoseconds, from 0 to 999,999,999, are a span.
	seconds, nanoseconds int64
}

// DistanceOf returns a number or a duration of Go as a distance. A floating number is the shortest decimal that denotes
// it. A Distance is returned as it is.
func DistanceOf(x any) (Distance, error) {
	if d, ok := x.(Distance); ok {
		return d, nil
	}
	switch v := ValueOf(x); {
	case v.kind == Duration:
		return newSpan(0, v.int(), 0), nil
	case v.kind == Number && v.isZero():
		return Distance{}, nil
	case v.kind == Number && v.finite():
		if _, err := v.rat(); err != nil {
			return Distance{}, fmt.Errorf("%s is no distance: %w", shortened(keyOf(v).String()), err)
		}
		return Distance{kind: Number, number: v}, nil
	}
	return Distance{}, fmt.Errorf("%v, of type %T, is no distance; give a number, or a duration where keys are times", x,
		x)
}

// ParseDistance reads a number, or a duration as the function duration does: 0.5, 10ms, 1d, PT1H. It is an
// [instant.ErrDurationForm] where the text is neither.
func ParseDistance(text string) (Distance, error) {
	if number, ok := ParseNumber(text); ok {
		return DistanceOf(number)
	}
	d, err := instant.ParseDuration(text)
	if err != nil {
		return Distance{}, err
	}
	return DistanceOf(d)
}

// Kind returns Number or Duration, or Unknown for the number zero, which fits keys of any kind.
func (d Distance) Kind() Kind { return d.kind }

// IsZero reports whether the distance is that of equal keys.
func (d Distance) IsZero() bool { return CompareDistances(d, Distance{}) == 0 }

// String returns the distance as a message shows it: a number as it was written, or 1m30s.
func (d Distance) String() string {
	if d.kind != Duration {
		return d.number.shown()
	}
	span, ok := d.duration()
	if !ok {
		return fmt.Sprintf("%ds", d.seconds)
	}
	return span.String()
}

// duration returns a span as a duration, or the nearest that there is and false.
func (d Distance) duration() (time.Duration, bool) {
	const most = math.MaxInt64 / int64(time.Second)
	switch {
	case d.seconds >= most:
		return math.MaxInt64, false
	case d.seconds <= -most:
		return math.MinInt64, false
	}
	return time.Duration(d.seconds)*time.Second + time.Duration(d.nanoseconds), true
}

// Go returns the distance as Go has it: a duration, or the longest one, or a number, as a Key with all its digits.
func (d Distance) Go() any {
	switch {
	case d.IsZero():
		return keyOf(IntValue(0))
	case d.kind != Duration:
		return keyOf(d.number)
	}
	span, _ := d.duration()
	return span
}

// Between returns a - b for two keys of one kind that have distances, see Measured; of numbers that have none it is about
// that, and infinite at most.
func Between(a, b Key) Distance {
	v, w := a.value(), b.value()
	switch {
	case v.kind == Duration:
		return newSpan(0, v.int(), w.int())
	case v.kind == Time:
		return betweenTimes(v.ref.(time.Time), w.ref.(time.Time))
	case compareNumbers(v, w) == 0:
		return Distance{} // infinite numbers are as far from themselves as others
	}
	difference, err := sub(v, w)
	if err == nil {
		return Distance{kind: Number, number: difference}
	}
	x, xErr := v.rat()
	y, yErr := w.rat()
	if xErr != nil || yErr != nil { // an exact difference might have a billion digits
		return Distance{kind: Number, number: floatValue(v.approx() - w.approx())}
	}
	return Distance{kind: Number, number: ratValue(new(big.Rat).Sub(x, y))}
}

// Against returns what compares b - a with a distance, as CompareDistances does what Between returns.
func Against(d Distance) func(a, b Key) int {
	n, isWhole := d.number.int(), d.kind == Unknown || d.kind == Number && d.number.isWhole()
	return func(a, b Key) int {
		if isWhole && a.isWhole() && b.isWhole() {
			if between, ok := subInt(int64(b.n), int64(a.n)); ok {
				return compareInts(between, n)
			}
		}
		return CompareDistances(Between(b, a), d)
	}
}

// Farther reports whether after is at least as far above left as before is below it, as CompareDistances says of what Between
// returns.
func Farther(left, before, after Key) bool {
	if left.isWhole() && before.isWhole() && after.isWhole() {
		below, fits := subInt(int64(left.n), int64(before.n))
		if above, alsoFits := subInt(int64(after.n), int64(left.n)); fits && alsoFits {
			return above >= below
		}
	}
	return CompareDistances(Between(after, left), Between(left, before)) >= 0
}

// Plus returns the key that lies a distance above, or below where that is negative, for a key that has distances in its
// unit. A duration that would overflow is the nearest that there is.
func (k Key) Plus(d Distance) Key {
	if d.IsZero() {
		return k
	}
	v := k.value()
	switch v.kind {
	case Duration:
		sum, _ := newSpan(d.seconds, v.int(), -d.nanoseconds).duration()
		return keyOf(ValueOf(sum))
	case Time:
		at := v.ref.(time.Time)
		return keyOf(ValueOf(time.Unix(at.Unix()+d.seconds, int64(at.Nanosecond())+d.nanoseconds).In(at.Location())))
	}
	sum, err := add(v, d.number)
	if err != nil {
		sum = ratValue(new(big.Rat).Add(v.unbounded(), d.number.unbounded()))
	}
	return keyOf(sum)
}

// newSpan returns a span of seconds, and of a - b nanoseconds.
func newSpan(seconds, a, b int64) Distance {
	const second = int64(time.Second)
	seconds += a/second - b/second
	nanoseconds := a%second - b%second // above -2 seconds and below 2
	for nanoseconds < 0 {
		seconds, nanoseconds = seconds-1, nanoseconds+second
	}
	if nanoseconds >= second {
		seconds, nanoseconds = seconds+1, nanoseconds-second
	}
	return Distance{kind: Duration, seconds: seconds, nanoseconds: nanoseconds}
}

// betweenTimes returns the span between two instants. It stops at 290 billion years.
func betweenTimes(a, b time.Time) Distance {
	seconds, fits := subInt(a.Unix(), b.Unix())
	switch {
	case fits:
		return newSpan(seconds, int64(a.Nanosecond()), int64(b.Nanosecond()))
	case a.Before(b):
		return Distance{kind: Duration, seconds: math.MinInt64}
	}
	return Distance{kind: Duration, seconds: math.MaxInt64}
}

// CompareDistances returns -1, 0 or 1 as a is less than, equal to or greater than b, which is of the same kind.
func CompareDistances(a, b Distance) int {
	return cmp.Or(compareNumbers(a.number, b.number), cmp.Compare(a.seconds, b.seconds),
		cmp.Compare(a.nanoseconds, b.nanoseconds))
}

// Negated returns -d.
func (d Distance) Negated() Distance {
	switch d.kind {
	case Number:
		return Distance{kind: Number, number: negatedNumber(d.number)}
	case Duration:
		return newSpan(-d.seconds, 0, d.nanoseconds)
	}
	return d
}

func negatedNumber(v Value) Value {
	negative, err := neg(v)
	if err != nil {
		return ratValue(new(big.Rat).Neg(v.unbounded()))
	}
	return negative
}

// Unit returns the kind of a reach's bounds: Number or Duration, or Unknown where they don't tell. It is an error where
// they differ.
func Unit(bounds ...Distance) (Kind, error) {
	unit := Unknown
	for _, b := range bounds {
		switch {
		case b.kind == Unknown || b.kind == unit:
		case unit != Unknown:
			return Unknown, fmt.Errorf("one bound is %s and the other is %s: give both in the keys' units", unit, b.kind)
		default:
			unit = b.kind
		}
	}
	return unit, nil
}

// CheckReach returns an error if keys of the two programs are known to have no distances, or none in a unit, which is
// that of a reach's bounds, see Unit.
func CheckReach(left, right *Program, unit Kind) error {
	for _, p := range []*Program{left, right} {
		if err := checkUnit(p.kind, unit); err != nil {
			return fmt.Errorf("%s %w", p, err)
		}
	}
	return nil
}

// checkUnit returns an error if keys of a kind have no distances in a unit. It begins behind the key's name.
func checkUnit(kind, unit Kind) error {
	switch {
	case kind == Unknown || kind == Null:
		return nil
	case kind == Text:
		return fmt.Errorf("is text, and texts have no distances: a reach needs numbers or times, such as date(…)")
	case kind == Bool || kind == Other:
		return fmt.Errorf("is %s, and has no distances: a reach needs numbers or times", kind)
	case kind == Number && unit == Duration:
		return fmt.Errorf("is a number, but the reach is given as a duration: give it as a number in the keys' units")
	case kind != Number && unit == Number:
		return fmt.Errorf("is %s, but the reach is given as a number: give it as a duration, such as 10ms", kind)
	}
	return nil
}

// Measured returns a key function for the keys of another one, which is of the program p. It returns an error for a key
// that has no distances in a unit, see CheckReach.
func Measured(p *Program, key func(element any) (Key, error), unit Kind) func(element any) (Key, error) {
	return func(element any) (Key, error) {
		k, err := key(element)
		if err != nil || k.isWhole() && unit != Duration {
			return k, err
		}
		if err := checkUnit(k.Kind(), unit); err != nil {
			return Key{}, fmt.Errorf("%s %w", p, err)
		}
		if v := k.value(); v.kind == Number && v.finite() {
			if _, _, isSmall := v.small(); isSmall && v.d > -smallDigits && v.d < smallDigits {
				return k, nil // most are
			}
			if _, err := v.rat(); err != nil {
				return Key{}, fmt.Errorf("%s: there are no distances to %s: %w", p, shortened(k.String()), err)
			}
		}
		return k, nil
	}
}

// shortened returns a text that may be long, for a message.
func shortened(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
