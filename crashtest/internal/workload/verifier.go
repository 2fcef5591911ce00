package workload

import (
	"encoding/json"
	"fmt"
	"strings"
)

// contextLines is how many results a difference shows before and behind the one where it is.
const contextLines = 3

// A Verifier compares the records of one output partition, in order, with what must be there.
type Verifier struct {
	plan      Plan
	partition int
	// keyed says that the records have keys, each that of its master.
	keyed   bool
	session int
	want    []Result
	// next is the index in want of the result that must come now; len(want) is the end-of-stream mark.
	next int
	// before holds what came last, for a difference.
	before []string
	// results counts all that were right.
	results int
}

// NewVerifier returns a verifier of a partition from its first session on. keyed says that records have the keys of their
// masters.
func NewVerifier(p Plan, partition int, keyed bool) *Verifier {
	v := &Verifier{plan: p, partition: partition, keyed: keyed}
	v.Begin(0)
	v.passEnd()
	return v
}

// Begin goes to the begin of a session.
func (v *Verifier) Begin(session int) {
	v.session, v.next = session, 0
	v.want = v.plan.Expected(v.partition, session)
}

// Session returns the session that the next record must be of.
func (v *Verifier) Session() int { return v.session }

// Progress returns how many results of the session were right, and how many there must be.
func (v *Verifier) Progress() (right, all int) { return v.next, len(v.want) }

// Results returns how many results were right in all sessions.
func (v *Verifier) Results() int { return v.results }

// Take takes the next record of the partition. It returns the result; nil at the end of a session; and a *Difference
// where the record isn't the one that must come. A part of an endless input ends with its last result.
func (v *Verifier) Take(offset int64, key, value []byte) (*Result, error) {
	got, err := parseResult(value)
	if err != nil {
		return nil, v.differ(offset, string(value), err.Error())
	}
	if got == nil {
		return nil, v.takeMark(offset)
	}
	text := show(*got)
	if why := v.compare(*got); why != "" {
		return nil, v.differ(offset, text, why)
	}
	if v.keyed && string(key) != RecordKey(got.Number) {
		return nil, v.differ(offset, text, fmt.Sprintf("its record key is %q, not that of its master", key))
	}
	v.note(offset, text)
	v.next++
	v.results++
	v.passEnd()
	return got, nil
}

// passEnd goes to the next part of an endless input at the end of one: nothing marks it.
func (v *Verifier) passEnd() {
	for v.plan.Endless && v.next == len(v.want) {
		v.Begin(v.session + 1)
	}
}

// takeMark takes an end-of-stream mark.
func (v *Verifier) takeMark(offset int64) error {
	switch {
	case v.plan.Endless:
		return v.differ(offset, "end of session", "the input has no end")
	case v.next < len(v.want):
		return v.differ(offset, "end of session", fmt.Sprintf("%d results are missing", len(v.want)-v.next))
	}
	v.note(offset, "end of session")
	v.Begin(v.session + 1)
	return nil
}

// parseResult returns a result, or nil for an end-of-stream mark.
func parseResult(value []byte) (*Result, error) {
	var record struct {
		Result
		End bool `json:"eos__"`
	}
	if err := json.Unmarshal(value, &record); err != nil {
		return nil, fmt.Errorf("this isn't a result: %w", err)
	}
	if record.End {
		return nil, nil
	}
	return &record.Result, nil
}

// compare says what is wrong with a result, "" where nothing is.
func (v *Verifier) compare(got Result) string {
	if v.next < len(v.want) && same(got, v.want[v.next]) {
		return ""
	}
	if got.Session != v.session {
		return fmt.Sprintf("it is of session %d, and this is session %d", got.Session, v.session)
	}
	for i, want := range v.want {
		switch {
		case want.Number != got.Number:
		case !same(got, want):
			return "its matches are wrong"
		case i < v.next:
			return fmt.Sprintf("it was there before, %d results ago: doubled or out of order", v.next-i)
		default:
			return fmt.Sprintf("%d results before it are missing, or out of order", i-v.next)
		}
	}
	return "this step has no match"
}

func same(a, b Result) bool {
	return a.Session == b.Session && a.Number == b.Number && a.Matches == b.Matches
}

func (v *Verifier) note(offset int64, text string) {
	v.before = append(v.before, line(offset, text))
	if len(v.before) > contextLines {
		v.before = v.before[1:]
	}
}

func line(offset int64, text string) string { return fmt.Sprintf("offset %d: %s", offset, text) }

func show(r Result) string {
	text := fmt.Sprintf("%d %s", r.Number, r.Matches)
	if r.By != "" {
		text += " by " + r.By
	}
	return text
}

// A Difference is where an output partition isn't what it must be.
type Difference struct {
	partition, session, index int
	why                       string
	before                    []string
	got                       string
	want                      []string
}

func (v *Verifier) differ(offset int64, got, why string) *Difference {
	d := &Difference{partition: v.partition, session: v.session, index: v.next, why: why, got: line(offset, got),
		before: append([]string{}, v.before...)}
	for _, r := range v.want[v.next:min(v.next+contextLines+1, len(v.want))] {
		d.want = append(d.want, show(r))
	}
	if len(d.want) <= contextLines && !v.plan.Endless {
		d.want = append(d.want, "end of session")
	}
	return d
}

// Error shows the difference with what was before it and what was expected.
func (d *Difference) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "partition %d, session %d, result %d: %s\n", d.partition, d.session, d.index, d.why)
	for _, text := range d.before {
		fmt.Fprintln(&s, "  right:   ", text)
	}
	fmt.Fprintln(&s, "  got:     ", d.got)
	for _, text := range d.want {
		fmt.Fprintln(&s, "  expected:", text)
	}
	return strings.TrimSuffix(s.String(), "\n")
}
