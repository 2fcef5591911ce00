package workload

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/endmark"
)

// A kept is a record of an output partition.
type kept struct{ key, value []byte }

// output returns what two sessions must leave in partition 0.
func output(t *testing.T, p Plan) (records []kept) {
	for session := range 2 {
		for _, r := range p.Expected(0, session) {
			r.By = "i0#1"
			value, err := json.Marshal(r)
			must(t, err)
			records = append(records, kept{[]byte(RecordKey(r.Number)), value})
		}
		records = append(records, kept{value: []byte(endmark.Value)})
	}
	return records
}

func verify(p Plan, records []kept) (*Verifier, error) {
	v := NewVerifier(p, 0, true)
	for i, r := range records {
		if _, err := v.Take(int64(i), r.key, r.value); err != nil {
			return v, err
		}
	}
	return v, nil
}

// What is planted in an output is found, and where it is.
func TestVerifierFinds(t *testing.T) {
	p := Plan{Seed: 5, Elements: 200}
	first := len(p.Expected(0, 0)) // the index of the first session's mark
	for _, c := range []struct {
		name  string
		plant func(records []kept) []kept
		index int
		why   string
	}{
		{"a loss", func(r []kept) []kept { return slices.Delete(r, 10, 11) }, 10, "1 results before it are missing"},
		{"many lost", func(r []kept) []kept { return slices.Delete(r, 10, 25) }, 10, "15 results before it are missing"},
		{"the first lost", func(r []kept) []kept { return r[1:] }, 0, "1 results before it are missing"},
		{"the last of a session lost", func(r []kept) []kept { return slices.Delete(r, first-1, first) }, first - 1,
			"1 results are missing"},
		{"a double", func(r []kept) []kept { return slices.Insert(r, 11, r[10]) }, 11, "it was there before, 1 results ago"},
		{"a batch doubled", func(r []kept) []kept { return slices.Insert(r, 30, slices.Clone(r[20:30])...) }, 30,
			"it was there before, 10 results ago"},
		{"the last of a session doubled", func(r []kept) []kept { return slices.Insert(r, first, r[first-1]) }, first,
			"it was there before, 1 results ago"},
		{"a swap", func(r []kept) []kept { r[10], r[11] = r[11], r[10]; return r }, 10, "out of order"},
		{"a mark too early", func(r []kept) []kept { return slices.Insert(r, 10, r[first]) }, 10, "results are missing"},
		{"a mark doubled", func(r []kept) []kept { return slices.Insert(r, first, r[first]) }, 0, "results are missing"},
		{"a mark lost", func(r []kept) []kept { return slices.Delete(r, first, first+1) }, first, "it is of session 1"},
		{"other matches", func(r []kept) []kept {
			r[10].value = []byte(strings.Replace(string(r[10].value), "]]", " 9999]]", 1))
			return r
		}, 10, "its matches are wrong"},
		{"another key", func(r []kept) []kept { r[10].key = []byte("x"); return r }, 10, "its record key"},
		{"a step without a match", func(r []kept) []kept {
			return slices.Insert(r, 10, kept{value: []byte(`{"s":0,"n":100000}`)})
		}, 10, "no match"},
		{"rubbish", func(r []kept) []kept { return slices.Insert(r, 10, kept{value: []byte(`x`)}) }, 10, "isn't a result"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := verify(p, c.plant(output(t, p)))
			var d *Difference
			if !errors.As(err, &d) {
				t.Fatalf("got %v, want a difference", err)
			}
			if d.index != c.index || !strings.Contains(err.Error(), c.why) {
				t.Errorf("got a difference at %d, want it at %d, for %q:\n%v", d.index, c.index, c.why, err)
			}
		})
	}
}

func TestVerifierTakesWhatIsRight(t *testing.T) {
	p := Plan{Seed: 5, Elements: 200}
	v, err := verify(p, output(t, p))
	must(t, err)
	if want := len(output(t, p)) - 2; v.session != 2 || v.next != 0 || v.results != want {
		t.Errorf("got %d results up to session %d, result %d; want %d up to session 2, result 0", v.results, v.session,
			v.next, want)
	}
}

// A difference is shown between what was right before it and what was expected.
func TestDifferenceIsShown(t *testing.T) {
	p := Plan{Seed: 5, Elements: 200}
	records := output(t, p)
	_, err := verify(p, slices.Delete(records, 10, 12))
	text := err.Error()
	for _, want := range []string{"partition 0, session 0, result 10: 2 results before it are missing", "offset 9: ",
		"got:      offset 10: ", "by i0#1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text doesn't hold %q:\n%s", want, text)
		}
	}
	if got, want := strings.Count(text, "right:"), contextLines; got != want {
		t.Errorf("%d results before the difference, want %d:\n%s", got, want, text)
	}
	if got, want := strings.Count(text, "expected:"), contextLines+1; got != want {
		t.Errorf("%d expected results, want %d:\n%s", got, want, text)
	}
}

// Of an endless input, a part ends with its last result; what lies between two parts is found.
func TestVerifierOfEndlessInput(t *testing.T) {
	p := Plan{Seed: 5, Elements: 200, Endless: true}
	var records []kept
	for _, r := range output(t, p) {
		if r.key != nil {
			records = append(records, kept{value: r.value})
		}
	}
	first := len(p.Expected(0, 0))
	for _, c := range []struct {
		name  string
		plant func(records []kept) []kept
		why   string
	}{
		{"nothing", func(r []kept) []kept { return r }, ""},
		{"the last of a part lost", func(r []kept) []kept { return slices.Delete(r, first-1, first) }, "it is of session 1"},
		{"the last of a part doubled", func(r []kept) []kept { return slices.Insert(r, first, r[first-1]) },
			"it is of session 0"},
		{"a mark", func(r []kept) []kept { return slices.Insert(r, 10, kept{value: []byte(endmark.Value)}) }, "has no end"},
	} {
		v := NewVerifier(p, 0, false)
		var err error
		for i, r := range c.plant(slices.Clone(records)) {
			if _, err = v.Take(int64(i), nil, r.value); err != nil {
				break
			}
		}
		if (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.why)
		}
	}
}
