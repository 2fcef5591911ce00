package call_test

import (
	"context"
	"slices"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/build"
	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
)

type (
	BenchMaster benchMaster
	BenchNext   benchMaster
)

// A typedCase is a function made by Typed, as the engine has it, with a call for it.
type typedCase struct {
	name string
	f    engine.Function
	call *engine.Call
}

func oneMatch(_ context.Context, in *struct {
	BenchMaster
	Matches []benchMatch
}) (benchResult, error) {
	return benchResult{in.Time, in.Matches[0].Time, in.Matches[0].X}, nil
}

// typedCases returns functions over a few forms of inputs.
func typedCases(t testing.TB) []typedCase {
	key := func(m BenchMaster) int { return m.Time }
	next := func(n BenchNext) int { return n.Time }
	join := leat.Join(key, func(m benchMatch) int { return m.Time })
	leaves := func(n int) []engine.Element {
		return slices.Repeat([]engine.Element{benchElement(&benchMatch{Time: 2})}, n)
	}
	master := func(matches []engine.Element) []engine.Element {
		return []engine.Element{benchElement(&BenchMaster{Time: 1}, matches)}
	}
	results := make([]benchResult, 3)
	return []typedCase{
		newTypedCase(t, "single", master(nil), func(_ context.Context, in *BenchMaster) (benchResult, error) {
			return benchResult{in.Time, 0, in.X}, nil
		}),
		newTypedCase(t, "list", master(nil), func(_ context.Context, in *BenchMaster) ([]benchResult, error) {
			results[1].From = in.Time
			return results, nil
		}),
		newTypedCase(t, "one", master(leaves(1)), oneMatch, join),
		newTypedCase(t, "25", master(leaves(25)), oneMatch, join),
		newTypedCase(t, "pointers", master(leaves(1)), func(_ context.Context, in *struct {
			*BenchMaster
			Matches []*benchMatch
		}) (*benchResult, error) {
			if in.Matches[0].Time == in.Time {
				return &benchResult{}, nil
			}
			return nil, nil
		}, join),
		newTypedCase(t, "chain", master([]engine.Element{benchElement(&BenchNext{Time: 2}, leaves(3))}),
			func(_ context.Context, in *struct {
				BenchMaster
				Next []struct {
					BenchNext
					Matches []benchMatch
				}
			}) (benchResult, error) {
				return benchResult{in.Time, in.Next[0].Time, in.Next[0].Matches[2].X}, nil
			}, leat.Join(key, next), leat.Join(next, func(m benchMatch) int { return m.Time })),
		newTypedCase(t, "window", slices.Repeat(master(nil), 30),
			func(_ context.Context, in *struct{ List []BenchMaster }) (benchResult, error) {
				return benchResult{in.List[0].Time, len(in.List), in.List[29].X}, nil
			}, leat.WindowCount(30)),
	}
}

func benchElement(value any, matches ...[]engine.Element) engine.Element {
	return engine.Element{Value: value, Record: &broker.Record{}, Matches: matches}
}

func newTypedCase[In, Out any](
	t testing.TB, name string, masters []engine.Element, fn func(context.Context, *In) (Out, error),
	options ...leat.Option,
) typedCase {
	t.Helper()
	streams := memory.New(memory.Stream[BenchMaster]("masters"), memory.Stream[BenchNext]("next"),
		memory.Stream[benchMatch]("matches"), memory.Stream[benchResult]("results"))
	m := declaration.New(declaration.Public{}, append(options, leat.Broker(streams)))
	spec, err := build.Spec(call.NewTyped(fn), m)
	if err != nil {
		t.Fatal(err)
	}
	return typedCase{name, spec.NewFunction(), &engine.Call{Masters: masters}}
}

// TestTypedAllocations checks that calls don't allocate.
func TestTypedAllocations(t *testing.T) {
	ctx, emit := t.Context(), func(int, any) error { return nil }
	for _, c := range typedCases(t) {
		allocations := testing.AllocsPerRun(100, func() {
			if err := c.f.Call(ctx, c.call, emit); err != nil {
				t.Fatal(err)
			}
		})
		if allocations != 0 {
			t.Errorf("%s: %v allocations per call", c.name, allocations)
		}
	}
}

// BenchmarkTypedCall measures what BenchmarkCall does for functions made by Typed, and for a loop written by hand.
func BenchmarkTypedCall(b *testing.B) {
	cases := typedCases(b)
	cases = append(cases, typedCase{"by hand", &byHand{}, cases[2].call})
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			ctx, emit := b.Context(), func(int, any) error { return nil }
			b.ReportAllocs()
			for b.Loop() {
				if err := c.f.Call(ctx, c.call, emit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// byHand does what the case "one" does.
type byHand struct{ result benchResult }

func (f *byHand) Call(_ context.Context, c *engine.Call, emit engine.Emit) error {
	master := &c.Masters[0]
	m, r := master.Value.(*BenchMaster), master.Matches[0][0].Value.(*benchMatch)
	f.result = benchResult{m.Time, r.Time, r.X}
	return emit(0, &f.result)
}
