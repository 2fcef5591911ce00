package pipeline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// TestCauses is the campaign of planted causes: two streams are drawn whose join fails for a reason that is known, or is
// right as it is, and Check must find the reason, offer what mends it, and say what a run then gives. Each kind of cause has
// the share of trials in which that must be so. LEAT_CAUSES=1000 makes that many trials of each kind.
func TestCauses(t *testing.T) {
	trials := 12
	if n, err := strconv.Atoi(os.Getenv("LEAT_CAUSES")); err == nil {
		trials = n
	}
	only := os.Getenv("LEAT_CAUSE")
	for _, kind := range causes {
		if only != "" && !strings.HasPrefix(kind.name, only) {
			continue
		}
		t.Run(kind.name, func(t *testing.T) {
			var failed []string
			for seed := range trials {
				trial := newTrial(kind, uint64(seed))
				if err := trial.judge(t); err != nil {
					failed = append(failed, fmt.Sprintf("trial %d: %v", seed, err))
				}
			}
			right := trials - len(failed)
			t.Logf("%d of %d right", right, trials)
			if float64(right) < kind.share*float64(trials) {
				t.Errorf("%d of %d trials are right, want %v:\n%s", right, trials, kind.share,
					strings.Join(failed[:min(3, len(failed))], "\n"))
			}
		})
	}
}

// A causeKind is a kind of cause, with what must be said of it.
type causeKind struct {
	name string
	// plant draws the two streams.
	plant func(*trial)
	// mistakes are what may be named; none where nothing is wrong with how the streams are joined.
	mistakes []pipeline.Mistake
	// mends says that an expression must be offered, and that it joins exactly what belongs together.
	mends bool
	// share is in how many of the trials all of this holds, at least.
	share float64
}

const most = 0.99

var causes = []causeKind{
	{"healthy", (*trial).healthy, nil, false, 1},
	{"sparse subset", (*trial).sparseSubset, nil, false, 1},
	{"sparse strangers", (*trial).sparseStrangers, nil, false, 1},
	{"healthy texts", (*trial).healthyTexts, nil, false, 1},
	{"sparse texts", (*trial).sparseTexts, nil, false, 1},
	{"factor exact", (*trial).factor, []pipeline.Mistake{pipeline.MistakeFactor}, true, most},
	{"factor cut", (*trial).factorCut, []pipeline.Mistake{pipeline.MistakeFactor}, true, most},
	{"shift on a grid", (*trial).shiftGrid, []pipeline.Mistake{pipeline.MistakeShift}, true, most},
	{"shift of irregular steps", (*trial).shiftIrregular, []pipeline.Mistake{pipeline.MistakeShift}, true, most},
	{"rounding to a unit", (*trial).rounding, []pipeline.Mistake{pipeline.MistakeRounding}, true, most},
	{"rounding of both", (*trial).roundingBoth, []pipeline.Mistake{pipeline.MistakeRounding}, true, most},
	{"decimals cut off", (*trial).decimalsCut, []pipeline.Mistake{pipeline.MistakeRounding}, true, most},
	{"near without a unit", (*trial).near, []pipeline.Mistake{pipeline.MistakeRounding}, false, most},
	{"text and numbers", (*trial).textNumbers, []pipeline.Mistake{pipeline.MistakeKinds}, true, most},
	{"times as text and numbers", (*trial).textTimes, []pipeline.Mistake{pipeline.MistakeKinds}, true, most},
	{"numbers as text on both sides", (*trial).digits, []pipeline.Mistake{pipeline.MistakeOrder}, true, most},
	{"zero padding", (*trial).padding, []pipeline.Mistake{pipeline.MistakeSpelling, pipeline.MistakeOrder}, true, most},
	{"capitals and blanks", (*trial).spelling, []pipeline.Mistake{pipeline.MistakeSpelling}, true, most},
	{"instants as text", (*trial).instants, []pipeline.Mistake{pipeline.MistakeSpelling, pipeline.MistakeOrder}, true, most},
	{"wrong field", (*trial).field, []pipeline.Mistake{pipeline.MistakeField}, true, most},
	{"gaps", (*trial).gaps, []pipeline.Mistake{pipeline.MistakeGaps}, false, most},
	{"gap and early end", (*trial).halves, []pipeline.Mistake{pipeline.MistakeGaps, pipeline.MistakeEarlyEnd,
		pipeline.MistakeLateBegin}, false, most},
	{"early end", (*trial).earlyEnd, []pipeline.Mistake{pipeline.MistakeEarlyEnd}, false, most},
	{"late begin", (*trial).lateBegin, []pipeline.Mistake{pipeline.MistakeLateBegin}, false, most},
	{"apart", (*trial).apart, []pipeline.Mistake{pipeline.MistakeApart}, false, most},
	{"empty", (*trial).empty, []pipeline.Mistake{pipeline.MistakeEmpty}, false, 1},
	{"out of order", (*trial).disorder, []pipeline.Mistake{pipeline.MistakeOrder}, false, most},
}

