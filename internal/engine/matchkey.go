package engine

// MatchKeys are the match keys of an edge (R2): each match of a parent's element has the values that this has. They
// belong to one task. Make them with [NewMatchKey].
type MatchKeys interface {
	setLeft(parent any) (null bool, err error)
	setRight(child any) (null bool, err error)
	// leftList returns the candidates with the value of the parent's element that was set last; nil where there are none.
	leftList() *valueList
	// rightList returns the list for a candidate with the value of the child's element that was set last.
	rightList() *valueList
	// note notes that value among those of the elements with one order key, the first of them where isNewKey. It returns
	// false if it is there already, and notes nothing then. forget takes back what was noted last.
	note(isNewKey bool) bool
	forget()
	// leftValue and rightValue are the values that were set last, which == compares.
	leftValue() any
	rightValue() any
}

// A valueList has the candidates with one value of the match keys, in stream order, by their sequence numbers. Without
// match keys there is one list.
type valueList struct {
	candidates queue[int]
	// probes counts the parent's elements that have looked for a match in it.
	probes int
}

// NewMatchKey returns a constructor of match keys: two functions compute the value of a parent's and of a child's
// element. Their error is NullKey where it is null; a value that isn't equal to itself, NaN, matches nothing either.
func NewMatchKey[K comparable](left, right func(element any) (K, error)) func() MatchKeys {
	return func() MatchKeys {
		return &matchKey[K]{
			leftOf: left, rightOf: right,
			lists: map[K]*valueList{},
			noted: map[K]bool{}, notedBefore: map[K]bool{},
		}
	}
}

type matchKey[K comparable] struct {
	leftOf, rightOf func(element any) (K, error)
	left, right     K
	lists           map[K]*valueList
	// leftFound is the list of left, as far as knowsLeft says that it was looked for.
	leftFound *valueList
	knowsLeft bool
	// sweepAt is how many lists there may be until the empty ones are removed.
	sweepAt int
	// noted are the values of the elements with one order key, and notedBefore those of the key before: an element that
	// another edge refuses may be the first of a key. began says that the last one was.
	noted, notedBefore map[K]bool
	began              bool
}

// minSweep is how many lists there are at least when the empty ones are removed.
const minSweep = 64

func (m *matchKey[K]) setLeft(parent any) (null bool, err error) {
	m.knowsLeft = false
	return setValue(&m.left, m.leftOf, parent)
}

func (m *matchKey[K]) setRight(child any) (null bool, err error) {
	return setValue(&m.right, m.rightOf, child)
}

func setValue[K comparable](value *K, of func(element any) (K, error), element any) (null bool, err error) {
	v, err := of(element)
	if err == NullKey {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	*value = v
	return v != v, nil
}

func (m *matchKey[K]) leftList() *valueList {
	if !m.knowsLeft {
		m.leftFound, m.knowsLeft = m.lists[m.left], true
	}
	return m.leftFound
}

func (m *matchKey[K]) rightList() *valueList {
	list := m.lists[m.right]
	if list != nil {
		return list
	}
	if len(m.lists) >= max(m.sweepAt, minSweep) {
		for value, list := range m.lists {
			if len(list.candidates.items) == 0 {
				delete(m.lists, value)
			}
		}
		m.sweepAt = 2 * len(m.lists)
	}
	list = &valueList{}
	m.lists[m.right], m.knowsLeft = list, false
	return list
}

func (m *matchKey[K]) note(isNewKey bool) bool {
	if !isNewKey && m.noted[m.right] {
		return false
	}
	if m.began = isNewKey; isNewKey {
		m.noted, m.notedBefore = m.notedBefore, m.noted
		clear(m.noted)
	}
	m.noted[m.right] = true
	return true
}

func (m *matchKey[K]) forget() {
	if m.began {
		m.noted, m.notedBefore = m.notedBefore, m.noted
		return
	}
	delete(m.noted, m.right)
}

func (m *matchKey[K]) leftValue() any  { return m.left }
func (m *matchKey[K]) rightValue() any { return m.right }
