package diagnosis

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// shifts are the remedies for keys that are apart by the same everywhere: the likeliest, if there is one that is
// likely.
//
// Where steps are irregular, what the keys are apart by shows by how many of them meet. On a grid they meet however far
// it is moved, and what tells is which shift lets the streams begin and end together, or is a round number. Where most
// of what lies between the ends of both meets as it is, only the former does.
func (j *join) shifts() []remedy {
	n := j.numeric()
	if n == nil || len(n.views) == 0 {
		return nil
	}
	search := newShiftSearch(n)
	var best *shift
	for _, by := range search.candidates() {
		c := search.try(by)
		if c.by != 0 && (best == nil || c.beats(best)) {
			best = c
		}
	}
	if best == nil || !search.likely(best) || !search.writable(best.by) || best.sense < agrees && j.asIs.rightMeets() {
		return nil
	}
	return []remedy{j.shift(n.amount(best.by))}
}

// A shift is something that is added to the left keys, and what comes of it.
type shift struct {
	by int64
	fit
	// sense is how much sense it makes.
	sense sense
	// round is the greatest round number that it is a multiple of.
	round int64
	// explains says that it is what a grid with holes says.
	explains bool
}

// A sense is how much sense a shift makes, apart from how many keys meet.
type sense int

const (
	// begins says that the streams begin together then, or end.
	begins sense = iota + 1
	// isRound says that it is a round number, and that there are few others that would do as well.
	isRound
	// agrees says that the streams begin and end together, as far as holes let them.
	agrees
)

// beats reports whether a shift is a better explanation than another one.
func (c *shift) beats(other *shift) bool {
	const same = 0.02
	if c.explains != other.explains {
		return c.explains
	}
	if gain := c.share() - other.share(); gain > same || gain < -same {
		return gain > 0
	}
	if more := float64(c.used - other.used); math.Abs(more) > 0.1*float64(other.used) {
		return more > 0
	}
	return cmp.Or(cmp.Compare(c.sense, other.sense), cmp.Compare(c.round, other.round), c.matched-other.matched) > 0
}

// A shiftSearch looks for shifts in the keys of one join.
type shiftSearch struct {
	*numeric
	// starts and ends are the shifts that let the parts of the streams begin and end together.
	starts, ends []int64
	// density is that of the right keys on the lattice of both, and possible is how many shifts there are at all.
	density, possible float64
	// rounds are round numbers, the greatest first.
	rounds []int64
	// holed says more of a grid with holes; nil where the keys are something else.
	holed *holedGrid
}

func newShiftSearch(n *numeric) *shiftSearch {
	s := &shiftSearch{numeric: n, rounds: n.rounds()}
	unit := int64(0)
	for i := range n.views {
		unit = gcd(gcd(unit, lattice(n.views[i].left)), lattice(n.views[i].right))
	}
	for i := range n.views {
		v := &n.views[i]
		if len(v.left) == 0 || len(v.right) == 0 {
			continue
		}
		first, last := [2]int64{v.left[0], v.right[0]}, [2]int64{v.left[len(v.left)-1], v.right[len(v.right)-1]}
		if v.fromStart {
			s.starts = append(s.starts, first[1]-first[0])
		}
		if v.toEnd {
			s.ends = append(s.ends, last[1]-last[0])
		}
		s.density = max(s.density, density(v.right, unit))
		s.possible = max(s.possible, float64(last[0]-first[0]+last[1]-first[1])/float64(max(unit, 1))+1)
	}
	if unit > 0 {
		s.holed = newHoledGrid(s, unit)
	}
	return s
}

// candidates returns the shifts that may be it.
func (s *shiftSearch) candidates() (candidates []int64) {
	candidates = append(candidates, s.starts...)
	candidates = append(candidates, s.ends...)
	if low, high, ok := s.between(); ok {
		for _, round := range s.rounds {
			if first := ceiling(low, round); first <= high {
				candidates = append(candidates, first)
			}
		}
	}
	if s.holed != nil {
		candidates = append(candidates, s.holed.likeliest)
	}
	times := map[int64]int{}
	for _, v := range s.views {
		for _, left := range spread(v.left, 48) {
			for _, right := range v.right {
				times[right-left]++
			}
		}
	}
	candidates = append(candidates, counted(times, 32)...)
	slices.Sort(candidates)
	return slices.Compact(candidates)
}

