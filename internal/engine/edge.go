package engine

import (
	"errors"
	"fmt"
	"slices"
)

// NullKey is what a key function returns as its error where the key is null (R7a). An element without a key isn't out
// of order: it matches nothing on that edge.
var NullKey = errors.New("the key is null")

// Nullable returns a key function that returns NullKey for those keys of another one that are null.
func Nullable[K any](key func(element any) (K, error), null func(K) bool) func(element any) (K, error) {
	return func(element any) (K, error) {
		k, err := key(element)
		if err == nil && null(k) {
			err = NullKey
		}
		return k, err
	}
}

// KeyEdge returns a constructor of edges whose keys are computed by left, over the parent's element, and by right,
// over the child's, and ordered by compare. A key function's error, such as one for NaN, makes the element disordered
// (R7), but for NullKey. With unique, a right key that repeats is disorder, too.
//
// It isn't inlined for the size of programs: each type of keys has instances of it, and one is called when a join is built.
//
//go:noinline
func KeyEdge[K any](left, right func(element any) (K, error), compare func(a, b K) int, unique bool) func() Edge {
	return func() Edge {
		return &keyEdge[K]{
			left:    side[K]{keyOf: left},
			right:   side[K]{keyOf: right, right: true, unique: unique},
			compare: compare,
		}
	}
}

type keyEdge[K any] struct {
	left, right side[K]
	compare     func(a, b K) int
	// matched is the right key of the last group, and so the left key that matched it; hasMatched says that there was one.
	matched    K
	hasMatched bool
	history    history[K]
}

// side holds the keys of one side of an edge.
type side[K any] struct {
	keyOf  func(element any) (K, error)
	key    K
	hasKey bool
	// previous and hadPrevious are what key and hasKey were before the last key was set.
	previous    K
	hadPrevious bool
	right       bool
	unique      bool
}

func (s *side[K]) set(element any, compare func(a, b K) int) (null bool, err error) {
	key, err := s.keyOf(element)
	if err != nil {
		return s.setNone(err)
	}
	if s.hasKey {
		if c := compare(s.key, key); c > 0 || c == 0 && s.unique {
			return false, &KeyError{Right: s.right, Key: key, Previous: s.key, Unique: c == 0}
		}
	}
	s.previous, s.hadPrevious = s.key, s.hasKey
	s.key, s.hasKey = key, true
	return false, nil
}

// setNone leaves the key what it was, for an element that has none: to undo it does so, too.
func (s *side[K]) setNone(err error) (null bool, _ error) {
	if err != NullKey {
		return false, &KeyError{Right: s.right, Err: err}
	}
	s.previous, s.hadPrevious = s.key, s.hasKey
	return true, nil
}

func (s *side[K]) undo() { s.key, s.hasKey = s.previous, s.hadPrevious }

// at returns the key that was set last, nil before the first.
func (s *side[K]) at() any {
	if !s.hasKey {
		return nil
	}
	return s.key
}

func (e *keyEdge[K]) SetLeft(parent any) (null bool, err error) {
	return e.left.set(parent, e.compare)
}
func (e *keyEdge[K]) UndoLeft() { e.left.undo() }
func (e *keyEdge[K]) SetRight(child any) (null bool, err error) {
	return e.right.set(child, e.compare)
}
func (e *keyEdge[K]) UndoRight()    { e.right.undo() }
func (e *keyEdge[K]) Compare() int  { return e.compare(e.left.key, e.right.key) }
func (e *keyEdge[K]) Add()          { e.matched, e.hasMatched = e.right.key, true }
func (e *keyEdge[K]) LeftKey() any  { return e.left.at() }
func (e *keyEdge[K]) RightKey() any { return e.right.at() }

// DropBelow is all or nothing: the keys of a group are equal.
func (e *keyEdge[K]) DropBelow(group []Element) (int, error) {
	if e.compare(e.left.key, e.matched) > 0 {
		return len(group), nil
	}
	return 0, nil
}

// FuncEdge returns a constructor of edges for keys that only the user can compare: compare tells whether the left key
// of a parent element is below (negative), equal to (zero) or above (positive) the right key of a child element. It
// must grow with the left and fall with the right element. What disorder can be seen through it is reported.
func FuncEdge(compare func(left, right any) (int, error), unique bool) func() Edge {
	return func() Edge { return &funcEdge{compare: compare, unique: unique} }
}

type funcEdge struct {
	compare func(left, right any) (int, error)
	unique  bool

	left, right any // the elements at hand; nil before the first
	order       int // of left and right
	// previous is what left or right was, previousOrder what order was and previousClosed what closed was, before the
	// last one was set.
	previous, previousClosed any
	previousOrder            int
	// passedOver is the last child's element that was found below a parent's, matched the last parent's element that
	// had one equal to it, and closed the last one that one was found above. Together with left, right and the group
	// they are the strongest of what the comparison has said: what later elements are checked against.
	passedOver, matched, closed any
	// group holds the candidates, of which left is above the first ones, as many as above says.
	group   []any
	above   int
	history funcHistory
}

