package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/leat-go/leat"
)

// The topics. Steps are joined with themselves, one key ahead; details hang on the next steps and notes on the details.
const (
	stepsTopic   = "steps"
	detailsTopic = "details"
	notesTopic   = "notes"
	resultsTopic = "results"
)

// inputs returns the input topics; their order is that of a sessionData's streams.
func inputs() []string { return []string{stepsTopic, detailsTopic, notesTopic} }

// An element is one of any input stream. Keys have duplicates and gaps, and begin anew with each session.
type element struct {
	Session int   `json:"s"`
	Number  int   `json:"n"` // in its stream and session
	Key     int64 `json:"k"` // its own, by which it is found
	Link    int64 `json:"l"` // the key that it looks for
	// End says, of a step, that the function ends the session with it.
	End bool `json:"e,omitempty"`
}

// Each node of the join tree has a type of its own.
type (
	// Step is the master.
	Step element
	// Next is a step again, one key ahead.
	Next element
	// Detail hangs on a Next.
	Detail element
	// Note hangs on a Detail.
	Note element
)

// A Result says what a step was joined with.
type Result struct {
	Session int `json:"s"`
	// Number is the step's.
	Number int `json:"n"`
	// Matches lists the numbers of all matches, each with its own in brackets: "12[7[3 4] 8[5]]".
	Matches string `json:"m"`
	// By names the process that made the result: the only thing that isn't determined.
	By string `json:"by"`
}

// A matcher writes down matches as the function got them, or as the reference found them.
type matcher struct {
	text    strings.Builder
	session int
}

// open writes an element whose own matches follow.
func (m *matcher) open(e element) {
	m.element(e)
	m.text.WriteByte('[')
}

func (m *matcher) close() { m.text.WriteByte(']') }

func (m *matcher) element(e element) {
	if s := m.text.String(); s != "" && s[len(s)-1] != '[' {
		m.text.WriteByte(' ')
	}
	fmt.Fprint(&m.text, e.Number)
	if e.Session != m.session {
		fmt.Fprintf(&m.text, "!%d", e.Session) // it must not be here
	}
}

// join returns the mill's function. The results are by the process given.
func join(by string) func(Step, []Next, map[Next][]Detail, map[Detail][]Note) (Result, error) {
	return func(step Step, next []Next, details map[Next][]Detail, notes map[Detail][]Note) (Result, error) {
		m := matcher{session: step.Session}
		for _, n := range next {
			m.open(element(n))
			for _, d := range details[n] {
				m.open(element(d))
				for _, note := range notes[d] {
					m.element(element(note))
				}
				m.close()
			}
			m.close()
		}
		result := Result{step.Session, step.Number, m.text.String(), by}
		if step.End {
			return result, leat.EndOfStream
		}
		return result, nil
	}
}

// A sessionData is what the streams of one partition hold in one session, in the order of [inputs].
type sessionData [3][]element

// A plan determines the whole input.
type plan struct {
	seed uint64
	// elements is the length of a stream in one session and partition, give or take a few.
	elements int
}

// session returns a session of a partition. It is the same whenever it is called.
func (p plan) session(partition, session int) (data sessionData) {
	random := rand.New(rand.NewPCG(p.seed, uint64(partition)<<32|uint64(session)))
	for stream := range data {
		// Streams end at different keys: some run out while others have elements left that no longer match.
		elements := make([]element, p.elements-random.IntN(p.elements/10+1))
		var key, link int64
		for i := range elements {
			key, link = key+growth(random), link+growth(random)
			elements[i] = element{Session: session, Number: i, Key: key, Link: link}
		}
		data[stream] = elements
	}
	// The function ends every other session, somewhere, unless that step has no match.
	if steps := data[0]; random.IntN(2) == 0 {
		steps[random.IntN(len(steps))].End = true
	}
	return data
}

// growth draws how much a key grows from an element to the next: by one on average.
func growth(random *rand.Rand) int64 {
	switch n := random.IntN(20); {
	case n < 7:
		return 0 // a duplicate
	case n < 15:
		return 1
	case n < 19:
		return 2 // a gap
	default:
		return 4
	}
}
