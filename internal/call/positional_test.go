package call_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
	"github.com/leat-go/leat/internal/signature"
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
		param   call.Parameter
	}{
		{"one", 1, func(m benchMaster, r []benchMatch) benchResult { return benchResult{m.Time, r[0].Time, r[0].X} },
			call.Matches(reflect.TypeFor[[]benchMatch](), matches, []int{0})},
		{"pointers", 1, func(m benchMaster, r []*benchMatch) benchResult { return benchResult{m.Time, r[0].Time, r[0].X} },
			call.Matches(reflect.TypeFor[[]*benchMatch](), matches, []int{0})},
		{"25", 25, func(m benchMaster, r []benchMatch) benchResult { return benchResult{m.Time, r[0].Time, r[0].X} },
			call.Matches(reflect.TypeFor[[]benchMatch](), matches, []int{0})},
		{"map", 1, func(m benchMaster, r map[benchMaster][]benchMatch) benchResult {
			return benchResult{m.Time, r[m][0].Time, r[m][0].X}
		}, call.MatchMap(reflect.TypeFor[map[benchMaster][]benchMatch](), matches, []jointree.Left{{Children: []int{0}}})},
	} {
		b.Run(c.name, func(b *testing.B) {
			results := []call.Result{{Result: signature.Result{Element: reflect.TypeFor[benchResult]()}}}
			f := call.Positional(reflect.ValueOf(c.fn), []call.Parameter{call.Master(false), c.param}, results, false)()
			master := engine.Element{Value: &benchMaster{Time: 1}, Record: &broker.Record{},
				Matches: make([][]engine.Element, 1)}
			for range c.matches {
				master.Matches[0] = append(master.Matches[0], engine.Element{Value: &benchMatch{Time: 2}})
			}
			one := &engine.Call{Masters: []engine.Element{master}}
			emit := func(int, any) error { return nil }
			b.ReportAllocs()
			for b.Loop() {
				if err := f.Call(context.Background(), one, emit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
