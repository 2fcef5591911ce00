package diagnosis

import "math"

// sure is how unlikely, as a negative natural logarithm, chance must be before something counts as a mistake.
const sure = 7

// surprise returns how unlikely it is, as a negative natural logarithm, that k or more of n trials of probability p
// come out well. (It is Chernoff's bound, so it never overstates.)
func surprise(k, n int, p float64) float64 {
	if n == 0 || p <= 0 {
		return 0
	}
	share := float64(k) / float64(n)
	if share <= p {
		return 0
	}
	divergence := share * math.Log(share/p)
	if share < 1 {
		divergence += (1 - share) * math.Log((1-share)/(1-p))
	}
	return float64(n) * divergence
}
