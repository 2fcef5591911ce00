package observe

import "fmt"

// A Distance says how far an element is from the nearest of the other side, in a join with a reach (leat.Within), where
// that is too far.
type Distance struct {
	// By is the distance, which isn't negative: a number in the units of the keys, or a time.Duration between times; in
	// the JSON of leat.Unmatched that is a text, such as "27ms".
	By any `json:"by"`
	// Later says that the nearest is above the element's key, and not below it.
	Later bool `json:"later"`
	// Within says how far it may be on that side, for example "20ms".
	Within string `json:"within"`
}

// String returns "the nearest is 27ms later, within is 20ms".
func (d Distance) String() string {
	side := "earlier"
	if d.Later {
		side = "later"
	}
	return fmt.Sprintf("the nearest is %v %s, within is %s", d.By, side, d.Within)
}

// Apart says what keeps an element apart from those of the other side that are within its reach.
type Apart string

// What keeps elements apart.
const (
	// ByMatchKey: they have other match keys (leat.By).
	ByMatchKey Apart = "match_key"
	// ByEqualKeys: their order keys are equal, and those are left out (leat.Unequal).
	ByEqualKeys Apart = "equal_keys"
)
