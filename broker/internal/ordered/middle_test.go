package ordered_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// A value half way is one that the column can hold where there is one: the half of 3 and 8 is 5, not 5.5.
func TestMiddle(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		{"3", "8", "5"}, {"3", "9", "6"}, {"1", "1000", "500"}, {"-4", "-1", "-3"}, {"3", "4", "3.5"}, {"-1", "0", "-0.5"},
		{"0.5", "1", "0.75"}, {"'3'", "'8'", "'5'"}, {"2026-11-29", "2026-12-01", "2026-11-30"},
		{"2026-11-29 10:00:00", "2026-11-29 10:00:01", "2026-11-29 10:00:00.5"}, {"Berlin", "Paris", "I"},
		{"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000005", "00000000-0000-0000-0000-000000000002"},
	} {
		if got, ok := ordered.Middle(test.a, test.b); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("between %s and %s is %s, %v; want %q", test.a, test.b, got, ok, test.want)
		}
	}
}

// pairs are rows of two integer columns, in order.
type pairs []ordered.Key

func (rows pairs) First(context.Context) (ordered.Key, error) { return rows[0], nil }

func (rows pairs) LastBelow(_ context.Context, values ordered.Key) (last ordered.Key, err error) {
	for _, row := range rows {
		if len(values) == 0 || row[0] < values[0] {
			last = row
		}
	}
	return last, nil
}

func (rows pairs) Nth(context.Context, int, *ordered.Position) (ordered.Key, error) {
	panic("not asked for")
}

func (rows pairs) Middle(ctx context.Context, from, to ordered.Position) (ordered.Position, error) {
	return ordered.Between(ctx, rows, from.At, to.At, func(k ordered.Key) bool {
		return !slices.ContainsFunc(k, func(value string) bool { return strings.Contains(value, ".") })
	})
}

// Where the first column's values lie side by side, the second one is bisected from their border on.
func TestMiddleOfTwoColumns(t *testing.T) {
	n := ordered.NewNumbering(ordered.Origin{By: []string{"a", "b"}}, "")
	rows := pairs{{"5", "1"}, {"5", "2"}, {"5", "9"}, {"6", "1"}, {"6", "7"}}
	middle, err := n.Middle(t.Context(), rows, "", "")
	if want := `{"at":["5","9"],"after":true,"by":["a","b"]}`; err != nil || middle != want {
		t.Errorf("the middle is %s, %v; want %s", middle, err, want)
	}
}
