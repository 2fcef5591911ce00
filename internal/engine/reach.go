package engine

import "github.com/leat-go/leat/observe"

// A Reach says which right keys are within the reach of a left key (R2): those from left + lo to left + hi. Its
// functions are exact: none of them overflows.
type Reach[K any] struct {
	// Low and High compare a right key with left + lo and left + hi. Low is nil where the reach has no lower bound, and
	// High where it has no upper one.
	Low, High func(left, right K) int
	// Farther reports whether after, a right key above left, is at least as far from it as before, one below. It is nil
	// for keys that have no distances; the reach is zero then.
	Farther func(left, before, after K) bool
	// Start and End return the keys at the lower and the upper end of the reach of a left key, and Mirror the one that is
	// as far above a left key as another is below it; the nearest that there is where it would overflow. They are for what
	// people are told and for idle streams, and nil where that isn't known.
	Start, End func(left K) K
	Mirror     func(left, before K) K
	// Between returns how far b is above a, which is no less, as [observe.Distance] has it, and Before and After are
	// the bounds as texts: how far a right key may be below a left one, and above it. Between is nil where distances
	// aren't known.
	Between       func(a, b K) any
	Before, After string
}

// A ReachSpec describes an edge with a reach or match keys.
type ReachSpec[K any] struct {
	// Left and Right compute the keys, over a parent's and a child's element, as those of KeyEdge.
	Left, Right func(element any) (K, error)
	Compare     func(a, b K) int
	Reach       Reach[K]
	// By makes the match keys for one task; nil without any.
	By func() MatchKeys
	// Unique promises at most one element per key and match keys on the right.
	Unique bool
}

// ReachEdge returns a constructor of edges whose parent's elements match the child's within a reach, or by match keys.
func ReachEdge[K any](spec ReachSpec[K]) func() Edge {
	return func() Edge {
		e := &reachEdge[K]{reach: spec.Reach}
		e.left = side[K]{keyOf: spec.Left}
		e.right = side[K]{keyOf: spec.Right, right: true, unique: spec.Unique && spec.By == nil}
		e.compare = spec.Compare
		if spec.By != nil {
			e.by, e.unique = spec.By(), spec.Unique
		}
		return e
	}
}

// A reachEdge keeps the right keys of the group, since they differ.
type reachEdge[K any] struct {
	keyEdge[K]
	reach Reach[K]
	by    MatchKeys // nil without match keys
	// isNull says that the match key of the left side is null, and wasNull that it was for the key before.
	isNull, wasNull bool
	// unique promises at most one element per key and match keys; noted says that the right key's are among those that
	// the match keys have noted for that.
	unique, noted bool
	// keys are the right keys of the group.
	keys queue[K]
	// last is the right key of the last candidate or of the last element that was passed over, for verdicts.
	last    K
	hasLast bool
	// isSelecting says that not all within reach are candidates, isUnequal that those with equal keys aren't, isEarly that a
	// match may be certain before all within reach was read, and isExcluding that there must be none. lacking are the
	// incomplete elements then, and lackingKeys their right keys.
	isSelecting, isUnequal, isEarly, isExcluding bool
	lacking                                      lacking
	lackingKeys                                  queue[K]
}

// order returns where a right key lies: above the reach of a left one (negative), within it, or below (positive).
func (e *reachEdge[K]) order(left, right K) int {
	switch {
	case e.reach.Low != nil && e.reach.Low(left, right) < 0:
		return 1
	case e.reach.High != nil && e.reach.High(left, right) > 0:
		return -1
	}
	return 0
}

func (e *reachEdge[K]) Compare() int { return e.order(e.left.key, e.right.key) }

// SetLeft implements [Edge]. A key counts in the order also where a match key is null.
func (e *reachEdge[K]) SetLeft(parent any) (null bool, err error) {
	if null, err = e.left.set(parent, e.compare); null || err != nil || e.by == nil {
		return null, err
	}
	if null, err = e.by.setLeft(parent); err != nil {
		e.left.undo()
		return false, &KeyError{Err: err, By: true}
	}
	if e.wasNull, e.isNull = e.isNull, null; null {
		e.noteProbed() // this one doesn't
	}
	return null, nil
}

// SetRight implements [Edge].
func (e *reachEdge[K]) SetRight(child any) (null bool, err error) {
	hadKey, before := e.right.hasKey, e.right.key
	e.noted = false
	if null, err = e.right.set(child, e.compare); null || err != nil || e.by == nil {
		return null, err
	}
	if null, err = e.by.setRight(child); err != nil {
		e.right.undo()
		return false, &KeyError{Right: true, Err: err, By: true}
	}
	if !e.unique || null {
		return null, nil
	}
	if e.noted = e.by.note(!hadKey || e.compare(before, e.right.key) != 0); e.noted {
		return false, nil
	}
	key := e.right.key
	e.right.undo()
	return false, &KeyError{Right: true, Key: key, Previous: key, Unique: true, By: true}
}

