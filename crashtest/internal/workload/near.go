package workload

import (
	"math"
	"sort"
	"time"

	"github.com/leat-go/leat"
)

// This file is the mill of Joins and Silent, and what must come of it.

// What the edges reach, before the key and behind it.
const (
	nextBefore, nextAfter = 1, 3
	detailBefore          = maxReach
	noteWithin            = 1
	haltAfter             = 1
	// noteLateness is how far below others the keys of notes may be that come behind them.
	noteLateness = 3
	// silence is how long the details of Silent have nothing until the mill goes on without them.
	silence = 700 * time.Millisecond
)

// isNear says that the mill joins near keys.
func (p Plan) isNear() bool { return p.Kind == Joins || p.Kind == Silent }

// IsSilent says that a load must write the details of a session before all else, and wait until they are there, and their mark
// only when the results of the session are: so nothing comes too late, and all that is behind the last detail goes on because
// the details are idle.
func (p Plan) IsSilent() bool { return p.Kind == Silent }

// symbol returns an element's match key: one of three values, in no order.
func symbol(number int) int { return number * number % 5 }

func (k Kind) nearJoins() []leat.Option {
	var reach any = int64(detailBefore)
	var idle []leat.Option
	if k == Silent {
		reach, idle = leat.Any, []leat.Option{leat.Idle[Detail](silence)}
	}
	key := func(s Step) int64 { return s.Key }
	by := func(s Step) int { return symbol(s.Number) }
	return append(idle,
		leat.Join(key, func(n Next) int64 { return n.Key }, leat.Within(nextBefore, nextAfter), leat.Unequal()),
		leat.AsOf(key, func(d Detail) int64 { return d.Key }, leat.Within(reach, 0),
			leat.By(by, func(d Detail) int { return symbol(d.Number) }), leat.Optional()),
		leat.Join(func(d Detail) int64 { return d.Link }, func(n Note) int64 { return n.Key },
			leat.Within(noteWithin, noteWithin), leat.Nearest()),
		leat.Join(key, func(h Halt) int64 { return h.Key }, leat.Within(0, haltAfter),
			leat.By(by, func(h Halt) int { return symbol(h.Number) }), leat.Absent()),
		leat.Sort(func(n Note) int64 { return n.Key }, noteLateness),
		leat.Sort(func(h Halt) int64 { return h.Key }, noteLateness),
	)
}

// joinNear returns the function of near keys. Its results are by the process given.
func joinNear(by string) func(Step, []Next, *Detail, map[Detail]Note) (Result, error) {
	return func(step Step, next []Next, detail *Detail, notes map[Detail]Note) (Result, error) {
		m := matcher{session: step.Session}
		for _, n := range next {
			m.element(Element(n))
		}
		if detail != nil {
			m.open(Element(*detail))
			m.element(Element(notes[*detail]))
			m.close()
		}
		return m.result(step, by)
	}
}

// expectedNear returns the results of a session by rules R2, R3 and R6: each step's matches are looked up among all
// elements, by their keys alone.
func (k Kind) expectedNear(session int, data Session) (results []Result) {
	before := int64(detailBefore)
	if k == Silent {
		before = math.MaxInt64
	}
	steps, details, notes := data[0], data[1], data[2]
	for _, step := range steps {
		m := matcher{session: session}
		isComplete := false
		for _, next := range within(steps, step.Key-nextBefore, step.Key+nextAfter) {
			if next.Key != step.Key {
				m.element(next)
				isComplete = true
			}
		}
		for _, halt := range within(notes, step.Key, step.Key+haltAfter) {
			isComplete = isComplete && symbol(halt.Number) != symbol(step.Number)
		}
		if !isComplete {
			continue
		}
		writeDetail(&m, step, before, details, notes)
		results = append(results, Result{Session: session, Number: step.Number, Matches: m.text.String()})
		if step.End {
			break
		}
	}
	return results
}

// writeDetail writes the last detail that a step has, with its note, if there is one that has a note.
func writeDetail(m *matcher, step Element, before int64, details, notes []Element) {
	found := within(details, step.Key-before, step.Key)
	for i := len(found) - 1; i >= 0; i-- {
		detail := found[i]
		near := within(notes, detail.Link-noteWithin, detail.Link+noteWithin)
		if symbol(detail.Number) == symbol(step.Number) && len(near) > 0 {
			m.open(detail)
			m.element(nearest(near, detail.Link))
			m.close()
			return
		}
	}
}

// nearest returns the element whose key is nearest to one: of two as far away the earlier, of equal keys that are not above
// it the last, and of those above it the first.
func nearest(elements []Element, key int64) Element {
	best := elements[0]
	for _, e := range elements[1:] {
		d, before := e.Key-key, best.Key-key
		if max(d, -d) < max(before, -before) || d == before && d <= 0 {
			best = e
		}
	}
	return best
}

// within returns the elements with keys from first to last.
func within(elements []Element, first, last int64) []Element {
	begin := sort.Search(len(elements), func(i int) bool { return elements[i].Key >= first })
	end := sort.Search(len(elements), func(i int) bool { return elements[i].Key > last })
	return elements[begin:end]
}
