package engine

// A queue holds items that are added at its end and dropped at its front, in memory that it uses again.
type queue[T any] struct {
	items []T
	// memory is what items is cut from, from its beginning.
	memory []T
}

func (q *queue[T]) add(item T) {
	if len(q.items) == cap(q.items) {
		q.makeRoom(1)
	}
	q.items = append(q.items, item)
}

func (q *queue[T]) addAll(items []T) {
	if len(q.items)+len(items) > cap(q.items) {
		q.makeRoom(len(items))
	}
	q.items = append(q.items, items...)
}

// makeRoom moves the items to the beginning of the memory, or to larger one where they fill most of it. It isn't inlined for the
// size of programs, and of what is on the path of each element.
//
//go:noinline
func (q *queue[T]) makeRoom(n int) {
	if need := len(q.items) + n; need > cap(q.memory)/2 {
		q.memory = make([]T, 0, 2*need+8)
	}
	q.items = append(q.memory[:0], q.items...)
}

// drop drops the first n items.
func (q *queue[T]) drop(n int) {
	if n == len(q.items) {
		q.items = q.memory[:0]
		return
	}
	q.items = q.items[n:]
}

// keep keeps the items with the indexes given, which grow.
//
//go:noinline
func (q *queue[T]) keep(indexes []int) {
	for to, from := range indexes {
		q.items[to] = q.items[from]
	}
	clear(q.items[len(indexes):])
	q.items = q.items[:len(indexes)]
}
