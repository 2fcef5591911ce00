package brokertest

import (
	"fmt"
	"slices"
	"strings"
)

// texts are what storages tend to get wrong.
var texts = [...]string{
	"plain",
	"",
	`"quoted", with a comma`,
	"line\nends\r\nand\ttabs",
	`back\slash \n {"not":"an object"} [1]`,
	"Größe, 水車, 🚰",
	" leading and trailing blanks ",
	strings.Repeat("long ", 3000),
}

// elements returns n elements whose IDs go up from first.
func elements(first int64, n int) []Element {
	all := make([]Element, n)
	for i := range all {
		id := first + int64(i)
		all[i] = Element{ID: id, Text: fmt.Sprint(id, " ", texts[i%len(texts)])}
	}
	return all
}

// stream returns content of one or of three ended sessions, the second empty; different seeds and partitions have
// different elements.
func (h Harness) stream(seed int64, partitions int) Stream {
	s := make(Stream, partitions)
	for p := range s {
		first := seed*1_000_000 + int64(p)*10_000
		s[p] = Partition{{Elements: elements(first, 20+p), Ended: true}}
		if !h.OneSession {
			s[p] = append(s[p], Session{Ended: true}, Session{Elements: elements(first+1000, 3), Ended: true})
		}
	}
	return s
}

func (p Partition) elements() []Element {
	var all []Element
	for _, s := range p {
		all = append(all, s.Elements...)
	}
	return all
}

// differs says how got differs from what is wanted; it returns "" where it doesn't.
func differs(got, want []Element) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("element %d is %s, not %s", i, brief(got[i]), brief(want[i]))
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("there are %d elements, not %d", len(got), len(want))
	}
	return ""
}

func brief(e Element) string {
	if len(e.Text) > 60 {
		e.Text = e.Text[:60] + "…"
	}
	return fmt.Sprintf("{%d %q}", e.ID, e.Text)
}

// partitionDiffers compares session by session, or all elements where there are no marks.
func (h Harness) partitionDiffers(got, want Partition) string {
	if h.NoMarks {
		return differs(got.elements(), want.elements())
	}
	got = slices.DeleteFunc(slices.Clone(got), func(s Session) bool { return !s.Ended && len(s.Elements) == 0 })
	for i := range min(len(got), len(want)) {
		if d := differs(got[i].Elements, want[i].Elements); d != "" {
			return fmt.Sprintf("session %d: %s", i, d)
		}
		if got[i].Ended != want[i].Ended {
			return fmt.Sprintf("session %d: its end-of-stream mark: there %v, wanted %v", i, got[i].Ended, want[i].Ended)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("there are %d sessions, not %d", len(got), len(want))
	}
	return ""
}