// UndoLeft implements [Edge]. The match key isn't looked at before the next one is set.
func (e *reachEdge[K]) UndoLeft() {
	e.isNull = e.wasNull
	e.left.undo()
}

// UndoRight implements [Edge].
func (e *reachEdge[K]) UndoRight() {
	e.right.undo()
	if e.noted {
		e.by.forget()
	}
}

// Add implements [Edge].
func (e *reachEdge[K]) Add() {
	e.matched, e.hasMatched = e.left.key, true
	e.last, e.hasLast = e.right.key, true
	e.keys.add(e.right.key)
}

func (e *reachEdge[K]) overtake() {
	e.matched, e.hasMatched = e.left.key, true
	e.last, e.hasLast = e.right.key, true
	e.keys.items[0] = e.right.key
}

// DropBelow implements [Edge]: the group slides on.
func (e *reachEdge[K]) DropBelow([]Element) (int, error) {
	if e.reach.Low == nil {
		return 0, nil
	}
	below := 0
	for below < len(e.keys.items) && e.reach.Low(e.left.key, e.keys.items[below]) < 0 {
		below++
	}
	e.keys.drop(below)
	return below, nil
}

// at returns the right key of a candidate, or the right key at hand.
func (e *reachEdge[K]) at(i int) K {
	if i == atHand {
		return e.right.key
	}
	return e.keys.items[i]
}

func (e *reachEdge[K]) hasRight() bool  { return e.right.hasKey }
func (e *reachEdge[K]) keyOf(i int) any { return e.at(i) }
func (e *reachEdge[K]) side(i int) int  { return e.compare(e.at(i), e.left.key) }

func (e *reachEdge[K]) below(i int) bool {
	return e.reach.Low != nil && e.reach.Low(e.left.key, e.at(i)) < 0
}

func (e *reachEdge[K]) atHigh(i int) int {
	if e.reach.High == nil {
		return -1
	}
	return e.reach.High(e.left.key, e.at(i))
}

func (e *reachEdge[K]) farther(before, after int) bool {
	return e.reach.Farther(e.left.key, e.at(before), e.at(after))
}

func (e *reachEdge[K]) keepsAll() bool { return e.reach.Low == nil }

func (e *reachEdge[K]) matchKeys() MatchKeys { return e.by }

func (e *reachEdge[K]) forget(n int) { e.keys.drop(n) }

func (e *reachEdge[K]) keep(indexes []int) { e.keys.keep(indexes) }

// noteProbed notes the parent before the one at hand as one that has probed, unless it has bypassed the edge: where it has
// matched what was in the group, nothing else says so.
func (e *reachEdge[K]) noteProbed() {
	h, before := &e.history, e.left.previous
	if !e.left.hadPrevious || e.wasNull || h.hasBypassed && e.compare(h.bypassed[1], before) == 0 {
		return
	}
	if !h.hasMissed || e.compare(before, h.missed) > 0 {
		h.missed, h.hasMissed = before, true
	}
}

// Bypass implements [Edge].
func (e *reachEdge[K]) Bypass() {
	e.noteProbed()
	e.keyEdge.Bypass()
}

// PassOver implements [Edge].
func (e *reachEdge[K]) PassOver(keys *Neighbours) Verdict {
	e.noteProbed()
	h, key := &e.history, e.right.key
	e.last, e.hasLast = key, true
	before, ok := e.probed()
	after, verdict := e.left.key, Gap
	inReach := ok && e.order(before, key) == 0
	if inReach && e.by == nil && !(e.isUnequal && e.compare(before, key) == 0) {
		verdict = NotTaken // the parent was certain of its match without it
		if e.isExcluding {
			verdict = Excluded
		}
	} else if e.bypassing() {
		switch first, last := h.bypassed[0], h.bypassed[1]; {
		case e.order(last, key) < 0:
			before, ok = last, true
		case h.open || e.order(first, key) <= 0:
			verdict, before, after, ok = Incomplete, first, last, !h.open
		default:
			after = first
		}
	}
	isFirst := !ok && !h.follows[0]
	switch {
	case verdict != Gap:
	case inReach && e.isEarly:
		verdict = NotTaken // or has other match keys, or an equal key: nobody has looked
	case isFirst:
		verdict = Behind
	}
	if keys == nil {
		return verdict
	}
	*keys = Neighbours{Key: key, After: after}
	if ok {
		keys.Before = before
	}
	if (verdict == Gap || verdict == Behind) && !inReach && (ok || isFirst) {
		keys.Distance = e.distanceOfRight(key, before, after, ok)
	}
	return verdict
}

