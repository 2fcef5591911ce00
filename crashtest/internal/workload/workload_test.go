package workload

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// The reference is R2 and R3: nested loops, word by word, find the same.
func TestExpectedEqualsNestedLoops(t *testing.T) {
	for kind, loops := range map[Kind]func(int, Session) []Result{
		Chain: nestedLoops, Joins: nestedNearLoops(4), Silent: nestedNearLoops(math.MaxInt64),
	} {
		p := Plan{Seed: 7, Elements: 40, Kind: kind}
		for session := range 20 {
			got, want := p.Expected(1, session), loops(session, p.Session(1, session))
			if len(want) == 0 {
				t.Fatalf("%s, session %d: nothing joins", kind, session)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s, session %d:\ngot  %v\nwant %v", kind, session, got, want)
			}
		}
	}
}

// The parts of an endless input follow each other: no key is below one before, and a part's elements match each other only.
func TestEndlessPartsAreApart(t *testing.T) {
	for _, kind := range []Kind{Chain, Joins} {
		partsAreApart(t, Plan{Seed: 7, Elements: 40, Endless: true, Kind: kind})
	}
}

func partsAreApart(t *testing.T, p Plan) {
	var all, closing Session
	var want []Result
	for part := range 5 {
		data := p.Session(0, part)
		for stream := range data {
			all[stream] = append(all[stream], data[stream]...)
		}
		want = append(want, p.Expected(0, part)...)
		closing = p.Closing(part)
	}
	for stream := range all {
		all[stream] = append(all[stream], closing[stream]...)
		if !slices.IsSortedFunc(all[stream], func(a, b Element) int { return int(a.Key - b.Key) }) ||
			!slices.IsSortedFunc(all[stream], func(a, b Element) int { return int(a.Link - b.Link) }) {
			t.Errorf("the keys of stream %d don't grow", stream)
		}
	}
	got := nestedLoops(0, all)
	if p.Kind == Joins {
		got = Joins.expectedNear(0, all)
	}
	for i := range got {
		got[i].Session = want[i].Session // the reference has been told that all are of one
		if got[i].Number != want[i].Number {
			t.Fatalf("result %d is of step %d instead of %d", i, got[i].Number, want[i].Number)
		}
	}
	if len(got) != len(want) {
		t.Errorf("together they give %d results, not %d", len(got), len(want))
	}
}

func nestedLoops(session int, data Session) (results []Result) {
	for _, step := range data[0] {
		matches := ""
		for _, next := range data[0] {
			if next.Key != step.Key+1 {
				continue
			}
			details := ""
			for _, detail := range data[1] {
				notes := ""
				for _, note := range data[2] {
					if detail.Key == next.Link && note.Key == detail.Link {
						notes += spaced(notes) + fmt.Sprint(note.Number)
					}
				}
				if notes != "" {
					details += spaced(details) + fmt.Sprintf("%d[%s]", detail.Number, notes)
				}
			}
			if details != "" {
				matches += spaced(matches) + fmt.Sprintf("%d[%s]", next.Number, details)
			}
		}
		if matches != "" {
			results = append(results, Result{Session: session, Number: step.Number, Matches: matches})
			if step.End {
				return results
			}
		}
	}
	return results
}

// nestedNearLoops is R2 and R3 for near keys, over all elements of the streams. A step has details of up to before before it.
func nestedNearLoops(before int64) func(session int, data Session) []Result {
	return func(session int, data Session) []Result { return nestedNear(session, data, before) }
}

func nestedNear(session int, data Session, before int64) (results []Result) {
	for _, step := range data[0] {
		matches, last, isHalted := "", "", false
		for _, next := range data[0] {
			if d := next.Key - step.Key; d >= -1 && d <= 3 && d != 0 {
				matches += spaced(matches) + fmt.Sprint(next.Number)
			}
		}
		for _, detail := range data[1] {
			if d := detail.Key - step.Key; d < -before || d > 0 || symbol(detail.Number) != symbol(step.Number) {
				continue
			}
			note := -1
			for _, n := range data[2] { // at most one key away, so that there are three keys to choose from
				closer := note < 0 || detail.Link == n.Key || n.Key < detail.Link
				if d := n.Key - detail.Link; d >= -1 && d <= 1 && closer {
					note = n.Number
				}
			}
			if note >= 0 {
				last = fmt.Sprintf("%d[%d]", detail.Number, note)
			}
		}
		for _, halt := range data[2] {
			d := halt.Key - step.Key
			isHalted = isHalted || d >= 0 && d <= 1 && symbol(halt.Number) == symbol(step.Number)
		}
		if matches == "" || isHalted {
			continue
		}
		if last != "" {
			matches += " " + last
		}
		results = append(results, Result{Session: session, Number: step.Number, Matches: matches})
		if step.End {
			return results
		}
	}
	return results
}

