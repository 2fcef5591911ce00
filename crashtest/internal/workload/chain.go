package workload

import "github.com/leat-go/leat"

// This file is the mill of Chain, and what must come of it.

func chainJoins() []leat.Option {
	return []leat.Option{
		leat.Join(func(s Step) int64 { return s.Key + 1 }, func(n Next) int64 { return n.Key }),
		leat.Join(func(n Next) int64 { return n.Link }, func(d Detail) int64 { return d.Key }),
		leat.Join(func(d Detail) int64 { return d.Link }, func(n Note) int64 { return n.Key }),
	}
}

// joinChain returns the function of a chain. Its results are by the process given.
func joinChain(by string) func(Step, []Next, map[Next][]Detail, map[Detail][]Note) (Result, error) {
	return func(step Step, next []Next, details map[Next][]Detail, notes map[Detail][]Note) (Result, error) {
		m := matcher{session: step.Session}
		for _, n := range next {
			m.open(Element(n))
			for _, d := range details[n] {
				m.open(Element(d))
				for _, note := range notes[d] {
					m.element(Element(note))
				}
				m.close()
			}
			m.close()
		}
		return m.result(step, by)
	}
}

// expectedChain returns the results of a session by rules R2, R3 and R6, as a hash join has them: it knows nothing of
// merging, of groups or of rewind points.
func expectedChain(session int, data Session) (results []Result) {
	steps, details, notes := byKey(data[0]), byKey(data[1]), byKey(data[2])
	for _, step := range data[0] {
		m := matcher{session: session}
		complete := false
		for _, next := range steps[step.Key+1] {
			complete = writeNext(&m, next, details[next.Link], notes) || complete
		}
		if complete {
			results = append(results, Result{Session: session, Number: step.Number, Matches: m.text.String()})
			if step.End {
				break
			}
		}
	}
	return results
}

// writeNext writes an element with its complete details, if there are any.
func writeNext(m *matcher, next Element, details []Element, notes map[int64][]Element) (complete bool) {
	for _, detail := range details {
		found := notes[detail.Link]
		if len(found) == 0 {
			continue
		}
		if !complete {
			m.open(next)
			complete = true
		}
		m.open(detail)
		for _, note := range found {
			m.element(note)
		}
		m.close()
	}
	if complete {
		m.close()
	}
	return complete
}

func byKey(elements []Element) map[int64][]Element {
	index := map[int64][]Element{}
	for _, e := range elements {
		index[e.Key] = append(index[e.Key], e)
	}
	return index
}
