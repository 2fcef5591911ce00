package suggest_test

import (
	"testing"

	"github.com/leat-go/leat/internal/suggest"
)

func TestFew(t *testing.T) {
	many := []string{"l", "k", "j", "i", "h", "g", "f", "e", "d", "c", "b", "a"}
	for _, test := range []struct {
		candidates []string
		want       string
	}{
		{nil, "; there are none"},
		{[]string{"items"}, "; there is items"},
		{[]string{"shelf", "items"}, "; there are items, shelf"},
		{[]string{"items", "order"}, ", did you mean order?"},
		{many, "; there are a, b, c, d, e, f, g, h, i, j and 2 more"},
	} {
		if got := suggest.Few("orders", test.candidates); got != test.want {
			t.Errorf("of %q: %q, want %q", test.candidates, got, test.want)
		}
	}
}
