package engine

import (
	"encoding/binary"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// R13: what was done without is exact as long as there is room for it, and then has more than that, but never less; and it is
// never larger than the room.
func TestMissedSpans(t *testing.T) {
	bound := func(key int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(key)) }
	rapid.Check(t, func(t *rapid.T) {
		m, exact := &missed{}, map[[2]int]bool{}
		count, values, key := rapid.IntRange(1, 60).Draw(t, "spans"), rapid.IntRange(0, 3).Draw(t, "values"), 0
		spans, isTight := 0, true
		for range count {
			key += rapid.IntRange(0, 3).Draw(t, "step")
			to, by := key+rapid.IntRange(0, 4).Draw(t, "length"), rapid.IntRange(0, values).Draw(t, "by")
			m = m.with(span{bound(key), justAbove(bound(to)), uint64(by)})
			for k := key; k <= to; k++ {
				exact[[2]int{k, by}] = true
			}
			if spans++; 28*spans > missedLimit {
				isTight = false
			}
			if rapid.IntRange(0, 9).Draw(t, "element") == 0 {
				m = m.from(bound(key))
			}
		}
		again, err := readMissed(m.String())
		if err != nil {
			t.Fatal(err)
		}
		for k := key; k < key+10; k++ {
			for by := 1; by <= values+1; by++ {
				want := exact[[2]int{k, by}] || exact[[2]int{k, 0}]
				got := again.has(bound(k), uint64(by))
				if got != m.has(bound(k), uint64(by)) || want && !got || isTight && got != want {
					t.Fatalf("key %d of %d is missed: %v, want %v (all kept: %v)", k, by, got, want, isTight)
				}
			}
		}
		if size(m.spans) > missedLimit {
			t.Fatalf("%d bytes", size(m.spans))
		}
	})
}

func TestReadMissedDamaged(t *testing.T) {
	whole := (&missed{}).with(span{[]byte("a"), []byte("bc"), 7}).String()
	for i := 1; i < len(whole); i++ {
		if m, err := readMissed(whole[:i]); err == nil {
			t.Errorf("%q is read as %+v", whole[:i], m.spans)
		}
	}
}

// Values that == finds equal have one fingerprint, in each run, and others have others.
func TestFingerprint(t *testing.T) {
	type robot struct {
		Fleet string
		N     int
		_     int
	}
	type pair struct{ a, b any }
	type float float64
	values := []any{1, 2, int8(1), "1", "", "a", robot{"a", 1, 0}, robot{"a", 2, 0}, pair{"a", "b"}, pair{"ab", ""}, pair{1, "b"},
		pair{int8(1), "b"}, [2]string{"a", "b"}, [2]string{"ab", ""}, true, 1.5, float(0), uint(7)}
	for i, a := range values {
		if fingerprint(a) == 0 {
			t.Errorf("%#v has none", a)
		}
		for j, b := range values {
			if reflect.TypeOf(a) != reflect.TypeOf(b) {
				continue // the values of an edge have one type
			}
			if (fingerprint(a) == fingerprint(b)) != (i == j) {
				t.Errorf("%#v and %#v", a, b)
			}
		}
	}
	zero := 0.0
	if fingerprint(float(-zero)) != fingerprint(float(0)) {
		t.Error("the zeros differ")
	}
	for _, v := range []any{&zero, pair{&zero, 1}, time.Now(), nil} {
		if fingerprint(v) != 0 {
			t.Errorf("%#v has one, which another run would not have", v)
		}
	}
}