// between returns the least and the greatest of the shifts that let the streams begin or end together.
func (s *shiftSearch) between() (low, high int64, ok bool) {
	all := slices.Concat(s.starts, s.ends)
	if len(all) == 0 {
		return 0, 0, false
	}
	return slices.Min(all), slices.Max(all), true
}

// ceiling returns the first multiple of a unit that is not below a number.
func ceiling(at, unit int64) int64 {
	rest := at % unit
	if rest > 0 {
		rest -= unit
	}
	return at - rest
}

// rounds returns the round numbers, the greatest first: powers of ten, and days, hours, halves and quarters of them,
// and minutes, if the keys are seconds or a thousandth, a millionth or a thousand-millionth of them.
func (n *numeric) rounds() (rounds []int64) {
	for _, unit := range []int64{1, 1e3, 1e6, 1e9} {
		for _, seconds := range []int64{60, 900, 1800, 3600, 86_400} {
			round := new(big.Rat).Mul(n.perOne, new(big.Rat).SetInt64(seconds*unit))
			if round.IsInt() && round.Num().IsInt64() {
				rounds = append(rounds, round.Num().Int64())
			}
		}
	}
	for power := int64(10); power < mostTicks/10; power *= 10 {
		rounds = append(rounds, power)
	}
	slices.Sort(rounds)
	slices.Reverse(rounds)
	return slices.Compact(rounds)
}

// round returns the greatest round number that a shift is a multiple of.
func (s *shiftSearch) round(by int64) int64 {
	for _, round := range s.rounds {
		if by%round == 0 {
			return round
		}
	}
	return 1
}

// try says what comes of a shift.
func (s *shiftSearch) try(by int64) *shift {
	c := &shift{by: by, fit: s.shifted(by), round: s.round(by)}
	c.explains = s.holed.explains(c)
	low, high, _ := s.between()
	starts, ends := slices.Contains(s.starts, by), slices.Contains(s.ends, by)
	switch {
	case c.explains, s.holed == nil && starts && ends:
		c.sense = agrees
	case c.round/4 >= high-low:
		c.sense = isRound
	case starts || ends:
		c.sense = begins
	}
	return c
}

// likely reports whether a shift is likely to be it: where chance can't have made so many keys meet, or nearly all of
// them do and it makes sense. Of the right keys that counts only if the streams begin and end together: holes on the
// right leave room for many a round number.
func (s *shiftSearch) likely(c *shift) bool {
	if c.share() < least || c.matched < 3 {
		return false
	}
	if c.explains {
		return true
	}
	return surprise(c.matched, c.comparable, s.density)-math.Log(s.possible) > sure ||
		c.sense >= isRound && c.share() >= much || c.sense == agrees && s.rightShare(c) >= much
}

// rightShare returns which share of the right keys meets by a shift. Where elements are missing on the right it tells
// more than the share of the left keys.
func (s *shiftSearch) rightShare(c *shift) float64 {
	var back fit
	for i := range s.views {
		v := s.views[i]
		v.left, v.right = v.right, v.left
		back = back.and(v.shifted(-c.by))
	}
	return back.share()
}

// writable reports whether somebody would write a number to mend a join: one of few digits, or one that is small beside
// the keys, but not the distance between the origins of two scales.
func (s *shiftSearch) writable(by int64) bool {
	digits := strings.Trim(strings.Replace(decimal(s.amount(max(by, -by))), ".", "", 1), "0")
	return len(digits) <= 7 || 100*math.Abs(float64(by)) <= s.farthest
}

func (j *join) shift(by *big.Rat) remedy {
	sign := "+"
	larger, smaller := j.child.Name, j.child.Parent.Name
	if by.Sign() < 0 {
		by, sign = by.Neg(by), "-"
		larger, smaller = smaller, larger
	}
	amount := j.numeric().text(by)
	what := fmt.Sprintf("the keys of %s are those of %s and %s more", larger, smaller, amount)
	if j.numeric().times {
		amount = fmt.Sprintf("duration(%q)", amount)
	}
	left := fmt.Sprintf("%s %s %s", termOf(j.child.Left.String()), sign, amount)
	return rewrite(Shift, what, left, j.child.Right.String())
}
