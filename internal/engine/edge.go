package engine

import "fmt"

// KeyEdge returns a constructor of edges whose keys are computed by left, over the parent's element, and by right, over
// the child's, and ordered by compare. A key function's error, such as one for NaN, makes the element disordered (R7).
// With unique, a right key that repeats is disorder, too.
func KeyEdge[K any](left, right func(element any) (K, error), compare func(a, b K) int, unique bool) func() Edge {
	return func() Edge {
		return &keyEdge[K]{
			left:    side[K]{key: left},
			right:   side[K]{key: right, right: true, unique: unique},
			compare: compare,
		}
	}
}

type keyEdge[K any] struct {
	left, right side[K]
	compare     func(a, b K) int
	// kept is the right key of the last group; hasKept says that there was one.
	kept    K
	hasKept bool
	history history[K]
}

// side holds the keys of one side of an edge.
type side[K any] struct {
	key   func(element any) (K, error)
	taken K
	any   bool
	// before and anyBefore are what taken and any were before the last key was taken.
	before    K
	anyBefore bool
	right     bool
	unique    bool
}

func (s *side[K]) take(element any, compare func(a, b K) int) error {
	key, err := s.key(element)
	if err != nil {
		return &KeyError{Right: s.right, Err: err}
	}
	if s.any {
		if c := compare(s.taken, key); c > 0 || c == 0 && s.unique {
			return &KeyError{Right: s.right, Key: key, Previous: s.taken, Unique: c == 0}
		}
	}
	s.before, s.anyBefore = s.taken, s.any
	s.taken, s.any = key, true
	return nil
}

func (s *side[K]) giveBack() { s.taken, s.any = s.before, s.anyBefore }

// at returns the key that was taken last, nil before the first.
func (s *side[K]) at() any {
	if !s.any {
		return nil
	}
	return s.taken
}

func (e *keyEdge[K]) TakeLeft(parent any) error { return e.left.take(parent, e.compare) }
func (e *keyEdge[K]) GiveBackLeft()             { e.left.giveBack() }
func (e *keyEdge[K]) TakeRight(child any) error { return e.right.take(child, e.compare) }
func (e *keyEdge[K]) GiveBackRight()            { e.right.giveBack() }
func (e *keyEdge[K]) Compare() int              { return e.compare(e.left.taken, e.right.taken) }
func (e *keyEdge[K]) Keep()                     { e.kept, e.hasKept = e.right.taken, true }
func (e *keyEdge[K]) LeftKey() any              { return e.left.at() }
func (e *keyEdge[K]) RightKey() any             { return e.right.at() }

// Passed is all or nothing: the keys of a group are equal.
func (e *keyEdge[K]) Passed(group []Element) (int, error) {
	if e.compare(e.left.taken, e.kept) > 0 {
		return len(group), nil
	}
	return 0, nil
}

// FuncEdge returns a constructor of edges for keys that only the user can compare: compare tells whether the left key of
// a parent element is below (negative), equal to (zero) or above (positive) the right key of a child element. It must
// grow with the left and fall with the right element. What disorder can be seen through it is reported.
func FuncEdge(compare func(left, right any) (int, error), unique bool) func() Edge {
	return func() Edge { return &funcEdge{compare: compare, unique: unique} }
}

type funcEdge struct {
	compare func(left, right any) (int, error)
	unique  bool

	left, right any // the elements taken; nil before the first
	order       int // of left and right
	// before is what left or right was, and orderBefore what order was, before the last one was taken.
	before      any
	orderBefore int
	// passed is the last child element that was found below a left key, and matched the last parent element that had a
	// match: together with left and right they are what order can be checked against.
	passed, matched any
	history         funcHistory
}

func (e *funcEdge) TakeLeft(parent any) error {
	order := e.order
	if e.right != nil {
		var err error
		if order, err = e.checkLeft(parent); err != nil {
			return err
		}
	}
	e.before, e.orderBefore = e.left, e.order
	e.left, e.order = parent, order
	return nil
}

func (e *funcEdge) checkLeft(parent any) (order int, err error) {
	if order, err = e.compare(parent, e.right); err != nil {
		return 0, &KeyError{Err: err}
	}
	below := order
	if e.passed != nil {
		if below, err = e.compare(parent, e.passed); err != nil {
			return 0, &KeyError{Err: err}
		}
	}
	if sign(order) < sign(e.order) || e.passed != nil && below <= 0 {
		return 0, &KeyError{}
	}
	return order, nil
}

func (e *funcEdge) GiveBackLeft() { e.left, e.order = e.before, e.orderBefore }

// TakeRight relies on a left element having been taken: a child is read only to match its parent.
func (e *funcEdge) TakeRight(child any) error {
	order, err := e.compare(e.left, child)
	if err != nil {
		return &KeyError{Right: true, Err: err}
	}
	if e.right != nil && sign(order) > sign(e.order) {
		return &KeyError{Right: true}
	}
	if e.unique && e.matched != nil {
		repeated, err := e.compare(e.matched, child)
		if err != nil {
			return &KeyError{Right: true, Err: err}
		}
		if repeated == 0 {
			return &KeyError{Right: true, Unique: true}
		}
	}
	e.before, e.orderBefore = e.right, e.order
	e.right, e.order = child, order
	return nil
}

func (e *funcEdge) GiveBackRight() { e.right, e.order = e.before, e.orderBefore }

func (e *funcEdge) Compare() int {
	switch {
	case e.order > 0:
		e.passed = e.right
	case e.order == 0:
		e.matched = e.left
	}
	return e.order
}

func (e *funcEdge) Keep()         {}
func (e *funcEdge) LeftKey() any  { return nil }
func (e *funcEdge) RightKey() any { return nil }

// Passed asks for one element after the other: the group slides on where keys aren't a matter of equality, as with
// intervals.
func (e *funcEdge) Passed(group []Element) (int, error) {
	for i := range group {
		order, err := e.compare(e.left, group[i].Value)
		if err != nil {
			return i, &KeyError{Err: err}
		}
		if order <= 0 {
			return i, nil
		}
		e.passed = group[i].Value
	}
	return len(group), nil
}

func sign(n int) int { return min(max(n, -1), 1) }

// Error says what is wrong with the key and what would be right.
func (e *KeyError) Error() string {
	name := "left key"
	if e.Right {
		name = "right key"
	}
	switch {
	case e.Err != nil:
		return fmt.Sprintf("the %s can't be computed: %v", name, e.Err)
	case e.Unique && e.Key == nil:
		return "the join function finds a second element for a key, but the join is declared unique"
	case e.Unique:
		return fmt.Sprintf("%s %v repeats, but the join is declared unique", name, e.Key)
	case e.Key == nil:
		return fmt.Sprintf("the join function puts the %s before that of an element before: "+
			"keys must not decrease along a stream", name)
	}
	return fmt.Sprintf("%s %v comes after %v: keys must not decrease along a stream", name, e.Key, e.Previous)
}

// Unwrap returns the cause where the key couldn't be computed.
func (e *KeyError) Unwrap() error { return e.Err }
