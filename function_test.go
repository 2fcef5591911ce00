package leat

import (
	"context"
	"reflect"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

type benchMaster struct {
	Time int
	X, Y float64
}

type benchMatch struct {
	Time int
	X, Y float64
}

type benchResult struct {
	From, To int
	Speed    float64
}

// BenchmarkCall measures what it costs to call a function by its signature, with some number of matches.
func BenchmarkCall(b *testing.B) {
	matches := broker.NewStream[benchMatch]("")
	for _, c := range []struct {
		name    string
		matches int
		fn      any
		param   parameter
	}{
		{"one", 1, func(m benchMaster, r []benchMatch) benchResult { return benchResult{m.Time, r[0].Time, r[0].X} },
			matchesParameter{reflect.TypeFor[[]benchMatch](), matches, []int{0}}},
		{"pointers", 1, func(m benchMaster, r []*benchMatch) benchResult { return benchResult{m.Time, r[0].Time, r[0].X} },
			matchesParameter{reflect.TypeFor[[]*benchMatch](), matches, []int{0}}},
		{"25", 25, func(m benchMaster, r []benchMatch) benchResult { return benchResult{m.Time, r[0].Time, r[0].X} },
			matchesParameter{reflect.TypeFor[[]benchMatch](), matches, []int{0}}},
		{"map", 1, func(m benchMaster, r map[benchMaster][]benchMatch) benchResult {
			return benchResult{m.Time, r[m][0].Time, r[m][0].X}
		}, matchMapParameter{reflect.TypeFor[map[benchMaster][]benchMatch](), matches, []leftNode{{nil, []int{0}}}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			result := []result{{element: reflect.TypeFor[benchResult]()}}
			f := newFunction(reflect.ValueOf(c.fn), []parameter{masterParameter{}, c.param}, result, false)()
			master := engine.Element{Value: &benchMaster{Time: 1}, Record: &broker.Record{}, Matches: make([][]engine.Element, 1)}
			for range c.matches {
				master.Matches[0] = append(master.Matches[0], engine.Element{Value: &benchMatch{Time: 2}})
			}
			call := &engine.Call{Masters: []engine.Element{master}}
			emit := func(int, any) error { return nil }
			b.ReportAllocs()
			for b.Loop() {
				if err := f.Call(context.Background(), call, emit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
