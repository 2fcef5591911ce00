package expr_test

import (
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/expr"
	"github.com/leat-go/leat/leattest"
)

// A Reading has floating keys.
type Reading struct {
	Time  float64 `json:"time"`
	Short float32 `json:"short"`
}

// A LaterReading is one of the same stream.
type LaterReading Reading

// TestR14FloatingFieldsAreDecimals joins tenths by expressions over float64 and float32, and has windows of them.
func TestR14FloatingFieldsAreDecimals(t *testing.T) {
	var list []Reading
	var later []LaterReading
	for i := range 1000 {
		r := Reading{Time: float64(i) / 10, Short: float32(i) / 10}
		list, later = append(list, r), append(later, LaterReading(r))
	}
	for _, keys := range [][2]string{
		{"time + 0.1", "time"}, {"short + 0.1", "short"}, {"time", "short - 0.1"}, {"time * 10 + 1", "10 * time"},
	} {
		b := leattest.New(t, leattest.Stream(list), leattest.Stream(later))
		matched := 0
		b.Run(func(storage leat.Option) (*leat.Mill, error) {
			return leat.New(func(_ Reading, next []LaterReading) { matched += len(next) }, storage,
				expr.Join[Reading, LaterReading](keys[0], keys[1]))
		})
		if matched != len(list)-1 {
			t.Errorf("%s == %s matches %d of %d", keys[0], keys[1], matched, len(list)-1)
		}
	}
	b := leattest.New(t, leattest.Stream(list))
	windows := 0
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(window []Reading) {
			if windows++; len(window) != 3 && windows <= 333 {
				t.Errorf("the window of %v has %d", window[0].Time, len(window))
			}
		}, storage, expr.Window[Reading]("floor(time / 0.3)"))
	})
	if windows != 334 {
		t.Errorf("there are %d windows", windows)
	}
}
