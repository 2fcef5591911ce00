package keys_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/keys"
)

// A sample is an element with keys of all kinds.
type sample struct {
	Number  float64
	Text    string
	Instant time.Time
	Pointer *float64
}

// edge returns an edge by one key for both sides.
func edge[K any](t *testing.T, key func(sample) K) engine.Edge {
	t.Helper()
	newEdge, err := keys.Edge(key, key, &keys.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return newEdge()
}

// TestEdges checks that keys of a kind are compared as values, under whatever type and through pointers.
func TestEdges(t *testing.T) {
	type name string
	type instant time.Time
	zone := time.FixedZone("", 3600)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	number := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		name        string
		edge        engine.Edge
		left, right sample
		want        int
	}{
		{"numbers", edge(t, func(s sample) float64 { return s.Number }), sample{Number: 1}, sample{Number: 2}, -1},
		{"integers", edge(t, func(s sample) int8 { return int8(s.Number) }), sample{Number: 2}, sample{Number: -2}, 1},
		{"named texts", edge(t, func(s sample) name { return name(s.Text) }), sample{Text: "b"}, sample{Text: "b"}, 0},
		{"instants", edge(t, func(s sample) time.Time { return s.Instant }), sample{Instant: now},
			sample{Instant: now.In(zone)}, 0},
		{"named instants", edge(t, func(s sample) instant { return instant(s.Instant) }),
			sample{Instant: now}, sample{Instant: now.Add(1)}, -1},
		{"pointers", edge(t, func(s sample) *float64 { return s.Pointer }), sample{Pointer: number(1)},
			sample{Pointer: number(1)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if null, err := c.edge.SetLeft(&c.left); null || err != nil {
				t.Fatal(null, err)
			}
			if null, err := c.edge.SetRight(&c.right); null || err != nil {
				t.Fatal(null, err)
			}
			if got := c.edge.Compare(); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// TestKeysThatAreNone checks that nil is null, and that NaN and a panic are errors of the key.
func TestKeysThatAreNone(t *testing.T) {
	pointer := edge(t, func(s sample) *float64 { return s.Pointer })
	if null, err := pointer.SetLeft(&sample{}); !null || err != nil {
		t.Errorf("nil is %v, %v", null, err)
	}
	nan := math.NaN()
	if _, err := pointer.SetLeft(&sample{Pointer: &nan}); err == nil || !strings.Contains(err.Error(), "it is NaN") {
		t.Errorf("a pointer to NaN is %v", err)
	}
	if _, err := edge(t, func(s sample) float64 { return s.Number }).SetRight(&sample{Number: nan}); err == nil {
		t.Error("NaN is a key")
	}
	broken := errors.New("broken")
	_, err := edge(t, func(sample) int { panic(broken) }).SetLeft(&sample{})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "the function at keys_test.go:") {
		t.Errorf("a panic is %v", err)
	}
	compare := keys.Comparison(func(sample, *sample) int { panic("broken") }, false)()
	if _, err := compare.SetLeft(&sample{}); err != nil {
		t.Fatal(err)
	}
	if _, err := compare.SetRight(&sample{}); err == nil || !strings.Contains(err.Error(), "panicked: broken") {
		t.Errorf("a panic is %v", err)
	}
}

// TestWindows checks which keys are another window: those that differ as values.
func TestWindows(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	one, other := 1.0, 1.0
	for _, c := range []struct {
		name    string
		changes func() (keys.Changes, error)
		samples []sample
		want    []bool
	}{
		{"texts", func() (keys.Changes, error) { return keys.Window(func(s sample) string { return s.Text }) },
			[]sample{{Text: "a"}, {Text: "a"}, {Text: "b"}, {Text: "a"}}, []bool{false, false, true, true}},
		{"instants", func() (keys.Changes, error) { return keys.Window(func(s *sample) time.Time { return s.Instant }) },
			[]sample{{Instant: now}, {Instant: now.In(time.FixedZone("", 3600))}, {}}, []bool{false, false, true}},
		{"pointers", func() (keys.Changes, error) { return keys.Window(func(s sample) *float64 { return s.Pointer }) },
			[]sample{{}, {}, {Pointer: &one}, {Pointer: &other}, {}}, []bool{false, false, true, false, true}},
		{"arrays", func() (keys.Changes, error) {
			return keys.Window(func(s sample) [2]string { return [2]string{s.Text, ""} })
		},
			[]sample{{Text: "a"}, {Text: "b"}}, []bool{false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			newKey, err := c.changes()
			if err != nil {
				t.Fatal(err)
			}
			changed := newKey()
			for i := range c.samples {
				if got, err := changed(&c.samples[i]); err != nil || got != c.want[i] {
					t.Errorf("element %d: %v, %v", i, got, err)
				}
			}
		})
	}
}

// TestKindMistakes checks that types without an order, or whose == isn't about values, are refused with what would be
// right.
func TestKindMistakes(t *testing.T) {
	_, err := keys.Edge(func(sample) []int { return nil }, func(sample) []int { return nil }, &keys.Options{})
	if err == nil || !strings.Contains(err.Error(), "keys of type []int have no order: "+
		"return a number, a text, a time.Time, or a pointer") {
		t.Errorf("got %v", err)
	}
	for _, c := range []struct {
		window func() (keys.Changes, error)
		want   string
	}{
		{func() (keys.Changes, error) { return keys.Window(func(sample) any { return nil }) },
			"interface {} is an interface"},
		{func() (keys.Changes, error) { return keys.Window(func(sample) chan int { return nil }) }, "chan int is a channel"},
		{func() (keys.Changes, error) {
			return keys.Window(func(sample) struct{ A [2]struct{ At time.Time } } { return struct{ A [2]struct{ At time.Time } }{} })
		}, ".A.[0].At is a time, of which == compares the time zone, too; make it that time's UnixNano()"},
		{func() (keys.Changes, error) { return keys.Window(func(sample) **int { return nil }) }, "**int is a pointer"},
	} {
		if _, err := c.window(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestOn checks how a plan describes keys.
func TestOn(t *testing.T) {
	got := keys.On(func(sample) int { return 0 }, func(sample) int { return 0 })
	if !strings.HasPrefix(got, "keys_test.go:") || !strings.Contains(got, " == keys_test.go:") {
		t.Errorf("got %s", got)
	}
}
