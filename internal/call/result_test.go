package call_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/leat-go/leat/internal/engine"
)

// threeResults yields three results, and between the last two an error where there is one.
func threeResults(failure error) iter.Seq2[benchResult, error] {
	return func(yield func(benchResult, error) bool) {
		if yield(benchResult{From: 1}, nil) && yield(benchResult{From: 2}, failure) {
			yield(benchResult{From: 3}, nil)
		}
	}
}

// TestResultsThatCannotBeWritten has the output refuse a result: the call returns why, and asks the function for no more.
func TestResultsThatCannotBeWritten(t *testing.T) {
	master := []engine.Element{benchElement(&BenchMaster{Time: 1})}
	results := []benchResult{{From: 1}, {From: 2}, {From: 3}}
	for _, c := range []typedCase{
		newTypedCase(t, "slice", master, func(context.Context, *BenchMaster) ([]benchResult, error) { return results, nil }),
		newTypedCase(t, "sequence", master, func(context.Context, *BenchMaster) (iter.Seq[benchResult], error) {
			return slices.Values(results), nil
		}),
		newTypedCase(t, "sequence with errors", master,
			func(context.Context, *BenchMaster) (iter.Seq2[benchResult, error], error) {
				return threeResults(nil), nil
			}),
	} {
		for refused := 1; refused <= 4; refused++ {
			var written []int
			err := c.f.Call(t.Context(), c.call, func(_ int, element any) error {
				if written = append(written, element.(*benchResult).From); len(written) == refused {
					return io.ErrShortWrite
				}
				return nil
			})
			if want := []int{1, 2, 3}[:min(refused, 3)]; !slices.Equal(written, want) {
				t.Errorf("%s: %v were written, want %v", c.name, written, want)
			}
			if (refused <= 3) != errors.Is(err, io.ErrShortWrite) || refused > 3 && err != nil {
				t.Errorf("%s, result %d refused: error %v", c.name, refused, err)
			}
		}
	}
	single := newTypedCase(t, "one", master, func(context.Context, *BenchMaster) (benchResult, error) { return benchResult{}, nil })
	if err := single.f.Call(t.Context(), single.call, func(int, any) error { return io.ErrShortWrite }); err != io.ErrShortWrite {
		t.Errorf("error %v", err)
	}
}

// TestSequencesThatFail has an error among the results of a sequence: what came before it is written, and nothing
// behind it. With the end of the stream, the result beside it is written as well.
func TestSequencesThatFail(t *testing.T) {
	master := []engine.Element{benchElement(&BenchMaster{Time: 1})}
	for _, c := range []struct {
		failure error
		want    []int
	}{
		{nil, []int{1, 2, 3}}, {io.ErrUnexpectedEOF, []int{1}}, {engine.EndOfStream, []int{1, 2}},
	} {
		f := newTypedCase(t, "", master, func(context.Context, *BenchMaster) (iter.Seq2[benchResult, error], error) {
			return threeResults(c.failure), nil
		})
		var written []int
		err := f.f.Call(t.Context(), f.call, func(_ int, element any) error {
			written = append(written, element.(*benchResult).From)
			return nil
		})
		if !slices.Equal(written, c.want) || !errors.Is(err, c.failure) {
			t.Errorf("with %v: %v were written, error %v, want %v", c.failure, written, err, c.want)
		}
	}
}
