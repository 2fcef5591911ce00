package diagnosis

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
)

// AddHint adds to the error of a run what would mend it, where that shows in the error alone: keys that fall as text
// may grow as numbers or as instants, and others are those of a stream that is out of order.
func AddHint(err error) error {
	at, ok := errors.AsType[*engine.KeyError](err)
	if !ok || at.Unique {
		return err
	}
	key, okKey := at.Key.(expression.Key)
	before, okBefore := at.Previous.(expression.Key)
	if !okKey || !okBefore {
		return err
	}
	later, okKey := key.Text()
	earlier, okBefore := before.Text()
	if okKey && okBefore {
		if function, what := growsBy(earlier, later); function != "" {
			return fmt.Errorf("%w; these are texts, and as %s they grow: write %s(…) around the keys on both sides of the join",
				err, what, function)
		}
	}
	return fmt.Errorf("%w; with sort: a stream is put in order as it is read, and leat check says how far "+
		"it is out of order", err)
}

// growsBy returns the function by which one text is less than another, and what it makes of them; empty where there is
// none.
func growsBy(earlier, later string) (function, what string) {
	a, okA := numberIn(earlier)
	b, okB := numberIn(later)
	if okA && okB && a.Cmp(b) < 0 {
		if a.IsInt() && b.IsInt() {
			return "int", "numbers"
		}
		return "float", "numbers"
	}
	from, errFrom := time.Parse(time.RFC3339, earlier)
	to, errTo := time.Parse(time.RFC3339, later)
	if errFrom == nil && errTo == nil && from.Before(to) {
		return "date", "instants"
	}
	return "", ""
}

// numberIn returns the number that a text is: digits with a decimal point or without.
func numberIn(text string) (*big.Rat, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789.") != "" || !strings.ContainsAny(digits[:1], "0123456789") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
