// Package workload is what the crash tests feed a mill with, and what must come of it: an input that a plan determines, the
// mill, a naive reference, and a verifier that compares an output with it as it comes.
package workload

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat"
)

// The streams. Which hang on which is the kind's.
const (
	Steps   = "steps"
	Details = "details"
	Notes   = "notes"
	Results = "results"
)

// Inputs returns the input streams; their order is that of a Session's.
func Inputs() []string { return []string{Steps, Details, Notes} }

// An Element is one of any input stream. Keys have duplicates and gaps, and begin anew with each session, unless they go on
// (see [Plan]).
type Element struct {
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
	Step Element
	// Next is a step again, one key ahead.
	Next Element
	// Detail hangs on a Next.
	Detail Element
	// Note hangs on a Detail.
	Note Element
	// Halt is a note again, of which a step of near joins must have none.
	Halt Element
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

// RecordKey is the key of an element's record where records have keys; its results have it, too.
func RecordKey(number int) string { return strconv.Itoa(number) }

// A matcher writes down matches as the function got them, or as the reference found them.
type matcher struct {
	text    strings.Builder
	session int
}

// open writes an element whose own matches follow.
func (m *matcher) open(e Element) {
	m.element(e)
	m.text.WriteByte('[')
}

func (m *matcher) close() { m.text.WriteByte(']') }

func (m *matcher) element(e Element) {
	if s := m.text.String(); s != "" && s[len(s)-1] != '[' {
		m.text.WriteByte(' ')
	}
	fmt.Fprint(&m.text, e.Number)
	if e.Session != m.session {
		fmt.Fprintf(&m.text, "!%d", e.Session) // it must not be here
	}
}

// result returns what the function returns for a step with the matches written.
func (m *matcher) result(step Step, by string) (Result, error) {
	result := Result{step.Session, step.Number, m.text.String(), by}
	if step.End {
		return result, leat.EndOfStream
	}
	return result, nil
}

// A Session is what the streams of one partition hold in one session, in the order of [Inputs].
type Session [3][]Element

// A Plan determines the whole input.
type Plan struct {
	// Seed is what chance begins with.
	Seed uint64
	// Elements is the length of a stream in one session and partition, give or take a few.
	Elements int
	// Endless says that the streams have no end marks, as tables don't: a session is then only a part of one that has no end.
	// Keys grow from each part to the next, so that the results of a part are those of its own elements, and nothing ends it.
	Endless bool
	// Kind says what the mill joins by; the zero value is [Chain].
	Kind Kind
}

// maxGrowth is how much a key grows at the most from an element to the next.
const maxGrowth = 4

// maxReach is how far from its key an element looks for others at the most.
const maxReach = 4

// Session returns a session of a partition. It is the same whenever it is called.
func (p Plan) Session(partition, session int) (data Session) {
	random := rand.New(rand.NewPCG(p.Seed, uint64(partition)<<32|uint64(session)))
	for stream := range data {
		// Streams end at different keys: some run out while others have elements left that no longer match.
		elements := make([]Element, p.Elements-random.IntN(p.Elements/10+1))
		if p.IsSilent() && stream == 1 {
			elements = elements[:len(elements)/3] // and nothing for the rest of the session
		}
		key := p.first(session)
		link := key
		for i := range elements {
			key, link = key+growth(random), link+growth(random)
			elements[i] = Element{Session: session, Number: i, Key: key, Link: link}
		}
		data[stream] = elements
	}
	// The function ends every other session, somewhere, unless that step has no match.
	if steps := data[0]; random.IntN(2) == 0 && !p.Endless {
		steps[random.IntN(len(steps))].End = true
	}
	return data
}

// first returns what the keys of a session begin behind.
func (p Plan) first(session int) int64 {
	if !p.Endless {
		return 0
	}
	// An element looks maxReach keys ahead or back; with one more to spare it finds nothing of another part.
	return int64(session) * int64(maxGrowth*p.Elements+maxReach+1)
}

// Input returns a session in the order in which it is to be written: that of [Plan.Session], but for the notes of near joins,
// which come up to a lateness late. Those of equal keys keep their order.
func (p Plan) Input(partition, session int) Session {
	data := p.Session(partition, session)
	if p.isNear() {
		arrival := func(e Element) int64 { return e.Key + [...]int64{noteLateness, 0, 2, 0, 1}[e.Key%5] }
		slices.SortStableFunc(data[2], func(a, b Element) int { return cmp.Compare(arrival(a), arrival(b)) })
	}
	return data
}

// Closing returns what makes the results of an endless input certain up to a session: elements of each stream that match
// nothing and have keys above all others, the second so far above the first that it lets go what waits to be sorted.
func (p Plan) Closing(last int) (data Session) {
	for stream := range data {
		for i := range int64(2) {
			key := p.first(last+1) + i*noteLateness
			data[stream] = append(data[stream], Element{Session: last + 1, Number: int(i), Key: key, Link: key})
		}
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
		return maxGrowth
	}
}
