package engine

// nearestIsCertain implements [selector].
func (e *reachEdge[K]) nearestIsCertain(isNext, unique bool) (certain, isEarly bool) {
	if !e.right.hasKey {
		return false, false
	}
	keys, left, right := e.keys.items, e.left.key, e.right.key
	if e.reach.High != nil {
		if high := e.reach.High(left, right); high > 0 || high == 0 && unique && !isNext {
			return true, false
		}
	}
	if len(keys) == 0 {
		return false, false
	}
	first := e.compare(keys[0], left)
	switch {
	case first > 0, len(keys) > 1 && !e.reach.Farther(left, keys[0], keys[1]):
		isEarly = true
	case e.compare(right, left) <= 0:
		isEarly = first == 0 && unique
	default:
		isEarly = first == 0 || e.reach.Farther(left, keys[0], right)
	}
	return isEarly, isEarly
}
