package expression

import (
	"fmt"
	"math/big"
	"time"
)

// Float returns the float64 nearest to the distance: a number, or seconds.
func (d Distance) Float() float64 {
	if d.kind == Duration {
		return float64(d.seconds) + float64(d.nanoseconds)/1e9
	}
	return d.number.approx()
}

// RoundUp returns the least distance that people would write for one that is not below zero, and that is not below it: a
// number of two digits, or whole milliseconds, seconds, minutes or hours where these are no more than a tenth of it.
func (d Distance) RoundUp() Distance {
	if d.IsZero() {
		return d
	}
	if d.kind == Duration {
		return d.roundUpSpan()
	}
	r, err := d.number.rat()
	if err != nil {
		return d
	}
	unit, ten := big.NewRat(1, 1), big.NewRat(10, 1)
	for hundred := big.NewRat(100, 1); new(big.Rat).Mul(unit, hundred).Cmp(r) <= 0; {
		unit.Mul(unit, ten)
	}
	for new(big.Rat).Mul(unit, ten).Cmp(r) > 0 {
		unit.Quo(unit, ten)
	}
	return Distance{kind: Number, number: ratValue(new(big.Rat).Mul(ceiling(new(big.Rat).Quo(r, unit)), unit))}
}

// ceiling returns the least whole number that is not below a number.
func ceiling(r *big.Rat) *big.Rat {
	whole, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetInt(whole)
}

func (d Distance) roundUpSpan() Distance {
	const longest = int64(100 * 365 * 24 * time.Hour / time.Second)
	if d.seconds > longest {
		return d
	}
	whole, _ := d.duration()
	unit := time.Duration(1)
	switch {
	case whole >= 10*time.Hour:
		unit = time.Hour
	case whole >= 10*time.Minute:
		unit = time.Minute
	case whole >= 10*time.Second:
		unit = time.Second
	default:
		for 100*unit < whole {
			unit *= 10
		}
	}
	rounded := (whole + unit - 1) / unit * unit
	return newSpan(0, int64(rounded), 0)
}

// Seconds returns an instant as the seconds since 1970, or a duration in seconds, exactly; false for other keys.
func (k Key) Seconds() (*big.Rat, bool) {
	switch v := k.value(); v.kind {
	case Time:
		at := v.ref.(time.Time)
		return new(big.Rat).Add(big.NewRat(at.Unix(), 1), big.NewRat(int64(at.Nanosecond()), 1e9)), true
	case Duration:
		return big.NewRat(v.int(), 1e9), true
	}
	return nil, false
}

// Below returns the key that lies the distance below another one. It is an error if there is none, see Key.Minus, or the
// distance is longer than a duration can be.
func (d Distance) Below(k Key) (Key, error) {
	v := d.number
	switch {
	case d.kind == Unknown:
		return k, nil
	case d.kind == Duration:
		span, ok := d.duration()
		if !ok {
			return Key{}, fmt.Errorf("%v is longer than a duration can be", d)
		}
		v = ValueOf(span)
	}
	return k.Minus(keyOf(v))
}

// HasDistances reports whether a key is of a kind whose keys have distances.
func HasDistances(k Key) bool {
	return k.Kind() == Time || k.Kind() == Duration || k.Kind() == Number && k.value().finite()
}
