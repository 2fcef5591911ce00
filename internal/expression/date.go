package expression

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/instant"
)

// This file has date, epoch and duration, which make instants and durations of texts and numbers, and numbers of
// instants.

const dateUsage = `date takes a text, its layout, and a time zone: date(x), date(x, "%d/%m/%Y"), ` +
	`date(x, "%d/%m/%Y", "Europe/Berlin"), date(x, timezone("Europe/Berlin"))`

func checkDate(arguments []reflect.Type) (reflect.Type, error) {
	instants := reflect.TypeFor[time.Time]()
	if err := argumentCount(arguments, 1, 3, dateUsage); err != nil {
		return instants, err
	}
	zone := reflect.TypeFor[*time.Location]()
	switch first := arguments[0]; {
	case first == zone:
		return instants, errors.New("the time zone goes behind the text: " + dateUsage)
	case !textOr(first, instants) && !isNumberType(first):
		return instants, fmt.Errorf("date makes an instant of a text, or of the seconds since 1970, and not of what is %s",
			typeOfArgument(first))
	case len(arguments) > 1 && !textOr(first):
		return instants, errors.New("a layout and a time zone are for texts only")
	}
	for _, argument := range arguments[1:] {
		if !textOr(argument, zone) {
			return instants, errors.New(dateUsage)
		}
	}
	return instants, nil
}

// date compiles a call of date. What is constant is read once.
func (c *compiler) date(n *ast.CallNode) node {
	var parts operands
	for _, argument := range n.Arguments {
		parts = append(parts, c.compile(argument, usage{}))
	}
	var form dateForm
	for i, part := range parts[1:] {
		if part.constant == nil {
			continue
		}
		if err := form.set(nil, i+1, *part.constant); err != nil {
			return c.fail(n.Arguments[i+1], "%v", parts.explain(err))
		}
	}
	return c.folded(n, func(f *frame) (Value, error) {
		v, err := parts[0].eval(f)
		if err != nil {
			return Value{}, err
		}
		form := form
		for i, part := range parts[1:] {
			if part.constant != nil {
				continue
			}
			v, err := part.eval(f)
			if err == nil {
				err = form.set(f, i+1, v)
			}
			if err != nil {
				return Value{}, parts.explain(err)
			}
		}
		at, err := form.instant(v)
		if err != nil {
			return Value{}, parts.explain(err)
		}
		return Value{kind: Time, ref: at}, nil
	}, parts)
}

// A dateForm says how a text is read.
type dateForm struct {
	layout *instant.Layout // nil for ISO 8601
	zone   *time.Location
}

// set takes an argument, given by its index.
func (d *dateForm) set(f *frame, argument int, v Value) (err error) {
	if zone, ok := v.ref.(*time.Location); ok {
		d.zone = zone
		return nil
	}
	if v.kind != Text {
		return mustBe(argument, v, "text, or a time zone")
	}
	if argument == 1 {
		d.layout, err = instant.NewLayout(v.text)
	} else {
		d.zone, err = f.zone(v.text)
	}
	return err
}

// zone returns a time zone by its name. Those that aren't constants are kept, since finding one is reading a file.
func (f *frame) zone(name string) (*time.Location, error) {
	const most = 100
	if f == nil {
		return instant.Zone(name)
	}
	if zone, ok := f.zones[name]; ok {
		return zone, nil
	}
	zone, err := instant.Zone(name)
	if err != nil {
		return nil, err
	}
	if f.zones == nil || len(f.zones) == most {
		f.zones = map[string]*time.Location{}
	}
	f.zones[name] = zone
	return zone, nil
}

// instant makes an instant of a value.
func (d *dateForm) instant(v Value) (at time.Time, err error) {
	if d.layout != nil || d.zone != nil {
		if v.kind != Text {
			return at, mustBe(0, v, "text, as which a layout and a time zone are")
		}
	}
	switch v.kind {
	case Time:
		return v.ref.(time.Time), nil
	case Number:
		return sinceEpoch(v)
	case Text:
	default:
		return at, mustBe(0, v, "text, or the seconds since 1970")
	}
	if d.layout == nil {
		at, err = instant.Parse(v.text, d.zone)
	} else {
		at, err = d.layout.Parse(v.text, d.zone)
	}
	if err == nil {
		return at, nil
	}
	what := fmt.Sprintf("is %q: %v", shortened(v.text), err)
	if d.layout == nil {
		what += layoutHint(v.text)
	}
	return at, &mismatch{operand: 0, what: what}
}

