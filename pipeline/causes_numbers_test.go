package pipeline_test

import (
	"fmt"
	"strconv"
)

// factors that units have, and others.
func (t *trial) drawFactor() int64 {
	return []int64{1000, 1_000_000, 1_000_000_000, 60, 3600, 86400, 24, 100, 44100, 12, 7, 90_000}[t.IntN(12)]
}

// scaledBy writes the keys of the one side times a factor.
func (t *trial) scaledBy(keys []int64, factor int64) {
	t.a = put(t.dropSome(keys), t.number)
	t.b = put(t.dropSome(keys), func(key int64) string { return numberOf(key*factor, t.places) })
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

func (t *trial) factor() {
	for {
		keys := t.any(t.length())
		factor := t.drawFactor()
		if keys[len(keys)-1] > 1<<62/factor || keys[0] < int64(len(keys)) {
			continue // beyond int64, or so small that much meets as it is
		}
		t.scaledBy(keys, factor)
		return
	}
}

// factorCut has whole units on one side, and on the other finer ones that lie within.
func (t *trial) factorCut() {
	t.places = 0
	factor := []int64{1000, 1_000_000, 60, 3600}[t.IntN(4)]
	base := []int64{5000, 30_000_000, 1_700_000_000}[t.IntN(3)]
	var keys []int64
	for range t.length() {
		base += 1 + t.Int64N(40)
		keys = append(keys, base)
	}
	fine := func(key int64) string { return strconv.FormatInt(key*factor+t.Int64N(factor), 10) }
	t.a, t.b = put(t.dropSome(keys), t.number), put(t.dropSome(keys), fine)
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

// drawShift draws what keys are apart by: hours, round numbers, and any.
func (t *trial) drawShift() int64 {
	unit := pow10(t.places)
	by := []int64{3600 * unit, 7200 * unit, 19800 * unit, 86400 * unit, 1 + t.Int64N(5000), unit + t.Int64N(60)*unit,
		1 + t.Int64N(40), 3_600_000 * unit}[t.IntN(8)]
	if t.IntN(2) == 0 {
		return -by
	}
	return by
}

func (t *trial) shiftGrid() {
	for {
		keys, step := t.grid(10 + int(1<<t.IntN(12)) + t.IntN(50))
		by := t.drawShift()
		if steps := max(by, -by) / step; by%step == 0 && steps <= int64(len(keys))/2+1 {
			continue // much of it meets as it is
		}
		t.a, t.b = put(keys, t.number), put(keys, func(key int64) string { return t.number(key + by) })
		return
	}
}

// shiftHoled has a grid of which each side lacks some keys, and one of them more at its beginning and end. What it is
// shifted by is round, as nothing else would tell it from the shifts beside it.
func (t *trial) shiftHoled() {
	unit := pow10(t.places)
	for {
		keys, step := t.grid(40 + int(1<<t.IntN(11)) + t.IntN(50))
		by := []int64{3600, 7200, 19800, 86400, 100_000, 1_000_000, 3_600_000}[t.IntN(7)] * unit
		if by/step < int64(len(keys)) || by/step < 1000 {
			continue
		}
		if t.IntN(2) == 0 {
			by = -by
		}
		left, right := t.drop(keys, 0.05+0.2*t.Float64()), t.drop(keys, 0.05+0.2*t.Float64())
		left = left[t.IntN(5) : len(left)-t.IntN(5)]
		t.a, t.b = put(left, t.number), put(right, func(key int64) string { return t.number(key + by) })
		if t.IntN(2) == 0 {
			t.a, t.b = put(right, t.number), put(left, func(key int64) string { return t.number(key + by) })
		}
		return
	}
}

func (t *trial) shiftIrregular() {
	keys := t.irregular(t.length(), 1, []int64{20, 100, 3000}[t.IntN(3)])
	by := t.drawShift()
	t.a = put(t.dropSome(keys), t.number)
	t.b = put(t.dropSome(keys), func(key int64) string { return t.number(key + by) })
}

// units draws keys that are whole multiples of a unit of ticks, of which there are finer ones.
func (t *trial) units(unit int64) (keys []int64) {
	base := t.base() / unit * unit
	n := 10 + t.IntN(400)
	step := 1 + t.Int64N(3)
	regular := t.IntN(2) == 0
	for range n {
		if !regular {
			step = 1 + t.Int64N(20)
		}
		base += step * unit
		keys = append(keys, base)
	}
	return keys
}

// jitter returns a key that is off by up to a share of the unit to either side, or to one.
func (t *trial) jitter(unit int64, share float64) func(int64) string {
	reach := max(int64(share*float64(unit)), 4)
	from := []int64{-reach, 1}[t.IntN(2)]
	return func(key int64) string { return t.number(key + from + t.Int64N(reach-from+1)) }
}

func (t *trial) rounding() {
	t.places = []int{0, 2, 3, 4}[t.IntN(4)]
	unit := []int64{100, 1000}[t.IntN(2)]
	keys := t.units(unit)
	t.a = put(t.dropSome(keys), t.number)
	t.b = put(t.dropSome(keys), t.jitter(unit, []float64{0.01, 0.05, 0.2, 0.4}[t.IntN(4)]))
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

func (t *trial) roundingBoth() {
	t.places = []int{0, 2, 3, 4}[t.IntN(4)]
	unit := []int64{100, 1000}[t.IntN(2)]
	keys := t.units(unit)
	t.a = put(t.dropSome(keys), t.jitter(unit, 0.03+0.15*t.Float64()))
	t.b = put(t.dropSome(keys), t.jitter(unit, 0.03+0.15*t.Float64()))
}

func (t *trial) decimalsCut() {
	t.places = 1 + t.IntN(4)
	unit := pow10(1 + t.IntN(t.places))
	keys := t.units(unit)
	t.a = put(t.dropSome(keys), t.number)
	t.b = put(t.dropSome(keys), func(key int64) string { return t.number(key + t.Int64N(unit)) })
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

// near has keys that are off by a little, in units of nothing: some lie beyond the border of any rounding.
func (t *trial) near() {
	t.places = []int{0, 3, 6}[t.IntN(3)]
	keys := t.irregular(30+t.IntN(400), 1000, 3000)
	t.a = put(t.dropSome(keys), t.number)
	t.b = put(t.dropSome(keys), t.jitter(100, 0.9))
}

// field has the join name a member that counts, and the key in another.
func (t *trial) field() {
	var keys []int64
	for {
		// Small keys without gaps fit to anything.
		if keys = t.any(t.length()); keys[0] > 10_000*(keys[len(keys)-1]-keys[0]) || t.IntN(2) == 0 {
			keys = t.irregular(t.length(), 1, []int64{30, 300}[t.IntN(2)])
			break
		}
		if keys[0] > 1_000_000*int64(len(keys)) {
			break
		}
	}
	name := []string{"t", "time", "at"}[t.IntN(3)]
	wrong := put(t.dropSome(keys), t.number)
	other := []int64{0, 0, 17, 4000}[t.IntN(4)] // a count, or another clock
	for i := range wrong {
		wrong[i].more = fmt.Sprintf(`"%s":%s,`, name, wrong[i].key)
		wrong[i].key = strconv.Itoa(i)
		if other > 0 {
			wrong[i].key = t.number(int64(i)*other + t.Int64N(other))
		}
	}
	t.b = put(t.dropSome(keys), t.number)
	if t.a = wrong; t.IntN(2) == 0 {
		t.a, t.b, t.on = t.b, wrong, "a.t == b.seq"
		for i := range t.b {
			t.b[i].more += `"seq":` + t.b[i].key + ","
			t.b[i].key = ""
		}
		return
	}
	t.on = "a.seq == b.t"
	for i := range t.a {
		t.a[i].more += `"seq":` + t.a[i].key + ","
		t.a[i].key = ""
	}
}
