package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
)

type left struct {
	Number int64  `json:"n" parquet:"n"`
	Time   int64  `json:"time" parquet:"time"`
	Symbol string `json:"symbol" parquet:"symbol,dict"`
}

type right struct {
	Time   int64  `json:"time" parquet:"time"`
	Symbol string `json:"symbol" parquet:"symbol,dict"`
	Value  int64  `json:"value" parquet:"value"`
}

type result struct {
	Number int64  `json:"n" parquet:"n"`
	Value  *int64 `json:"value" parquet:"value,optional"`
}

// A pair is a left element with its match, nil where it has none; a list is one with all of them.
type (
	pair struct {
		Left  left
		Match *right
	}
	list struct {
		Left    left
		Matches []right
	}
)

// join does a workload in Leat.
func join(ctx context.Context, j job) error {
	one := leat.Typed(func(_ context.Context, in *pair) (result, error) {
		if in.Match == nil {
			return result{Number: in.Left.Number}, nil
		}
		return result{in.Left.Number, &in.Match.Value}, nil
	})
	all := leat.Typed(func(_ context.Context, in *list) (result, error) { return summed(in.Left.Number, in.Matches), nil })
	l, r := func(l left) int64 { return l.Time }, func(r right) int64 { return r.Time }
	fn, option := any(one), leat.Option(nil)
	switch j.workload {
	case "as-of":
		option = leat.AsOf(l, r, leat.Within(asOfWithin, 0), leat.Optional())
	case "by":
		option = leat.AsOf(l, r, leat.Within(byWithin, 0), leat.Optional(),
			leat.By(func(l left) string { return l.Symbol }, func(r right) string { return r.Symbol }))
	case "interval":
		fn, option = all, leat.Join(l, r, leat.Within(intervalWithin, intervalWithin))
	case "left":
		fn, option = all, leat.Join(l, r, leat.Unique(), leat.Optional())
	case "nearest":
		option = leat.Join(l, r, leat.Within(nearestWithin, nearestWithin), leat.Nearest(), leat.Optional())
	default:
		return fmt.Errorf("there is no workload %q", j.workload)
	}
	files := file.New(parquet.Files(), file.At[left](j.path("left")), file.At[right](j.path("right")),
		file.At[result](j.path("output")))
	mill, err := leat.New(fn, leat.Broker(files), leat.Logger(slog.New(slog.DiscardHandler)), option)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

// summed is the result of an element with all its matches.
func summed(number int64, matches []right) result {
	if len(matches) == 0 {
		return result{Number: number}
	}
	total := int64(0)
	for i := range matches {
		total += matches[i].Value
	}
	return result{number, &total}
}
