package filesort

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/instant"
)

// A Lateness is how far elements come late at most. Make one with [ParseLateness].
type Lateness struct {
	distance expression.Key
	text     string
}

// ParseLateness reads a lateness: a number for keys that are numbers, a duration such as 10ms for instants and durations.
func ParseLateness(text string) (l Lateness, err error) {
	v, ok := expression.ParseNumber(text)
	if !ok {
		d, err := instant.ParseDuration(text)
		switch {
		case errors.Is(err, instant.ErrDurationForm):
			return l, fmt.Errorf("%q is neither a number nor a duration such as 10ms or 1d", text)
		case err != nil:
			return l, fmt.Errorf("%q is no lateness: %w", text, err)
		}
		v = expression.ValueOf(d)
	}
	key, err := expression.NewKey(v)
	if err != nil {
		return l, fmt.Errorf("%s: %w", text, err)
	}
	zero := expression.ValueOf(time.Duration(0))
	if key.Kind() == expression.Number {
		zero = expression.IntValue(0)
	}
	if least, _ := expression.NewKey(zero); expression.Compare(key, least) < 0 {
		return l, fmt.Errorf("%s is below zero: it is how far elements come late at most", text)
	}
	return Lateness{key, text}, nil
}

// Below returns the key that lies the lateness below another, which a program has computed.
func (l Lateness) Below(by *expression.Program, k expression.Key) (expression.Key, error) {
	if err := l.check(by, k.Kind()); err != nil {
		return k, err
	}
	return k.Minus(l.distance)
}

// Check returns an error where the keys of a program are known to be of a kind that the lateness is no distance of.
func (l Lateness) Check(by *expression.Program) error {
	if by.Kind() == expression.Unknown {
		return nil
	}
	return l.check(by, by.Kind())
}

func (l Lateness) check(by *expression.Program, kind expression.Kind) error {
	wants := expression.Duration
	switch kind {
	case expression.Number:
		wants = expression.Number
	case expression.Time, expression.Duration:
	default:
		return fmt.Errorf("%s is %s, of which none is a distance above another: sort without a lateness", by, kind)
	}
	if wants != l.distance.Kind() {
		return fmt.Errorf("%s is %s, and the lateness %s is %s: it must be %s", by, kind, l.text, l.distance.Kind(), wants)
	}
	return nil
}