// distanceOfRight returns how far the nearest left key is from a right one that lies within reach of none: of the parents
// before it, where there are some, and after it.
func (e *reachEdge[K]) distanceOfRight(right, before, after K, hasBefore bool) *observe.Distance {
	switch {
	case e.reach.Between == nil:
		return nil
	case hasBefore && !e.isNearer(right, before, after):
		after = before
	}
	return e.distance(right, after, e.reach.After, e.reach.Before)
}

// NoteIncomplete implements [Edge].
func (e *reachEdge[K]) NoteIncomplete() {
	e.last, e.hasLast = e.right.key, true
	if !e.isSelecting {
		e.history.incomplete, e.history.hasIncomplete = e.right.key, true
		return
	}
	if keys := &e.lackingKeys; e.lacking.isFull() {
		keys.keep(e.lacking.compact(func(i, j int) bool { return e.compare(keys.items[i], keys.items[j]) == 0 }))
	}
	e.lacking.add(e.valueOf(MatchKeys.rightValue))
	e.lackingKeys.add(e.right.key)
}

// valueOf returns a value of the match keys; nil where there are none.
func (e *reachEdge[K]) valueOf(side func(MatchKeys) any) any {
	if e.by == nil {
		return nil
	}
	return side(e.by)
}

func (e *reachEdge[K]) selects(unequal, early, excludes bool) {
	e.isSelecting, e.isUnequal, e.isEarly, e.isExcluding = true, unequal, early, excludes
}

func (e *reachEdge[K]) because(about *unmatched) {
	e.lacking.items[len(e.lacking.items)-1].about = about
}

func (e *reachEdge[K]) cause() *unmatched { return e.lacking.cause }

// lacksOnly reports whether a left key would have a match were it not incomplete.
func (e *reachEdge[K]) lacksOnly(left K) bool {
	if !e.isSelecting {
		return e.history.hasIncomplete && e.order(left, e.history.incomplete) == 0
	}
	keys := &e.lackingKeys
	if e.reach.Low != nil {
		keys.drop(e.lacking.dropBelow(func(i int) bool { return e.reach.Low(left, keys.items[i]) < 0 }))
	}
	return e.lacking.find(e.valueOf(MatchKeys.leftValue), func(i int) bool {
		return e.order(left, keys.items[i]) == 0 && !(e.isUnequal && e.compare(left, keys.items[i]) == 0)
	})
}

// Miss implements [Edge].
func (e *reachEdge[K]) Miss(above bool, keys *Neighbours) Verdict {
	h, key := &e.history, e.left.key
	h.missed, h.hasMissed = key, true
	if keys != nil {
		*keys = Neighbours{Key: key}
	}
	if e.lacksOnly(key) {
		return Incomplete
	}
	last, hasLast := e.last, e.hasLast
	if above && e.isUnequal && e.right.hasKey && e.order(key, e.right.key) == 0 {
		last, hasLast = key, true // certain at an equal key, which is no candidate
	}
	if keys != nil {
		if hasLast {
			keys.Before = last
		}
		if above && e.right.hasKey && (!hasLast || e.compare(e.right.key, last) != 0) {
			keys.After = e.right.key
		}
		if hasLast && e.order(key, last) == 0 {
			keys.Apart = observe.ByEqualKeys // or by match keys, which the node knows
		} else {
			keys.Distance = e.distanceOfLeft(key, keys.After != nil)
		}
	}
	switch {
	case !above:
		return Ended
	case hasLast || h.follows[1]:
		return Gap
	}
	return Behind
}

// ResumeRight implements [Edge].
func (e *reachEdge[K]) ResumeRight() { e.last, e.hasLast = e.right.key, true }

// distanceOfLeft returns how far the nearest right key is from a left one that has none within reach: the last one, or
// where hasAfter the one at hand.
func (e *reachEdge[K]) distanceOfLeft(left K, hasAfter bool) *observe.Distance {
	switch {
	case e.reach.Between == nil:
		return nil
	case hasAfter && (!e.hasLast || e.isNearer(left, e.last, e.right.key)):
		return e.distance(left, e.right.key, e.reach.Before, e.reach.After)
	case e.hasLast:
		return e.distance(left, e.last, e.reach.Before, e.reach.After)
	}
	return nil
}

// isNearer reports whether the second of two keys, which isn't below the first, is nearer to a key than that one.
func (e *reachEdge[K]) isNearer(key, first, second K) bool {
	switch {
	case e.compare(first, key) > 0:
		return false
	case e.compare(second, key) <= 0:
		return true
	}
	return !e.reach.Farther(key, first, second)
}

// distance returns how far a key is from the nearest of the other side, which may be below it and above it as far as is
// said; nil where that isn't known.
func (e *reachEdge[K]) distance(key, nearest K, below, above string) *observe.Distance {
	switch {
	case e.reach.Between == nil:
		return nil
	case e.compare(nearest, key) > 0:
		return &observe.Distance{By: e.reach.Between(key, nearest), Later: true, Within: above}
	}
	return &observe.Distance{By: e.reach.Between(nearest, key), Within: below}
}