func spaced(before string) string {
	if before == "" {
		return ""
	}
	return " "
}

// The workload has what it is for: equal keys and gaps in every stream, masters without a match, and ends of streams
// that lie apart.
func TestWorkloadIsHard(t *testing.T) {
	data := Plan{Seed: 1, Elements: 2000}.Session(0, 0)
	for stream, elements := range data {
		duplicates, gaps := 0, 0
		for i := 1; i < len(elements); i++ {
			switch elements[i].Key - elements[i-1].Key {
			case 0:
				duplicates++
			case 1:
			default:
				gaps++
			}
		}
		if duplicates < len(elements)/5 || gaps < len(elements)/10 {
			t.Errorf("stream %d has %d duplicates and %d gaps among %d keys", stream, duplicates, gaps, len(elements))
		}
	}
	for _, kind := range []Kind{Chain, Joins, Silent} {
		if n := len(Plan{Seed: 1, Elements: 2000, Kind: kind}.Expected(0, 2)); n < 400 || n > 1600 {
			t.Errorf("%s: %d of %d steps have matches", kind, n, len(data[0]))
		}
	}
	if len(data[0]) == len(data[1]) && len(data[1]) == len(data[2]) {
		t.Error("all streams end together")
	}
}

// Notes of near joins come out of order, but no more than the lateness.
func TestNotesComeLate(t *testing.T) {
	p := Plan{Seed: 1, Elements: 2000, Kind: Joins}
	late, highest := 0, int64(0)
	for _, note := range p.Input(0, 0)[2] {
		if note.Key < highest {
			late++
		}
		if highest-note.Key > noteLateness {
			t.Fatalf("a note of %d comes behind one of %d", note.Key, highest)
		}
		highest = max(highest, note.Key)
	}
	if late < 200 {
		t.Errorf("only %d notes come late", late)
	}
}

// The mill, undisturbed and in memory, gives what is expected (R5: in every session).
func TestMillGivesTheExpected(t *testing.T) {
	for _, kind := range []Kind{Chain, Joins, Silent} {
		t.Run(string(kind), func(t *testing.T) { givesTheExpected(t, Plan{Seed: 3, Elements: 300, Kind: kind}) })
	}
}

func givesTheExpected(t *testing.T, p Plan) {
	const partitions, sessions = 3, 3
	b := memory.New(
		memory.Stream[Step](Steps, memory.Partitions(partitions)),
		memory.Stream[Next](Steps),
		memory.Stream[Detail](Details, memory.Partitions(partitions)),
		memory.Stream[Note](Notes, memory.Partitions(partitions)),
		memory.Stream[Halt](Notes),
		memory.Stream[Result](Results, memory.Partitions(partitions)),
	)
	for session := range sessions {
		for partition := range partitions {
			data := p.Input(partition, session)
			must(t, memory.Append(b, Steps, partition, as[Step](data[0])...))
			must(t, memory.Append(b, Details, partition, as[Detail](data[1])...))
			must(t, memory.Append(b, Notes, partition, as[Note](data[2])...))
		}
		for _, topic := range Inputs() {
			must(t, b.End(topic))
		}
	}
	mill, err := p.Kind.NewMill("test", 2, slog.New(slog.DiscardHandler), leat.Broker(b))
	must(t, err)
	for range sessions {
		must(t, mill.Run(t.Context()))
	}
	for partition := range partitions {
		got, err := memory.Sessions[Result](b, Results, partition)
		must(t, err)
		for session := range sessions {
			want := p.Expected(partition, session)
			if !slices.EqualFunc(got[session], want, same) {
				t.Errorf("partition %d, session %d: got %d results, want %d, or others", partition, session,
					len(got[session]), len(want))
			}
		}
	}
}

func as[T ~struct {
	Session int   `json:"s"`
	Number  int   `json:"n"`
	Key     int64 `json:"k"`
	Link    int64 `json:"l"`
	End     bool  `json:"e,omitempty"`
}](elements []Element) []T {
	all := make([]T, len(elements))
	for i, e := range elements {
		all[i] = T(e)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
