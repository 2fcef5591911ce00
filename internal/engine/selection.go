package engine

// This file finds the matches of a parent's element where they aren't the whole group: where the edge takes one, has
// match keys, or leaves equal keys out (R2).
//
// Say an edge takes the last within 5 before, and the match key is the letter:
//
//	parents    7a   9b  13a
//	children   3a   4b   5a   8b  12b  14a
//
//	parent 7a    3a is within reach, and 4b, and 5a, which takes 3a's place; 8b is above     [4b 5a]   takes 5a
//	parent 9b    8b takes 4b's place, 12b is above                                           [5a 8b]   takes 8b
//	parent 13a   5a is out of reach; 12b takes 8b's place, 14a is above                      [12b]     takes none
//
// The group is in stream order, whatever the match keys: what is out of reach lies at its front. What another candidate
// has taken the place of may lie between others, and stays as a hole until it is at the front, or there are too many.

// A Take says which of the candidates of a parent's element are its matches.
type Take int

// The takes.
const (
	TakeAll Take = iota
	TakeFirst
	TakeLast
	TakeNearest
)

// A Need says what becomes of a parent's element by its matches.
type Need int

// The needs.
const (
	// NeedOne: an element without a match is incomplete.
	NeedOne Need = iota
	// NeedNone: it is complete with and without a match.
	NeedNone
	// NeedAbsent: an element with a match is incomplete.
	NeedAbsent
)

// atHand is, in place of the index of a candidate, the child's element that was read last.
const atHand = -1

// A selector is an edge that knows the keys of single candidates, by their indexes in the group; those that atHand may
// be given, too, say so.
type selector interface {
	Edge
	// hasRight reports whether there is a right key.
	hasRight() bool
	keyOf(i int) any
	// side compares the key of a candidate, or atHand, with the left key.
	side(i int) int
	// below reports whether a candidate is below the reach of the left key.
	below(i int) bool
	// atHigh compares the key of a candidate, or atHand, with the upper end of the reach.
	atHigh(i int) int
	// farther reports whether after, a candidate above the left key, or atHand, is as far from it as before, one below.
	farther(before, after int) bool
	// keepsAll reports whether the reach has no lower bound.
	keepsAll() bool
	// nearestIsCertain is selection.certain for the nearest of the group, of which at most the first isn't above the left key.
	// isEarly says that it is although not all within reach was read.
	nearestIsCertain(isNext, unique bool) (certain, isEarly bool)
	matchKeys() MatchKeys
	// awaited and mirrored are for people, who are told what the join waits for (awaited.go).
	awaited() awaited
	mirrored(i int) (key any, ok bool)
	// selects says that not all within reach are candidates, whether equal keys are left out, whether a match may be certain
	// before all within reach was read, and whether it excludes. because is the verdict
	// about the element that was noted last to be incomplete, and cause the one about that which the last miss was for.
	selects(unequal, early, excludes bool)
	because(about *unmatched)
	cause() *unmatched
	// overtake says that the element with the right key has taken the place of the first candidate.
	overtake()
	// forget forgets the first n candidates, and keep all but those with the indexes given.
	forget(n int)
	keep(indexes []int)
}

// A selection is the part of the candidates that knows which of the group match.
type selection struct {
	selector
	take Take
	// exists says that it is enough to know whether there is a match: the child must be absent.
	exists          bool
	unequal, unique bool
	by              MatchKeys // nil without match keys
	// isNear says that the nearest of the whole group is taken: then at most the first one isn't above the left key.
	isNear bool

	// isEarly says that the matches of the parent's element at hand are certain though not all within its reach was read, and
	// wasEarly that those of the one before were.
	isEarly, wasEarly bool

	// first is the sequence number of the first of the group.
	first int
	// about says of each of the group what isn't in the element; holes are those of which another took the place.
	about queue[about]
	holes int
	// single is the list where there are no match keys.
	single valueList
	// indexes, kept and gathered are memory that is used again.
	indexes, kept []int
	gathered      []Element
}

// about is what a selection knows of a candidate.
type about struct {
	list *valueList // nil for a hole
	// probes is what the list had counted when the candidate was added.
	probes int
	// taken says that it was a match of a parent's element, and excludes that it was one where there must be none. unasked
	// says that a parent's element before may have it within reach, which was certain before it was read. handed says that
	// it reached the function, at a node that marks that here.
	taken, excludes, unasked, handed bool
}

