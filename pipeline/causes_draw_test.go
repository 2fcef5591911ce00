package pipeline_test

import (
	"fmt"
	"math/big"
	"strings"
)

// repeat has some elements several times, as several may have one key.
func (t *trial) repeat(elements []planted) (repeated []planted) {
	for _, e := range elements {
		for range 1 + t.IntN(3)*t.IntN(2) {
			repeated = append(repeated, e)
		}
	}
	return repeated
}

// pow10 returns 10 to the n.
func pow10(n int) int64 {
	power := int64(1)
	for range n {
		power *= 10
	}
	return power
}

// number writes ticks as a number.
func (t *trial) number(ticks int64) string {
	if t.far == nil {
		return numberOf(ticks, t.places)
	}
	scale := big.NewInt(pow10(t.places))
	all := new(big.Int).Mul(t.far, scale)
	text := new(big.Rat).SetFrac(all.Add(all, big.NewInt(ticks)), scale).FloatString(t.places)
	if t.places > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func numberOf(ticks int64, places int) string {
	sign := ""
	if ticks < 0 {
		sign, ticks = "-", -ticks
	}
	text := fmt.Sprintf("%s%d", sign, ticks/pow10(places))
	if fraction := strings.TrimRight(fmt.Sprintf("%0*d", places, ticks%pow10(places)), "0"); places > 0 && fraction != "" {
		text += "." + fraction
	}
	return text
}

// base draws where keys begin, in ticks.
func (t *trial) base() int64 {
	if t.far != nil {
		return []int64{0, 1, 5000}[t.IntN(3)] * pow10(t.places)
	}
	return []int64{0, 1, 5000, 1_700_000_000, 1_700_000_000_000}[t.IntN(5)] * pow10(t.places)
}

// length draws how many keys there are: up to what is read as a whole, and sometimes more.
func (t *trial) length() int {
	switch t.IntN(8) {
	case 0:
		return 2000 + t.IntN(3000)
	case 1, 2:
		return 200 + t.IntN(1000)
	}
	return 10 + t.IntN(150)
}

// grid draws keys with equal steps.
func (t *trial) grid(n int) (keys []int64, step int64) {
	step = []int64{1, 1, 2, 5, 7, 10, 60, 100, 250, 1000}[t.IntN(10)]
	base := t.base()
	for i := range n {
		keys = append(keys, base+int64(i)*step)
	}
	return keys, step
}

// irregular draws different keys with steps of least and up to mean twice.
func (t *trial) irregular(n int, least, mean int64) (keys []int64) {
	at := t.base()
	for range n {
		at += least + t.Int64N(2*mean)
		keys = append(keys, at)
	}
	return keys
}

// any draws keys of either kind.
func (t *trial) any(n int) []int64 {
	if t.IntN(2) == 0 {
		keys, _ := t.grid(n)
		return keys
	}
	return t.irregular(n, 1, []int64{3, 30, 300}[t.IntN(3)])
}

// drop leaves about this share out.
func (t *trial) drop(keys []int64, share float64) (left []int64) {
	for _, key := range keys {
		if t.Float64() >= share {
			left = append(left, key)
		}
	}
	return left
}

// put makes elements of keys; what belongs together has the same key, and is written by write.
func put(keys []int64, write func(int64) string) (elements []planted) {
	for _, key := range keys {
		elements = append(elements, planted{key: write(key), identity: key})
	}
	return elements
}

// dropSome leaves some out where there are enough.
func (t *trial) dropSome(keys []int64) []int64 {
	if len(keys) < 40 || t.IntN(2) == 0 {
		return keys
	}
	return t.drop(keys, 0.1)
}