// SetLeft accepts a parent's element unless one before it was above a child's element that it isn't above, or equal
// to one that it is below.
func (e *funcEdge) SetLeft(parent any) (null bool, err error) {
	order := e.order
	if e.right != nil {
		if order, err = e.checkLeft(parent); err != nil {
			return false, err
		}
	}
	e.note(e.left, order)
	e.left = parent
	if order < 0 && e.right != nil {
		e.closed = parent
	}
	return false, nil
}

// checkLeft compares a parent's element with the child's element at hand, the one that was passed over last and the
// group.
func (e *funcEdge) checkLeft(parent any) (order int, err error) {
	if order, err = e.compare(parent, e.right); err != nil {
		return 0, &KeyError{Err: err}
	}
	if sign(order) < sign(e.order) {
		return 0, &KeyError{}
	}
	if e.passedOver != nil && e.passedOver != e.right {
		switch against, err := e.compare(parent, e.passedOver); {
		case err != nil:
			return 0, &KeyError{Err: err}
		case against <= 0:
			return 0, &KeyError{}
		}
	}
	return order, e.checkGroup(parent)
}

// checkGroup finds out how much of the group a parent's element is above: the first elements, or they are out of
// order. It can't be below one, since one before it was equal to that.
func (e *funcEdge) checkGroup(parent any) error {
	e.above = 0
	for i, child := range e.group {
		switch order, err := e.compare(parent, child); {
		case err != nil:
			return &KeyError{Err: err}
		case order < 0, order > 0 && e.above < i:
			return &KeyError{}
		case order > 0:
			e.above++
		}
	}
	return nil
}

// note remembers what is about to change: previous is the element that makes way for another, and order that of the
// new pair.
func (e *funcEdge) note(previous any, order int) {
	e.previous, e.previousOrder, e.previousClosed = previous, e.order, e.closed
	e.order = order
}

func (e *funcEdge) UndoLeft() {
	e.left, e.order, e.closed = e.previous, e.previousOrder, e.previousClosed
}

// SetRight accepts a child's element unless one before it was above a parent's that it isn't above, or equal to one
// that it is below. Where there is no parent's element, which happens only to what is verified behind the join,
// nothing can be said.
func (e *funcEdge) SetRight(child any) (null bool, err error) {
	if e.left == nil {
		return false, nil
	}
	order, err := e.compare(e.left, child)
	if err != nil {
		return false, &KeyError{Right: true, Err: err}
	}
	if e.right != nil && sign(order) > sign(e.order) {
		return false, &KeyError{Right: true}
	}
	if err := e.checkClosed(child); err != nil {
		return false, err
	}
	if err := e.checkUnique(child); err != nil {
		return false, err
	}
	e.note(e.right, order)
	e.right = child
	if order < 0 {
		e.closed = e.left
	}
	return false, nil
}

// checkClosed finds a child's element that comes too late for a parent's: one before it was above that.
func (e *funcEdge) checkClosed(child any) error {
	if e.closed == nil || e.closed == e.left {
		return nil // that was compared already
	}
	switch order, err := e.compare(e.closed, child); {
	case err != nil:
		return &KeyError{Right: true, Err: err}
	case order >= 0:
		return &KeyError{Right: true}
	}
	return nil
}

// checkUnique finds a second element for the parent's that had a match last, and one that comes too late: with this
// promise nothing above that match need have been read.
func (e *funcEdge) checkUnique(child any) error {
	if !e.unique || e.matched == nil {
		return nil
	}
	switch order, err := e.compare(e.matched, child); {
	case err != nil:
		return &KeyError{Right: true, Err: err}
	case order >= 0:
		return &KeyError{Right: true, Unique: order == 0}
	}
	return nil
}

func (e *funcEdge) UndoRight() {
	e.right, e.order, e.closed = e.previous, e.previousOrder, e.previousClosed
}

func (e *funcEdge) Compare() int { return e.order }

// Add implements [Edge].
func (e *funcEdge) Add() {
	e.matched = e.left
	e.group = append(e.group, e.right)
}

func (e *funcEdge) LeftKey() any  { return nil }
func (e *funcEdge) RightKey() any { return nil }

// DropBelow drops what checkGroup has found: the group slides on where keys aren't a matter of equality, as with
// intervals.
func (e *funcEdge) DropBelow([]Element) (int, error) {
	below := e.above
	if below > 0 {
		e.passedOver = e.group[below-1]
		e.group, e.above = slices.Delete(e.group, 0, below), 0
	}
	return below, nil
}

func sign(n int) int { return min(max(n, -1), 1) }

// Error says what is wrong with the key and what would be right.
func (e *KeyError) Error() string {
	name := "left key"
	if e.Right {
		name = "right key"
	}
	switch {
	case e.By && e.Unique:
		return fmt.Sprintf("%s %v repeats with the same match key, but the join is declared unique", name, e.Key)
	case e.By:
		return fmt.Sprintf("the match key of the %s side can't be computed: %v", name[:len(name)-len(" key")], e.Err)
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
