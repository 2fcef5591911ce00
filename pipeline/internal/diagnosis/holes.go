package diagnosis

import (
	"math"
	"slices"
)

// A holedGrid says how likely each shift is of keys that lie on one grid, of which some are missing here and there on
// either side. There nearly every shift lets as many keys meet as any other one, and the ends of the streams are as
// likely to be missing as what lies between, so that they agree on no shift, or on a wrong one. What is left to tell
// them apart is how many elements must be missing at the ends for a shift to be right, and that people are off by round
// numbers: by an hour, and not by 3,597 seconds.
type holedGrid struct {
	search *shiftSearch
	unit   int64
	// missing is which share of the keys between the ends of its side is missing, of the side with more holes.
	missing float64
	// density is which share of the grid the right keys take between their ends.
	density float64
	// likeliest is the likeliest shift, and posterior its share of what all shifts together are likely.
	likeliest int64
	posterior float64
}

const (
	// leastMissing is taken for the share of missing keys where hardly any are: streams begin later and end earlier for
	// other reasons than holes have.
	leastMissing = 0.01
	// roundness is how much likelier, as a logarithm, people are off by a round number than by any other.
	roundness = 3
	// mostBeyond is how many steps beyond what the ends say a shift is looked for, and mostSteps how far apart these may
	// be.
	mostBeyond, mostSteps = 64, 4000
)

// newHoledGrid returns what is known of a grid with holes; nil where the keys lie on no grid, or have no holes. unit is
// the greatest number that all steps of the keys are multiples of.
func newHoledGrid(s *shiftSearch, unit int64) *holedGrid {
	g := &holedGrid{search: s, unit: unit, density: 1}
	holes := 0
	for i := range s.views {
		v := &s.views[i]
		for side, keys := range [][]int64{v.left, v.right} {
			if len(keys) < 3 || usualStep(keys) != unit {
				return nil
			}
			points := int((keys[len(keys)-1]-keys[0])/unit) + 1
			taken := float64(len(keys)) / float64(points)
			holes += points - len(keys)
			g.missing = max(g.missing, 1-taken)
			if side == 1 {
				g.density = min(g.density, taken)
			}
		}
	}
	low, high, ok := s.between()
	if !ok || holes == 0 || high/unit-low/unit > mostSteps {
		return nil
	}
	g.missing = max(g.missing, leastMissing)
	g.weigh(low-mostBeyond*unit, high+mostBeyond*unit)
	return g
}

// weigh finds the likeliest shift from one to another one.
func (g *holedGrid) weigh(from, to int64) {
	var weights []float64
	most := math.Inf(-1)
	for by := from; by <= to; by += g.unit {
		weight := g.weight(by)
		if weights = append(weights, weight); weight > most {
			g.likeliest, most = by, weight
		}
	}
	all := 0.0
	for _, weight := range weights {
		all += math.Exp(weight - most)
	}
	g.posterior = 1 / all
}

// weight returns how likely a shift is, as a natural logarithm, but for what all have in common.
func (g *holedGrid) weight(by int64) float64 {
	weight := 0.0
	if round := g.search.round(by); round > g.unit {
		weight = math.Log(float64(round) / float64(g.unit)) // it stands for as many others
		if round/60 >= g.unit {
			weight += roundness
		}
	}
	for _, end := range slices.Concat(g.search.starts, g.search.ends) {
		// That something is missing at an end at all is as likely as anywhere. How much is missing then is anyone's guess.
		if steps := g.steps(end, by); steps > 0 {
			weight += math.Log(g.missing / steps)
		}
	}
	return weight + g.pattern(by)
}

// pattern returns how unlikely it is, as a negative logarithm, that so many keys meet by a shift, if chance can't have
// made it so: where both sides lack the same keys, it is these that tell.
func (g *holedGrid) pattern(by int64) float64 {
	unlikely := surprise(g.search.shifted(by).matched, g.search.overlap(by), g.density)
	if unlikely < sure+math.Log(g.search.possible) {
		return 0
	}
	return unlikely
}

// steps returns how many steps of the grid two shifts are apart.
func (g *holedGrid) steps(a, b int64) float64 {
	return math.Ceil(math.Abs(float64(a-b)) / float64(g.unit))
}

// beyond returns how many steps a shift is from the farthest one that the ends say.
func (g *holedGrid) beyond(by int64) (steps float64) {
	for _, end := range slices.Concat(g.search.starts, g.search.ends) {
		steps = max(steps, g.steps(end, by))
	}
	return steps
}

// explains reports whether a shift is the likeliest by far, and lets as many keys meet as the holes of the right side
// leave, but for chance.
func (g *holedGrid) explains(c *shift) bool {
	const byFar, deviations, byChance = 0.75, 3, 0.05
	if g == nil || c.by != g.likeliest || g.posterior < byFar {
		return false
	}
	// Near what the ends of any two streams say there may be a number that is somewhat round.
	steps := g.beyond(c.by)
	if steps > 0 && (2*steps+1)*float64(g.unit) > byChance*float64(c.round) && g.pattern(c.by) == 0 {
		return false
	}
	overlap := float64(g.search.overlap(c.by))
	return float64(c.matched) >= overlap*g.density-deviations*math.Sqrt(overlap*g.density*(1-g.density))
}

// overlap counts the left keys that lie between the first and the last right ones with something added to them.
func (s *shiftSearch) overlap(by int64) (n int) {
	for i := range s.views {
		v := &s.views[i]
		for _, key := range v.left {
			if len(v.right) > 0 && key+by >= v.right[0] && key+by <= v.right[len(v.right)-1] {
				n++
			}
		}
	}
	return n
}
