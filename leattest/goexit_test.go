package leattest_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

// R10: a test may fail inside of the mill's function, by t.Fatal or what is made of it. The run ends at once, with an
// error that says where; what was finished before is committed; and the test has failed.
func TestFatalInTheFunction(t *testing.T) {
	parcels := make([]Parcel, 12)
	for i := range parcels {
		parcels[i] = Parcel{i, i}
	}
	fatal := func(t testing.TB, p Parcel) {
		if p.Number == 9 {
			t.Fatalf("parcel 9")
		}
	}
	for name, mill := range map[string]func(t testing.TB, storage leat.Option, options ...leat.Option) (*leat.Mill, error){
		"positional": func(t testing.TB, storage leat.Option, options ...leat.Option) (*leat.Mill, error) {
			return leat.New(func(p Parcel) Due { fatal(t, p); return Due{Order: p.Number} }, append(options, storage)...)
		},
		"typed": func(t testing.TB, storage leat.Option, options ...leat.Option) (*leat.Mill, error) {
			return leat.New(leat.Typed(func(_ context.Context, in *struct{ Parcel }) (Due, error) {
				fatal(t, in.Parcel)
				return Due{Order: in.Number}, nil
			}), append(options, storage)...)
		},
		"iterator": func(t testing.TB, storage leat.Option, options ...leat.Option) (*leat.Mill, error) {
			return leat.New(func(p Parcel) iter.Seq[Due] {
				return func(yield func(Due) bool) {
					if yield(Due{Order: p.Number}) {
						fatal(t, p)
					}
				}
			}, append(options, storage)...)
		},
	} {
		for _, concurrency := range []int{1, 3} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begun := time.Now()
					got := failures(t, func(tb testing.TB) {
						b := leattest.New(tb, leattest.Stream(parcels), leattest.Result[Due](), leattest.TimeLimit(time.Minute))
						defer func() {
							var orders []int
							for _, due := range leattest.Results[Due](b) {
								orders = append(orders, due.Order)
							}
							if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(orders, want) {
								t.Errorf("committed are %v, want %v", orders, want)
							}
						}()
						b.Run(func(storage leat.Option) (*leat.Mill, error) {
							return mill(tb, storage, leat.Name("fatal"), leat.Concurrency(concurrency))
						})
					})
					if len(got) != 2 || got[0] != "parcel 9" || !strings.Contains(got[1], "leattest_test.Parcel[0]@9") ||
						!strings.Contains(got[1], "runtime.Goexit") || !strings.Contains(got[1], "_test.go:") {
						t.Errorf("the test fails with %q", got)
					}
					if waited := time.Since(begun); waited >= time.Minute {
						t.Errorf("the run took %v", waited)
					}
				})
			})
		}
	}
}
