package diagnosis

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// A nearness is how near to the left keys the nearest right ones lie.
type nearness struct {
	// near counts the left keys that have one near, of the comparable ones.
	near, comparable int
	// from and to are between what the right keys lie behind theirs.
	from, to int64
}

// nearness returns how near the keys of the two sides are; false where they are no nearer than chance has it.
func (n *numeric) nearness() (near nearness, ok bool) {
	var apart []int64
	step, rightStep := int64(math.MaxInt64), int64(math.MaxInt64)
	for i := range n.views {
		v := &n.views[i]
		apart = append(apart, v.distances()...)
		for _, s := range []int64{usualStep(v.left), usualStep(v.right)} {
			if s > 0 {
				step = min(step, s)
			}
		}
		if s := usualStep(v.right); s > 0 {
			rightStep = min(rightStep, s)
		}
	}
	slices.SortFunc(apart, func(a, b int64) int { return cmp.Compare(max(a, -a), max(b, -b)) })
	likely := float64(sure)
	for i, d := range apart {
		reach := max(d, -d)
		if 20*float64(reach) > 9*float64(step) {
			break
		}
		chance := min(1, float64(2*reach+1)/float64(rightStep))
		if by := surprise(i+1, len(apart), chance); by >= likely {
			likely = by
			near = nearness{near: i + 1, comparable: len(apart), from: slices.Min(apart[:i+1]), to: slices.Max(apart[:i+1])}
		}
	}
	return near, float64(near.near) > least*float64(near.comparable) && near.from < near.to
}

// distances returns what the nearest right key lies behind each comparable left one.
func (v *numericView) distances() (apart []int64) {
	for _, left := range v.left {
		at, _ := slices.BinarySearch(v.right, left)
		switch {
		case len(v.right) == 0, at == 0 && !v.fromStart, at == len(v.right) && !v.toEnd:
		case at == 0, at < len(v.right) && v.right[at]-left < left-v.right[at-1]:
			apart = append(apart, v.right[at]-left)
		default:
			apart = append(apart, v.right[at-1]-left)
		}
	}
	return apart
}

// A rounded is a way to round the keys of one side or of both to multiples of a unit.
type rounded struct {
	unit        int64
	left, right func(key int64) int64 // nil for keys as they are
	names       [2]string
	fit
	// merged is the greatest share of different keys of a side that became equal to others.
	merged float64
	// spread is the share of the unit that what was rounded away lies in, of all keys that were.
	spread float64
	keys   int
}

// roundings are the remedies for keys that are near each other, but never equal, or have more decimals on one side:
// those that round to the scale of the data. near says that the keys lie near each other, and how.
func (j *join) roundings() (remedies []remedy, near *nearness) {
	n := j.numeric()
	if n == nil {
		return nil, nil
	}
	if found, ok := n.nearness(); ok {
		near = &found
	}
	var ways []*rounded
	for _, unit := range n.units() {
		for _, way := range n.roundedWays(unit) {
			if n.round(way); n.suits(way, near) {
				ways = append(ways, way)
			}
		}
	}
	slices.SortStableFunc(ways, func(a, b *rounded) int {
		return cmp.Or(cmp.Compare(math.Round(50*a.merged), math.Round(50*b.merged)), a.sides()-b.sides(),
			cmp.Compare(b.unit, a.unit), b.matched-a.matched)
	})
	what := fmt.Sprintf("the keys of %s and %s are near each other, but not equal", j.child.Parent.Name, j.child.Name)
	if near != nil {
		what += ": " + n.lies(near, j.child.Name)
	}
	for _, way := range ways[:min(len(ways), 3)] {
		remedies = append(remedies, rewrite(Rounding, what,
			n.rounding(j.child.Left.String(), way.names[0], way.unit),
			n.rounding(j.child.Right.String(), way.names[1], way.unit)))
	}
	return remedies, near
}

// lies says where the nearest keys of a stream lie.
func (n *numeric) lies(near *nearness, right string) string {
	from, to := near.from, near.to
	switch {
	case from >= 0:
		return fmt.Sprintf("the nearest key of %s lies %s to %s after", right, decimal(n.amount(from)), decimal(n.amount(to)))
	case to <= 0:
		return fmt.Sprintf("the nearest key of %s lies %s to %s before", right, decimal(n.amount(-to)),
			decimal(n.amount(-from)))
	}
	return fmt.Sprintf("the nearest key of %s lies up to %s before or %s after", right, decimal(n.amount(-from)),
		decimal(n.amount(to)))
}