// A trial is two streams, a and b, and what belongs together in them.
type trial struct {
	*rand.Rand
	kind causeKind
	on   string
	a, b []planted
	// places is how many decimals the ticks have, in which keys are drawn.
	places int
	noise  bool
}

// A planted element has its key as JSON, and belongs together with those of the other stream that have the same identity.
type planted struct {
	key      string
	identity int64
	more     string // members
}

func newTrial(kind causeKind, seed uint64) *trial {
	t := &trial{Rand: rand.New(rand.NewPCG(seed, 12)), kind: kind, on: "a.t == b.t"}
	t.places = []int{0, 0, 0, 1, 2, 3}[t.IntN(6)]
	t.noise = t.IntN(2) == 0
	kind.plant(t)
	if t.IntN(5) == 0 && kind.name != "out of order" {
		t.a, t.b = t.repeat(t.a), t.repeat(t.b)
	}
	return t
}

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
func (t *trial) number(ticks int64) string { return numberOf(ticks, t.places) }

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

// factors that units have, and others.
func (t *trial) drawFactor() int64 {
	return []int64{1000, 1_000_000, 1_000_000_000, 60, 3600, 86400, 24, 100, 44100, 12, 7, 90_000}[t.IntN(12)]
}

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

// scaledBy writes the keys of the one side times a factor.
func (t *trial) scaledBy(keys []int64, factor int64) {
	t.a = put(t.dropSome(keys), t.number)
	t.b = put(t.dropSome(keys), func(key int64) string { return numberOf(key*factor, t.places) })
	if t.IntN(2) == 0 {
		t.a, t.b = t.b, t.a
	}
}

// dropSome leaves some out where there are enough.
func (t *trial) dropSome(keys []int64) []int64 {
	if len(keys) < 40 || t.IntN(2) == 0 {
		return keys
	}
	return t.drop(keys, 0.1)
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

func (t *trial) gaps() {
	keys := t.any(20 + t.IntN(800))
	t.a = put(keys, t.number)
	from, to := len(keys)/20+t.IntN(3), len(keys)-1-len(keys)/20-t.IntN(3)
	t.b = put(slices.Delete(slices.Clone(keys), from, to), t.number)
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

// lines writes a stream. Every element has an id, and often a number of its own, as elements do.
func (t *trial) lines(elements []planted, name string) []byte {
	var text bytes.Buffer
	for i, e := range elements {
		text.WriteByte('{')
		if e.key != "" {
			fmt.Fprintf(&text, `"t":%s,`, e.key)
		}
		if t.noise {
			fmt.Fprintf(&text, `"n":%d,"size":%d,`, i, (i*7919)%97)
		}
		fmt.Fprintf(&text, `%s"id":"%s%d"}`+"\n", e.more, name, i)
	}
	return text.Bytes()
}

// write writes the streams and returns the pipeline that joins them on a condition.
func (t *trial) write(dir, on string) (*pipeline.Pipeline, error) {
	for name, elements := range map[string][]planted{"a": t.a, "b": t.b} {
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), t.lines(elements, name), 0o600); err != nil {
			return nil, err
		}
	}
	return pipeline.Parse(filepath.Join(dir, "p.yaml"), fmt.Appendf(nil, "streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, "+
		"out: {file: out.jsonl}}\nmaster: a\noutput: out\njoin:\n  - {left: a, right: b, on: %q}\n", on))
}

