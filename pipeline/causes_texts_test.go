package pipeline_test

import (
	"fmt"
	"strconv"
)

// healthyTexts has the same words, names with numbers or instants on both sides.
func (t *trial) healthyTexts() {
	write := t.texts()
	keys := t.irregular(20+t.IntN(500), 1, 20)
	t.a, t.b = put(t.drop(keys, 0.1), write), put(t.drop(keys, 0.4*t.Float64()), write)
}

// sparseTexts has few texts in common, or none.
func (t *trial) sparseTexts() {
	write := t.texts()
	keys := t.irregular(200+t.IntN(500), 1, 20)
	t.a, t.b = put(t.drop(keys, 0.3), write), put(t.drop(keys, 0.95), write)
	if t.IntN(2) == 0 {
		t.b = put(t.irregular(40+t.IntN(500), 1, 20), write)
	}
}

// texts returns what writes ticks as texts in their order.
func (t *trial) texts() func(int64) string {
	return []func(int64) string{
		func(key int64) string { return fmt.Sprintf(`"key-%020d"`, key) },
		func(key int64) string { return fmt.Sprintf(`"%016x"`, key) },
		func(key int64) string { return instant(1_700_000_000_000+key%1_000_000*1000, 60, 0) },
	}[t.IntN(3)]
}

func quotedNumber(write func(int64) string) func(int64) string {
	return func(key int64) string { return `"` + write(key) + `"` }
}

func (t *trial) textNumbers() {
	keys := t.any(t.length())
	for keys[0] < 1000*pow10(t.places) {
		keys = t.any(t.length())
	}
	t.a, t.b = put(t.dropSome(keys), t.number), put(t.dropSome(keys), quotedNumber(t.number))
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

func (t *trial) textTimes() {
	t.places = 0
	base := int64(1_700_000_000)
	var keys []int64
	for range t.length() {
		base += 1 + t.Int64N(50)
		keys = append(keys, base)
	}
	factor := []int64{1, 1000}[t.IntN(2)]
	t.a = put(t.dropSome(keys), func(key int64) string { return strconv.FormatInt(key*factor, 10) })
	t.b = put(t.dropSome(keys), func(key int64) string { return instant(key*1000, 0, 0) })
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

func (t *trial) digits() {
	var keys []int64
	at := int64(t.IntN(8))
	for range 20 + t.IntN(300) {
		at += 1 + t.Int64N(5)
		keys = append(keys, at*pow10(t.places))
		if t.IntN(2) == 0 {
			keys[len(keys)-1] += t.Int64N(pow10(t.places))
		}
	}
	t.a, t.b = put(t.dropSome(keys), quotedNumber(t.number)), put(t.dropSome(keys), quotedNumber(t.number))
}

// padding has numbers of different width in text, with or without a name before them.
func (t *trial) padding() {
	t.places = 0
	keys := t.irregular(20+t.IntN(200), 1, 20)
	for i := range keys {
		keys[i] = keys[i]%100_000_000 + 100 // in order, but for a carry that can't be here
	}
	prefix := []string{"", "k", "robot-", "A"}[t.IntN(4)]
	plain := func(key int64) string { return fmt.Sprintf("%q", prefix+strconv.FormatInt(key, 10)) }
	padded := func(key int64) string { return fmt.Sprintf("%q", fmt.Sprintf("%s%010d", prefix, key)) }
	t.a, t.b = put(t.dropSome(keys), plain), put(t.dropSome(keys), padded)
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

func (t *trial) spelling() {
	keys := t.irregular(20+t.IntN(200), 1, 20)
	write := func(form string) func(int64) string {
		return func(key int64) string { return fmt.Sprintf(form, key) }
	}
	other := []string{`"KEY-%020d"`, `" Key-%020d"`, `"Key-%020d  "`, `"key-%020d"`}[t.IntN(4)]
	t.a, t.b = put(t.dropSome(keys), write(`"Key-%020d"`)), put(t.dropSome(keys), write(other))
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

// instant writes milliseconds since 1970 as RFC 3339, in a zone and with decimals.
func instant(milliseconds int64, minutes, decimals int) string {
	seconds := milliseconds/1000 + int64(minutes)*60
	days, rest := seconds/86400, seconds%86400
	// 2023-11-14 is day 19675.
	day := 14 + days - 19675
	text := fmt.Sprintf("2023-11-%02dT%02d:%02d:%02d", day, rest/3600, rest/60%60, rest%60)
	if decimals > 0 {
		text += fmt.Sprintf(".%03d", milliseconds%1000)[:1+decimals]
	}
	if minutes == 0 {
		return `"` + text + `Z"`
	}
	sign := "+"
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	return fmt.Sprintf(`"%s%s%02d:%02d"`, text, sign, minutes/60, minutes%60)
}

// instants has the same moments in different zones, or with decimals where they are needed only.
func (t *trial) instants() {
	at := int64(1_700_000_000_000)
	var keys []int64
	for range 20 + t.IntN(300) {
		at += 1000 * (1 + t.Int64N(200))
		keys = append(keys, at)
	}
	zone := []int{60, -300, 330, 0}[t.IntN(4)]
	right := func(key int64) string { return instant(key, zone, 0) }
	if zone == 0 {
		right = func(key int64) string { return instant(key, 0, 3) }
		if t.IntN(2) == 0 {
			// As JavaScript's and Python's programs write them: without decimals where there are none.
			for i := range keys {
				keys[i] += []int64{0, 500}[t.IntN(2)]
			}
			mixed := func(key int64) string { return instant(key, 0, int(min(key%1000, 1))) }
			t.a, t.b = put(keys, mixed), put(keys, right)
			return
		}
	}
	t.a, t.b = put(t.dropSome(keys), func(key int64) string { return instant(key, 0, 0) }), put(t.dropSome(keys), right)
}