// units returns what keys may be rounded to: powers of ten, and what all keys of one side are multiples of.
func (n *numeric) units() (units []int64) {
	for unit := int64(10); unit < mostTicks/10; unit *= 10 {
		units = append(units, unit)
	}
	for _, keys := range [][]int64{n.all((*numericView).leftTicks), n.all((*numericView).rightTicks)} {
		if unit := lattice(keys); unit > 1 {
			if unit = gcd(unit, n.rest(unit)(keys[0])); unit > 1 {
				units = append(units, unit)
			}
		}
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// roundedWays returns the ways to round to a unit.
func (n *numeric) roundedWays(unit int64) []*rounded {
	below, nearest := n.below(unit), n.nearest(unit)
	return []*rounded{
		{unit: unit, right: nearest, names: [2]string{"", "round"}},
		{unit: unit, left: nearest, names: [2]string{"round", ""}},
		{unit: unit, right: below, names: [2]string{"", "floor"}},
		{unit: unit, left: below, names: [2]string{"floor", ""}},
		{unit: unit, left: nearest, right: nearest, names: [2]string{"round", "round"}},
		{unit: unit, left: below, right: below, names: [2]string{"floor", "floor"}},
	}
}

func (r *rounded) sides() (sides int) {
	for _, name := range r.names {
		if name != "" {
			sides++
		}
	}
	return sides
}

// round finds out what comes of a way to round.
func (n *numeric) round(way *rounded) {
	after := &numeric{}
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for _, v := range n.views {
		left, mergedLeft := roundAll(v.left, way.left)
		right, mergedRight := roundAll(v.right, way.right)
		after.views = append(after.views, numericView{left, right, v.fromStart, v.toEnd})
		for _, side := range []struct {
			keys  []int64
			round func(key int64) int64
		}{{v.left, way.left}, {v.right, way.right}} {
			for _, key := range side.keys {
				if side.round != nil {
					rest := key - side.round(key)
					least, most = min(least, rest), max(most, rest)
					way.keys++
				}
			}
		}
		way.merged = max(way.merged, min(mergedLeft, mergedRight))
		if way.sides() == 1 {
			way.merged = max(way.merged, mergedLeft, mergedRight)
		}
	}
	way.fit = after.shifted(0)
	way.spread = float64(most-least+1) / float64(way.unit)
}

func roundAll(keys []int64, round func(key int64) int64) (after []int64, merged float64) {
	if round == nil || len(keys) == 0 {
		return keys, 0
	}
	for _, key := range keys {
		after = append(after, round(key))
	}
	after = slices.Compact(after)
	return after, 1 - float64(len(after))/float64(len(keys))
}

// suits reports whether a way to round may be right: where keys are near each other, all of these must meet, as some
// else lie on the other side of a border, and where both are rounded, they must lie about multiples of the unit, as the
// next ones would lie beyond a border otherwise; and where one side has fewer decimals, those of the other are cut off
// or rounded.
func (n *numeric) suits(way *rounded, near *nearness) bool {
	if way.matched < 3 || way.sides() == 2 && (way.merged > 0.1 || surprise(way.keys, way.keys, way.spread) < sure) {
		return false
	}
	if near != nil && way.share() >= 0.995*float64(near.near)/float64(near.comparable) && way.merged < 0.1 {
		return true
	}
	return way.sides() == 1 && way.share() >= least && n.hasDecimals(way)
}

// hasDecimals reports whether it is decimals that a way to round takes away: from the side that it rounds, while the
// other doesn't have them. Keys that all have the same ones were not rounded, nor were those on a grid that isn't the
// other side's.
func (n *numeric) hasDecimals(way *rounded) bool {
	if one := n.one(); one == 0 || one%way.unit != 0 {
		return false
	}
	coarse, fine := n.all((*numericView).leftTicks), n.all((*numericView).rightTicks)
	if way.left != nil {
		coarse, fine = fine, coarse
	}
	step := lattice(fine)
	if step%way.unit == 0 || step == usualStep(fine) && way.unit%step != 0 {
		return false // keys of a clock of its own have other decimals than those that were taken away from the other side
	}
	rest := n.rest(way.unit)
	return !slices.ContainsFunc(coarse, func(key int64) bool { return rest(key) != 0 })
}

// rounding writes an expression rounded to a unit by a function; as it is if that is empty.
func (n *numeric) rounding(of, function string, unit int64) string {
	if function == "" {
		return of
	}
	size := n.amount(unit)
	switch {
	case size.Cmp(big.NewRat(1, 1)) == 0:
		return fmt.Sprintf("%s(%s)", function, of)
	case size.Num().IsInt64() && size.Num().Int64() == 1:
		return fmt.Sprintf("%s(%s * %v) / %v", function, factorOf(of), size.Denom(), size.Denom())
	}
	return fmt.Sprintf("%s(%s / %s) * %s", function, factorOf(of), decimal(size), decimal(size))
}
