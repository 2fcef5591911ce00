package workload

// Expected returns the results of a session by rules R2, R3 and R6, as a hash join has them: it knows nothing of
// merging, of groups or of rewind points.
func Expected(session int, data Session) (results []Result) {
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