// judge returns what is wrong with what Check says of the trial.
func (t *trial) judge(test *testing.T) error {
	dir := test.TempDir()
	defer os.RemoveAll(dir)
	p, err := t.write(dir, t.on)
	if err != nil {
		return err
	}
	report, err := p.Check(test.Context(), quiet())
	if err != nil {
		return err
	}
	if err := t.named(report); err != nil {
		return fmt.Errorf("%w\n%s", err, report)
	}
	for _, finding := range report.Findings {
		if finding.Fix == "" {
			continue
		}
		if err := t.mended(test, dir, finding); err != nil {
			return fmt.Errorf("%w\n%s", err, report)
		}
	}
	return nil
}

// named returns an error unless the cause is named, and nothing else.
func (t *trial) named(report *pipeline.Report) error {
	if len(t.kind.mistakes) == 0 {
		for _, f := range report.Findings {
			if f.Fix != "" || !slices.Contains([]pipeline.Mistake{pipeline.MistakeGaps, pipeline.MistakeEarlyEnd,
				pipeline.MistakeLateBegin, pipeline.MistakeApart}, f.Mistake) {
				return fmt.Errorf("a false alarm: %s", f.Mistake)
			}
		}
		return nil
	}
	named, mends := false, false
	for _, f := range report.Findings {
		named = named || slices.Contains(t.kind.mistakes, f.Mistake)
		mends = mends || f.Fix != ""
	}
	switch {
	case !named:
		return fmt.Errorf("none of %v is named", t.kind.mistakes)
	case t.kind.mends && !mends:
		return fmt.Errorf("nothing that mends it is offered")
	}
	return nil
}

// mended runs the pipeline with what a finding offers, and returns an error unless exactly those are joined that belong
// together, and as many as the finding says.
func (t *trial) mended(test *testing.T, dir string, finding pipeline.Finding) error {
	p, err := t.write(dir, finding.Fix)
	if err != nil {
		return err
	}
	if err := p.Run(test.Context(), quiet()); err != nil {
		return fmt.Errorf("a run with %q: %w", finding.Fix, err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		return err
	}
	masters, pairs := 0, 0
	var got []string
	for line := range bytes.Lines(written) {
		var joined struct {
			ID string `json:"id"`
			B  []struct {
				ID string `json:"id"`
			} `json:"b"`
		}
		if err := json.Unmarshal(line, &joined); err != nil {
			return err
		}
		masters++
		pairs += len(joined.B)
		for _, b := range joined.B {
			got = append(got, joined.ID+b.ID)
		}
	}
	if len(t.a) <= 2000 && len(t.b) <= 2000 {
		if claim := fmt.Sprintf(" %d of ", masters); !strings.Contains(finding.Evidence, claim) {
			return fmt.Errorf("a run with %q gives %d results, but it says %q", finding.Fix, masters, finding.Evidence)
		}
	}
	want := t.pairs()
	common := 0
	for _, pair := range got {
		if _, found := slices.BinarySearch(want, pair); found {
			common++
		}
	}
	if float64(pairs) > 1.1*float64(len(want)) || float64(common) < 0.97*float64(len(want)) {
		return fmt.Errorf("a run with %q gives %d pairs, %d of %d of them right", finding.Fix, pairs, common, len(want))
	}
	return nil
}

// pairs returns what belongs together, in order.
func (t *trial) pairs() (pairs []string) {
	at := map[int64][]int{}
	for i, b := range t.b {
		at[b.identity] = append(at[b.identity], i)
	}
	for i, a := range t.a {
		for _, j := range at[a.identity] {
			pairs = append(pairs, fmt.Sprintf("a%db%d", i, j))
		}
	}
	slices.Sort(pairs)
	return pairs
}
