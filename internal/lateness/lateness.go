// Package lateness puts elements in order that come out of order by a bounded distance (R12): an element waits until a
// key that far above its own was read, since after that nothing may come before it. With a lateness of 3 (the keys are
// the elements; what is above the line came in, what is below went out):
//
//	in     1   4       2   5     9         3
//	out        1           2     4  5      late: 5 went out before
package lateness

// A Buffer holds the elements that wait. It is not safe for concurrent use.
type Buffer[K, E any] struct {
	compare func(a, b K) int
	below   func(K) (K, error)

	// waiting is a heap, by key and arrival.
	waiting []waiting[K, E]
	arrived uint64
	// highest is the highest key that was read, and bound the key that lies the lateness below; valid once something has
	// arrived. last is the key released last, valid once something was released.
	highest, bound, last K
	released, ended      bool
}

type waiting[K, E any] struct {
	key     K
	arrival uint64
	element E
}

// New returns a buffer without elements. It compares keys by compare, and below returns the key that lies the lateness
// below another.
func New[K, E any](compare func(a, b K) int, below func(K) (K, error)) *Buffer[K, E] {
	return &Buffer[K, E]{compare: compare, below: below}
}

// Push adds an element, unless it is late: one with a key below one that was released. The error is that of below, and
// the element isn't added then.
//
// REQUIRES: everything that Next gives was taken before.
func (b *Buffer[K, E]) Push(key K, element E) (late bool, err error) {
	if b.released && b.compare(key, b.last) < 0 {
		return true, nil
	}
	if b.arrived == 0 || b.compare(key, b.highest) > 0 {
		bound, err := b.below(key)
		if err != nil {
			return false, err
		}
		b.highest, b.bound = key, bound
	}
	b.waiting = append(b.waiting, waiting[K, E]{key, b.arrived, element})
	b.arrived++
	b.up(len(b.waiting) - 1)
	return false, nil
}

// Next returns the next element that is released; false where none is.
func (b *Buffer[K, E]) Next() (element E, ok bool) {
	if len(b.waiting) == 0 || !b.ended && b.compare(b.waiting[0].key, b.bound) > 0 {
		return element, false
	}
	first := b.waiting[0]
	end := len(b.waiting) - 1
	b.waiting[0] = b.waiting[end]
	b.waiting[end] = waiting[K, E]{}
	b.waiting = b.waiting[:end]
	b.down()
	b.last, b.released = first.key, true
	return first.element, true
}

// Flush releases all that waits. What comes later and belongs before the last of it is late.
func (b *Buffer[K, E]) Flush() {
	if b.arrived > 0 {
		b.bound = b.highest
	}
}

// End says that nothing more comes: all that waits is released.
func (b *Buffer[K, E]) End() { b.ended = true }

// Len returns how many elements wait.
func (b *Buffer[K, E]) Len() int { return len(b.waiting) }

// Last returns the key released last. It is the zero value before the first.
func (b *Buffer[K, E]) Last() K { return b.last }

// Released returns the key released last; false before the first.
func (b *Buffer[K, E]) Released() (K, bool) { return b.last, b.released }

// Highest returns the highest key that was pushed; false before the first.
func (b *Buffer[K, E]) Highest() (K, bool) { return b.highest, b.arrived > 0 }

func (b *Buffer[K, E]) before(i, j int) bool {
	x, y := &b.waiting[i], &b.waiting[j]
	order := b.compare(x.key, y.key)
	return order < 0 || order == 0 && x.arrival < y.arrival
}

func (b *Buffer[K, E]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !b.before(i, parent) {
			return
		}
		b.waiting[i], b.waiting[parent] = b.waiting[parent], b.waiting[i]
		i = parent
	}
}

func (b *Buffer[K, E]) down() {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(b.waiting) {
			return
		}
		if other := child + 1; other < len(b.waiting) && b.before(other, child) {
			child = other
		}
		if !b.before(child, i) {
			return
		}
		b.waiting[i], b.waiting[child] = b.waiting[child], b.waiting[i]
		i = child
	}
}