// layoutHint says which layouts a text is of.
func layoutHint(text string) string {
	if len(text) > 64 {
		return ""
	}
	switch layouts := instant.Guess([]string{text}); len(layouts) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(", as in date(x, %q)", layouts[0])
	default:
		return fmt.Sprintf(", %q or %q, for the text alone doesn't tell", layouts[0], layouts[1])
	}
}

// The years that RFC 3339 has, in seconds since 1970.
var (
	firstSecond = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	lastSecond  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

// sinceEpoch returns the instant of so many seconds since 1970.
func sinceEpoch(v Value) (time.Time, error) {
	whole, err := floor(v)
	if err != nil {
		return time.Time{}, err
	}
	seconds, ok := whole.integerOfAnyForm()
	if !ok || seconds < firstSecond || seconds > lastSecond {
		return time.Time{}, &mismatch{what: fmt.Sprintf("is %s, which is out of range as seconds since 1970: divide it by 1000 "+
			"where it counts milliseconds, and so on", shortened(v.shown()))}
	}
	rest, err := sub(v, whole)
	if err == nil {
		rest, err = mul(rest, IntValue(int64(time.Second)))
	}
	if err != nil {
		return time.Time{}, err
	}
	nanoseconds, ok := rest.integerOfAnyForm()
	if !ok {
		return time.Time{}, &mismatch{what: fmt.Sprintf("is %s, and an instant is exact to the nanosecond: round it, as in "+
			"date(round(x * 1000000000) / 1000000000)", shortened(v.shown()))}
	}
	return time.Unix(seconds, nanoseconds).UTC(), nil
}

func checkEpoch(arguments []reflect.Type) (reflect.Type, error) {
	number := reflect.TypeFor[float64]()
	if err := argumentCount(arguments, 1, 1, "epoch takes an instant"); err != nil {
		return number, err
	}
	if t := arguments[0]; t != nil && t.Kind() != reflect.Interface && t != reflect.TypeFor[time.Time]() {
		return number, fmt.Errorf("epoch takes an instant, and not what is %s: write date(…) around a text", typeOfArgument(t))
	}
	return number, nil
}

// epoch compiles a call of epoch: the seconds since 1970, exactly.
func (c *compiler) epoch(n *ast.CallNode) node {
	part := c.compile(n.Arguments[0], usage{})
	return c.folded(n, func(f *frame) (Value, error) {
		v, err := part.eval(f)
		if err != nil {
			return Value{}, err
		}
		if v.kind != Time {
			return Value{}, operands{part}.explain(mustBe(0, v, "an instant, as date(…) makes of a text"))
		}
		return epochOf(v.ref.(time.Time)), nil
	}, operands{part})
}

func epochOf(at time.Time) Value {
	seconds, rest, shift := at.Unix(), int64(at.Nanosecond()), int64(-9)
	if rest == 0 {
		return IntValue(seconds)
	}
	for rest%10 == 0 {
		rest, shift = rest/10, shift+1
	}
	unit := pow10[-shift]
	if product, ok := mulInt(seconds, unit); ok {
		if sum, ok := addInt(product, rest); ok {
			return decimalValue(sum, shift)
		}
	}
	n := new(big.Int).Mul(big.NewInt(seconds), big.NewInt(unit))
	return longValue(n.Add(n, big.NewInt(rest)), shift)
}

func checkDuration(arguments []reflect.Type) (reflect.Type, error) {
	durations := reflect.TypeFor[time.Duration]()
	if err := argumentCount(arguments, 1, 1, `duration takes a text, such as duration("10ms")`); err != nil {
		return durations, err
	}
	if t := arguments[0]; !textOr(t) {
		if isNumberType(t) {
			return durations, errors.New(`duration takes a text with a unit, such as duration("10s"); ` +
				`n seconds are n * duration("1s")`)
		}
		return durations, fmt.Errorf(`duration takes a text, such as duration("10ms"), and not what is %s`, typeOfArgument(t))
	}
	return durations, nil
}

func (c *compiler) duration(n *ast.CallNode) node {
	part := c.compile(n.Arguments[0], usage{})
	return c.folded(n, func(f *frame) (Value, error) {
		v, err := part.eval(f)
		if err != nil {
			return Value{}, err
		}
		if v.kind != Text {
			return Value{}, operands{part}.explain(mustBe(0, v, `text with a unit, as in duration("10s")`))
		}
		d, err := instant.ParseDuration(v.text)
		if errors.Is(err, instant.ErrMonths) {
			err = fmt.Errorf("%w, or add them to an instant by AddDate(years, months, days)", err)
		}
		if err != nil {
			return Value{}, operands{part}.explain(&mismatch{what: fmt.Sprintf("is %q: %v", shortened(v.text), err)})
		}
		return durationValue(int64(d), true)
	}, operands{part})
}
