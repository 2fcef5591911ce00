package leat_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/expr"
	"github.com/leat-go/leat/leattest"
)

// Sample has a key of each kind; those that are pointers may be nil.
type Sample struct {
	ID      int
	At      time.Time
	Number  float64
	Text    string
	Maybe   *int64
	Instant *time.Time
}

// OtherSample is the right side.
type OtherSample Sample

// Keys of named types.
type (
	ID    int64
	Stamp time.Time
	Word  string
)

// keys are key functions of every kind, over one sample and the other.
func joinOf[K any](key func(Sample) K) leat.Option {
	return leat.Join(key, func(o OtherSample) K { return key(Sample(o)) })
}

func joined(t *testing.T, left, right []Sample, join leat.Option) (pairs []string, unmatched []leat.Unmatched) {
	t.Helper()
	others := make([]OtherSample, len(right))
	for i := range right {
		others[i] = OtherSample(right[i])
	}
	b := leattest.New(t, leattest.Stream(left), leattest.Stream(others), leattest.Result[Text]())
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(s Sample, others []*OtherSample) Text {
			text := fmt.Sprint(s.ID, ":")
			for _, o := range others {
				text += fmt.Sprint(" ", o.ID)
			}
			return Text{text}
		}, storage, join, leat.OnUnmatched(func(u leat.Unmatched) { unmatched = append(unmatched, u) }))
	})
	return texts(leattest.Results[Text](b)), unmatched
}

// samples have keys that grow, at two time zones in turn.
func samples(zone int) []Sample {
	var list []Sample
	for i := range 4 {
		at := time.Date(2026, 11, 28, 10, i, 0, 0, time.UTC).In(time.FixedZone("", zone*i))
		maybe := int64(i)
		list = append(list, Sample{i, at, float64(i) / 2, string(rune('a' + i)), &maybe, &at})
	}
	return list
}

// TestKeyKinds joins by every kind of key, under its own name or another: the same elements match (section 3).
func TestKeyKinds(t *testing.T) {
	want := []string{"0: 0", "1: 1", "2: 2", "3: 3"}
	for name, join := range map[string]leat.Option{
		"int":          joinOf(func(s Sample) int { return s.ID }),
		"int8":         joinOf(func(s Sample) int8 { return int8(s.ID - 2) }),
		"int16":        joinOf(func(s Sample) int16 { return int16(s.ID - 2) }),
		"int32":        joinOf(func(s Sample) int32 { return int32(s.ID - 2) }),
		"int64":        joinOf(func(s Sample) int64 { return int64(s.ID) + math.MaxInt64 - 9 }),
		"uint":         joinOf(func(s Sample) uint { return uint(s.ID) + math.MaxUint - 9 }),
		"uint8":        joinOf(func(s Sample) uint8 { return uint8(s.ID + 200) }),
		"uint16":       joinOf(func(s Sample) uint16 { return uint16(s.ID + 65000) }),
		"uint32":       joinOf(func(s Sample) uint32 { return uint32(s.ID) }),
		"uint64":       joinOf(func(s Sample) uint64 { return uint64(s.ID) + math.MaxUint64 - 9 }),
		"uintptr":      joinOf(func(s Sample) uintptr { return uintptr(s.ID) }),
		"float32":      joinOf(func(s Sample) float32 { return float32(s.Number) }),
		"float64":      joinOf(func(s Sample) float64 { return s.Number }),
		"string":       joinOf(func(s Sample) string { return s.Text }),
		"time":         joinOf(func(s Sample) time.Time { return s.At }),
		"duration":     joinOf(func(s Sample) time.Duration { return time.Duration(s.ID) }),
		"named number": joinOf(func(s Sample) ID { return ID(s.ID - 2) }),
		"named time":   joinOf(func(s Sample) Stamp { return Stamp(s.At) }),
		"named text":   joinOf(func(s Sample) Word { return Word(s.Text) }),
		"pointer":      joinOf(func(s Sample) *int64 { return s.Maybe }),
		"pointer to a named number": joinOf(func(s Sample) *ID {
			id := ID(s.ID)
			return &id
		}),
		"pointer to a float": joinOf(func(s Sample) *float64 { return &s.Number }),
		"pointer to a time":  joinOf(func(s Sample) *time.Time { return s.Instant }),
		// The memory of elements is used again.
		"pointer into the element": leat.Join(func(s *Sample) *string { return &s.Text },
			func(o *OtherSample) *string { return &o.Text }),
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := joined(t, samples(3600), samples(-1800), join); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestR7aNilKeys has nil pointers on both sides: they match nothing, not even each other, and are out of no order.
func TestR7aNilKeys(t *testing.T) {
	for name, join := range map[string]leat.Option{
		"Join":      joinOf(func(s Sample) *int64 { return s.Maybe }),
		"time":      joinOf(func(s Sample) *time.Time { return s.Instant }),
		"expr.Join": expr.Join[Sample, OtherSample]("Maybe + 1", "Maybe + 1"),
	} {
		t.Run(name, func(t *testing.T) {
			left, right := samples(0), samples(0)
			left[1].Maybe, left[1].Instant = nil, nil
			right[2].Maybe, right[2].Instant = nil, nil
			right[3].Maybe, right[3].Instant = nil, nil
			right = append(right, samples(0)[2:]...)
			got, unmatched := joined(t, left, right, join)
			if want := []string{"0: 0", "2: 2", "3: 3"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			var nulls []string
			for _, u := range unmatched {
				if u.Verdict == leat.Null {
					nulls = append(nulls, fmt.Sprint(u.Node, u.Offset, u.Other, u.Key))
				}
			}
			slices.Sort(nulls)
			if want := "OtherSample2Sample<nil> OtherSample3Sample<nil> Sample1OtherSample<nil>"; strings.Join(nulls,
				" ") != want {
				t.Errorf("verdicts about %q, want %q", nulls, want)
			}
		})
	}
}

// windows returns the IDs of each window.
func windows(t *testing.T, list []Sample, window leat.Option) (ids [][]int) {
	t.Helper()
	b := leattest.New(t, leattest.Stream(list))
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(masters []Sample) {
			var some []int
			for _, m := range masters {
				some = append(some, m.ID)
			}
			ids = append(ids, some)
		}, storage, window)
	})
	return ids
}

