package expression_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/expression"
)

// A condition holds where it is true: null isn't, nor is what can't be computed because of null. Null is called nil, too.
func TestHolds(t *testing.T) {
	type element struct {
		Price *float64 `json:"price"`
		Kind  string   `json:"kind"`
		On    *bool    `json:"on"`
	}
	price, on := 2.5, true
	for _, c := range []struct {
		text string
		of   element
		want bool
	}{
		{"price > 2", element{Price: &price}, true},
		{"price > 3", element{Price: &price}, false},
		{"price > 2", element{}, false},
		{"price == null", element{}, true},
		{"price != null", element{}, false},
		{"price != nil", element{Price: &price}, true},
		{"(price ?? 0) == 0 and kind == 'null'", element{Kind: "null"}, true},
		{"on", element{On: &on}, true},
		{"on", element{}, false},
		{"not on", element{On: &on}, false},
	} {
		p, err := expression.CompileStruct(c.text, reflect.TypeFor[element]())
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got, err := p.Holds(&c.of); err != nil || got != c.want {
			t.Errorf("%s of %+v: %v, %v, want %v", c.text, c.of, got, err, c.want)
		}
	}
	p, err := expression.CompileStruct("kind", reflect.TypeFor[element]())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckCondition(); err == nil || !strings.Contains(err.Error(), "kind is text, and must be true or false") {
		t.Errorf("the error is %v", err)
	}
	_, err = p.Holds(&element{Kind: "x"})
	if err == nil || !strings.Contains(err.Error(), "kind: it is text, and must be true or false") {
		t.Errorf("the error is %v", err)
	}
}