// newSelection returns the selection of an edge; nil where all of a group matches.
func newSelection(spec *Node, edge Edge) *selection {
	s, ok := edge.(selector)
	if !ok {
		return nil
	}
	by := s.matchKeys()
	if spec.Take == TakeAll && !spec.Unequal && !spec.Unique && by == nil {
		return nil
	}
	s.selects(spec.Unequal, spec.Need == NeedAbsent || spec.Take == TakeFirst || spec.Take == TakeNearest,
		spec.Need == NeedAbsent)
	return &selection{selector: s, take: spec.Take, exists: spec.Need == NeedAbsent, unequal: spec.Unequal,
		unique: spec.Unique, by: by, isNear: spec.Take == TakeNearest && spec.Need != NeedAbsent && by == nil && !spec.Unequal}
}

// isMonotone says that the matches of a parent's element never lie before those of the one before.
func (s *selection) isMonotone() bool { return s.by == nil && !s.unequal }

// keepsLast says that only the last candidate with its match keys stays.
func (s *selection) keepsLast() bool {
	return s.take == TakeLast && !s.exists && !s.unequal && !s.unique
}

// stopsEarly says that the matches may be certain although the element at hand is within reach.
func (s *selection) stopsEarly() bool {
	return s.exists || s.unequal || s.unique || s.take == TakeFirst || s.take == TakeNearest
}

// leftList returns the candidates with the match keys of the parent's element; nil where there are none.
func (s *selection) leftList() *valueList {
	if s.by == nil {
		return &s.single
	}
	return s.by.leftList()
}

// add adds the candidate that is atHand, the last of the group.
func (s *selection) add(size int) {
	list := &s.single
	if s.by != nil {
		list = s.by.rightList()
	}
	list.candidates.add(s.first + size - 1)
	s.about.add(about{list: list, probes: list.probes, unasked: s.wasEarly})
}

// addLast adds the candidate that is atHand, the last of the group, where only the last one with its match keys stays. It returns
// the index of the one whose place it takes; negative where there is none.
func (s *selection) addLast(size int) (replaced int) {
	list, at := &s.single, s.first+size-1
	if s.by != nil {
		list = s.by.rightList()
	}
	replaced = -1
	if before := list.candidates.items; len(before) == 0 {
		list.candidates.add(at)
	} else {
		replaced = before[0] - s.first
		before[0] = at
		s.about.items[replaced].list = nil
		s.holes++
	}
	s.about.add(about{list: list, probes: list.probes})
	return replaced
}

// newest returns the list that a candidate was added to last.
func (s *selection) newest() *valueList { return s.about.items[len(s.about.items)-1].list }

// index returns the index in the group of the i-th candidate of a list.
func (s *selection) index(list *valueList, i int) int { return list.candidates.items[i] - s.first }

// remains reports whether no parent's element from the left key on will find that a candidate has its key, so that it
// stays a match as long as it is within reach.
func (s *selection) remains(i int) bool { return !s.unequal || s.side(i) < 0 }

// replaced returns which candidate of a list no parent's element will take any more, since another took its place; it
// is an index in the list, negative where there is none.
func (s *selection) replaced(list *valueList) int {
	n := len(list.candidates.items)
	if n < 2 {
		return -1
	}
	second := s.index(list, 1)
	switch {
	case s.exists, s.take == TakeLast:
		if s.remains(second) {
			return 0
		}
	case s.take == TakeNearest:
		if s.side(second) <= 0 && s.remains(second) {
			return 0
		}
	case s.take == TakeFirst:
		// The first one of all time stays that.
		if s.keepsAll() && s.remains(s.index(list, n-2)) {
			return n - 1
		}
	}
	return -1
}

// certain reports whether it is certain that the group has all matches of the parent's element (R3a). isNext says that
// the element at hand isn't dealt with. What is still to be read has its key, or a greater one.
func (s *selection) certain(isNext bool) (isCertain bool) {
	if s.isNear {
		isCertain, s.isEarly = s.nearestIsCertain(isNext, s.unique)
		return isCertain
	}
	if !s.hasRight() {
		return false
	}
	switch high := s.atHigh(atHand); {
	case high > 0:
		return true
	case high == 0 && s.unequal && s.side(atHand) == 0:
		return true // what has this key is no match, and all else is above
	case high == 0 && s.unique && !isNext && s.by == nil:
		return true
	}
	list := s.leftList()
	if list == nil || len(list.candidates.items) == 0 {
		return false
	}
	if last := s.index(list, len(list.candidates.items)-1); s.unique && s.by != nil && s.atHigh(last) == 0 {
		return true
	}
	switch {
	case s.exists, s.take == TakeFirst:
		s.isEarly = s.firstOf(list) >= 0
	case s.take == TakeNearest:
		s.isEarly = s.nearestOfIsCertain(list)
	}
	return s.isEarly
}