// TestR4WindowsOfEqualValues has keys that are equal without being the same: instants in another zone, or read from a
// text with an offset each, and pointers.
func TestR4WindowsOfEqualValues(t *testing.T) {
	var list []Sample
	for i := range 6 {
		at := time.Date(2026, 11, 28, 10, i/2, 0, 0, time.FixedZone("", 19800))
		if i == 1 {
			at = at.UTC()
		}
		maybe := int64(i / 2)
		list = append(list, Sample{ID: i, At: at, Instant: &at, Maybe: &maybe})
	}
	list[2].Maybe, list[3].Maybe, list[2].Instant, list[3].Instant = nil, nil, nil, nil
	type day struct {
		Word
		N [1]int
	}
	want := "[[0 1] [2 3] [4 5]]"
	for name, window := range map[string]leat.Option{
		"time":                leat.Window(func(s Sample) time.Time { return s.At }),
		"named time":          leat.Window(func(s *Sample) Stamp { return Stamp(s.At) }),
		"pointer to a time":   leat.Window(func(s *Sample) *time.Time { return s.Instant }),
		"pointer":             leat.Window(func(s Sample) *int64 { return s.Maybe }),
		"struct":              leat.Window(func(s Sample) day { return day{"x", [1]int{s.ID / 2}} }),
		"pointer to a struct": leat.Window(func(s Sample) *day { return &day{"x", [1]int{s.ID / 2}} }),
	} {
		t.Run(name, func(t *testing.T) {
			if got := fmt.Sprint(windows(t, list, window)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// TestKeyKindMistakes has keys that have no order, and window keys of which == isn't to be relied on.
func TestKeyKindMistakes(t *testing.T) {
	const order = "have no order: return a number, a text, a time.Time, or a pointer to one of these, " +
		"of which nil is null and matches nothing"
	const text = "; return numbers, texts, or a struct or array of these, or a time.Time alone"
	join := func(o leat.Option) []leat.Option { return []leat.Option{leat.Broker(mistakeBroker()), o} }
	for name, c := range map[string]struct {
		option leat.Option
		want   string
	}{
		"bytes": {leat.Join(func(Audio) []byte { return nil }, func(Video) []byte { return nil }),
			"keys of type []uint8 " + order},
		"bool": {leat.Join(func(Audio) bool { return true }, func(Video) bool { return true }),
			"keys of type bool " + order},
		"pointer to pointer": {leat.Join(func(Audio) **int { return nil }, func(Video) **int { return nil }),
			"keys of type **int " + order},
		"interface": {leat.Join(func(Audio) any { return nil }, func(Video) any { return nil }),
			"keys of type interface {} " + order},
		"struct that holds a time": {leat.Window(func(Audio) Sample { return Sample{} }),
			"windows by keys of type leat_test.Sample can't be told apart: " +
				"leat_test.Sample.At is a time, of which == compares the time " +
				"zone, too; make it that time's UnixNano(), or return the time.Time alone"},
		"array of times": {leat.Window(func(Audio) [2]time.Time { return [2]time.Time{} }),
			"[2]time.Time can't be told apart: [2]time.Time.[0] is a time"},
		"struct that holds a pointer": {leat.Window(func(Audio) struct{ P *int } { return struct{ P *int }{} }),
			"can't be told apart: struct { P *int }.P is a pointer, of which == doesn't compare the value" + text},
		"window by an interface": {leat.Window(func(Audio) any { return nil }),
			"windows by keys of type interface {} can't be told apart: interface {} is an interface"},
		"window by a channel": {leat.Window(func(Audio) chan int { return nil }), "chan int is a channel"},
	} {
		t.Run(name, func(t *testing.T) {
			var fn any = func(Audio, []Video) {}
			if strings.Contains(c.want, "told apart") || strings.Contains(c.want, "channel") {
				fn = func([]Audio) {}
			}
			_, err := leat.New(fn, join(c.option)...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestR7NaN has keys that are NaN, and pointers and structs that hold it.
func TestR7NaN(t *testing.T) {
	nan := math.NaN()
	for name, option := range map[string]leat.Option{
		"float64":            joinOf(func(Sample) float64 { return nan }),
		"pointer":            joinOf(func(Sample) *float64 { return &nan }),
		"window":             leat.Window(func(Sample) float64 { return nan }),
		"window of pointers": leat.Window(func(Sample) *float64 { return &nan }),
		"window with a struct": leat.Window(func(Sample) struct{ F [1]float64 } {
			return struct{ F [1]float64 }{[1]float64{nan}}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			b := leattest.New(t, leattest.Stream(samples(0)), leattest.Stream([]OtherSample{}))
			err := b.Try(func(storage leat.Option) (*leat.Mill, error) {
				if strings.HasPrefix(name, "window") {
					return leat.New(func([]Sample) {}, storage, option)
				}
				return leat.New(func(Sample, []OtherSample) {}, storage, option)
			})
			if err == nil || !strings.Contains(err.Error(), "it is NaN") {
				t.Errorf("got %v", err)
			}
		})
	}
}
