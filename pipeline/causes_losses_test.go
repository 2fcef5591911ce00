package pipeline_test

import (
	"math"
	"slices"

	"github.com/leat-go/leat/pipeline"
)

func (t *trial) healthy() {
	keys := t.any(t.length())
	t.a, t.b = put(t.drop(keys, 0.1), t.number), put(t.drop(keys, 0.3*t.Float64()), t.number)
}

// sparseSubset has a few of the left keys on the right, and nothing else.
func (t *trial) sparseSubset() {
	keys := t.any(40 + t.IntN(1500))
	t.a = put(keys, t.number)
	t.b = put(t.drop(keys, 0.95+0.04*t.Float64()), t.number)
	if len(t.b) == 0 {
		t.b = put(keys[5:6], t.number)
	}
}

// sparseStrangers has streams of their own over one range, some of whose keys happen to be equal.
func (t *trial) sparseStrangers() {
	n := 40 + t.IntN(800)
	mean := []int64{8, 30, 300}[t.IntN(3)]
	base := t.base()
	draw := func() (keys []int64) {
		at := base
		for at < base+int64(n)*mean {
			at += 1 + t.Int64N(2*mean)
			keys = append(keys, at)
		}
		return keys
	}
	t.a, t.b = put(draw(), t.number), put(draw(), t.number)
}

func (t *trial) gaps() {
	keys := t.any(20 + t.IntN(800))
	t.a = put(keys, t.number)
	from, to := len(keys)/20+t.IntN(3), len(keys)-1-len(keys)/20-t.IntN(3)
	t.b = put(slices.Delete(slices.Clone(keys), from, to), t.number)
}

// losses are what may be said where nothing or little joins, and nothing is known to mend it.
func losses() []pipeline.Mistake {
	return []pipeline.Mistake{pipeline.MistakeGaps, pipeline.MistakeEarlyEnd, pipeline.MistakeLateBegin, pipeline.MistakeApart}
}

// strangeGrid draws a grid from about a place on.
func (t *trial) strangeGrid(from, step int64, n int) (keys []int64) {
	at := from + t.Int64N(int64(n)/3)*step
	for range n + t.IntN(n/3) {
		keys = append(keys, at)
		at += step
	}
	return keys
}

// strangePhase has two clocks of one step that never tick together: no key of the one is one of the other, on purpose.
func (t *trial) strangePhase() {
	step := []int64{20, 100, 1000, 7000}[t.IntN(4)]
	base, n := t.base(), 40+t.IntN(600)
	phase := step/4 + t.Int64N(step/2)
	t.a, t.b = put(t.strangeGrid(base, step, n), t.number), put(t.strangeGrid(base+phase, step, n), t.number)
	t.strange()
}

// strangeSteps has two clocks of different steps, which tick together seldom if at all.
func (t *trial) strangeSteps() {
	steps := [][2]int64{{70, 110}, {300, 310}, {1000, 1010}, {90, 130}, {50, 330}}[t.IntN(5)]
	base, n := t.base(), 40+t.IntN(600)
	t.a = put(t.strangeGrid(base, steps[0], n), t.number)
	t.b = put(t.strangeGrid(base+t.Int64N(3)*5, steps[1], n), t.number)
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
	t.strange()
}

// strange says that nothing belongs together.
func (t *trial) strange() {
	for i := range t.b {
		t.b[i].identity = math.MinInt64
	}
}

// halves has every second key on the right, beside those of the left, and none over one half.
func (t *trial) halves() {
	n := 20 + t.IntN(100)
	step := []int64{2, 10, 100}[t.IntN(3)]
	base := t.base()
	var left, right []int64
	for i := range n {
		left = append(left, base+int64(i)*step)
		if i < n/2 {
			right = append(right, base+int64(i)*step+step/2)
		}
	}
	if t.IntN(2) == 0 {
		right = nil
		for _, key := range left[n-n/2:] {
			right = append(right, key-step/2)
		}
	}
	t.a, t.b = put(left, t.number), put(right, t.number)
	for i := range t.b {
		t.b[i].identity = -1
	}
}

func (t *trial) earlyEnd() {
	keys := t.any(20 + t.IntN(1500))
	t.a, t.b = put(keys, t.number), put(keys[:len(keys)/3], t.number)
}

func (t *trial) lateBegin() {
	keys := t.any(20 + t.IntN(1500))
	t.a, t.b = put(keys, t.number), put(keys[2*len(keys)/3:], t.number)
}

// apart has streams with keys of their own far from each other.
func (t *trial) apart() {
	keys := t.irregular(40+t.IntN(200), 1, 30)
	far := keys[len(keys)-1] + 1000*pow10(t.places)
	var other []int64
	for range 40 + t.IntN(200) {
		far += 1 + t.Int64N(70)
		other = append(other, far)
	}
	t.a, t.b = put(keys, t.number), put(other, t.number)
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

func (t *trial) empty() {
	t.a = put(t.any(20), t.number)
	if t.IntN(2) == 0 {
		t.a, t.b = nil, t.a
	}
}

func (t *trial) disorder() {
	keys := t.any(20 + t.IntN(500))
	t.b = put(keys, t.number)
	spoilt := slices.Clone(keys)
	if t.IntN(3) == 0 {
		slices.Reverse(spoilt)
	} else {
		i := 1 + t.IntN(len(keys)-2)
		spoilt[i-1], spoilt[i+1] = spoilt[i+1], spoilt[i-1]
	}
	if t.a = put(spoilt, t.number); t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}