// nearestOfIsCertain reports whether nothing nearer can come than what a list has.
func (s *selection) nearestOfIsCertain(list *valueList) bool {
	before, after := s.around(list)
	switch {
	case before < 0:
		return after >= 0
	case after >= 0 && !s.farther(before, after):
		return true
	case s.side(before) == 0:
		return s.side(atHand) > 0 || s.unique
	}
	return s.side(atHand) > 0 && s.farther(before, atHand)
}

// matches returns the indexes in the group of the candidates that match the parent's element, and notes that they do.
// They are valid until the next call.
func (s *selection) matches() []int {
	s.indexes = s.indexes[:0]
	s.wasEarly, s.isEarly = s.isEarly, false
	list := s.leftList()
	if list == nil {
		return nil
	}
	list.probes++
	switch {
	case s.exists:
		s.choose(s.firstOf(list))
		for i := range list.candidates.items { // hardly more than one
			at := s.index(list, i)
			s.about.items[at].excludes = s.about.items[at].excludes || !s.unequal || s.side(at) != 0
		}
	case s.take == TakeFirst:
		s.choose(s.firstOf(list))
	case s.take == TakeLast:
		s.choose(s.lastOf(list))
	case s.isNear:
		s.choose(s.nearest())
	case s.take == TakeNearest:
		s.choose(s.nearestOf(list))
	default:
		for i := range list.candidates.items {
			if at := s.index(list, i); !s.unequal || s.side(at) != 0 {
				s.choose(at)
			}
		}
	}
	return s.indexes
}

// choose adds a candidate to the matches; none where the index is negative.
func (s *selection) choose(i int) {
	if i >= 0 {
		s.about.items[i].taken = true
		s.indexes = append(s.indexes, i)
	}
}

// markHanded marks the match with the index given, of those found last, as handed over, and reports whether it was before.
func (s *selection) markHanded(match int) (before bool) {
	a := &s.about.items[s.indexes[match]]
	before, a.handed = a.handed, true
	return before
}

func (s *selection) firstOf(list *valueList) int {
	for i := range list.candidates.items {
		if at := s.index(list, i); !s.unequal || s.side(at) != 0 {
			return at
		}
	}
	return -1
}

func (s *selection) lastOf(list *valueList) int {
	for i := len(list.candidates.items) - 1; i >= 0; i-- {
		if at := s.index(list, i); !s.unequal || s.side(at) != 0 {
			return at
		}
	}
	return -1
}

// nearestOf returns the nearest candidate; of two as near as each other the one before.
func (s *selection) nearestOf(list *valueList) int {
	before, after := s.around(list)
	if before < 0 || after >= 0 && !s.farther(before, after) {
		return after
	}
	return before
}

// nearest is nearestOf where isNear.
func (s *selection) nearest() int {
	switch n := len(s.about.items); {
	case n > 1 && s.side(0) <= 0 && !s.farther(0, 1):
		return 1
	case n > 0:
		return 0
	}
	return -1
}

// around returns the last candidate that isn't above the left key, and the first one above it; negative where there is
// none.
func (s *selection) around(list *valueList) (before, after int) {
	before, after = -1, -1
	for i := range list.candidates.items {
		at := s.index(list, i)
		switch side := s.side(at); {
		case side > 0:
			return before, at
		case side < 0 || !s.unequal:
			before = at
		}
	}
	return before, after
}

// lookedFor reports whether a parent's element has looked for a match among those with a candidate's match keys. The one at
// hand does, once what it may take was read: meanwhile one candidate may take the place of another.
func (s *selection) lookedFor(i int) bool {
	a := &s.about.items[i]
	isAtHand := a.list == s.leftList() && !s.below(i)
	a.excludes = a.excludes || isAtHand && !(s.unequal && s.side(i) == 0)
	return isAtHand || a.list.probes != a.probes
}

// hasNoneOfLeft reports whether no candidate has the match keys of the parent's element.
func (s *selection) hasNoneOfLeft() bool {
	list := s.leftList()
	return list == nil || len(list.candidates.items) == 0
}

// remove removes a candidate from its list, of which it is the first or the last, and leaves a hole.
func (s *selection) remove(i int) {
	a := &s.about.items[i]
	if list := &a.list.candidates; list.items[0] == s.first+i {
		list.drop(1)
	} else {
		list.items = list.items[:len(list.items)-1]
	}
	a.list = nil
	s.holes++
}
