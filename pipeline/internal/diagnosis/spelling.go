package diagnosis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/leat-go/leat/internal/instant"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// A spelling is what the keys of one side have in common as texts.
type spelling struct {
	// prefix is what all of them begin with before their first digit.
	prefix string
	// layouts are those that all of them may be instants of, an empty one for date without a layout; numbers says that all
	// are a number behind the prefix.
	layouts []string
	numbers bool
}

// spelt returns what the keys of one side have in common.
func (m *match) spelt(side func(*matchedView) []sample.Keyed) (s spelling) {
	first := true
	var texts []string
	for i := range m.views {
		for _, k := range side(&m.views[i]) {
			text, ok := k.Key.Text()
			if !ok {
				return spelling{}
			}
			prefix := text[:max(0, strings.IndexFunc(text, unicode.IsDigit))]
			if prefix == "-" || prefix == "+" {
				prefix = "" // a sign is the number's own
			}
			_, notNumber := strconv.ParseInt(text[len(prefix):], 10, 64)
			if first {
				s, first = spelling{prefix: prefix, numbers: true}, false
			}
			texts = append(texts, text)
			s.numbers = s.numbers && notNumber == nil && prefix == s.prefix
		}
	}
	if !s.numbers {
		s.layouts = instant.Recognize(texts)
	}
	return s
}

// dates are the ways to make instants of texts.
func (s spelling) dates(text string) (all []string) {
	for _, layout := range s.layouts {
		if layout == "" {
			all = append(all, "date("+text+")")
			continue
		}
		all = append(all, fmt.Sprintf("date(%s, %s)", text, words.Quoted(layout)))
	}
	return all
}

func (v *matchedView) leftSide() []sample.Keyed  { return v.leftKeys }
func (v *matchedView) rightSide() []sample.Keyed { return v.rightKeys }

// spellings are the remedies for texts.
func (j *join) spellings() (remedies []remedy) {
	left, right := j.child.Left.String(), j.child.Right.String()
	names := fmt.Sprintf("the keys of %s and %s ", j.child.Parent.Name, j.child.Name)
	both := func(what, form string) {
		remedies = append(remedies, rewrite(Spelling, names+what, fmt.Sprintf(form, left), fmt.Sprintf(form, right)))
	}
	both("differ in capital and small letters", "lower(%s)")
	both("have blanks around them", "trim(%s)")
	both("differ in capital and small letters, and have blanks around them", "lower(trim(%s))")
	l, r := j.asIs.spelt((*matchedView).leftSide), j.asIs.spelt((*matchedView).rightSide)
	switch {
	case len(l.layouts) > 0 && len(r.layouts) > 0:
		for _, lhs := range l.dates(left) {
			for _, rhs := range r.dates(right) {
				remedies = append(remedies, rewrite(Spelling, names+l.written(r), lhs, rhs))
			}
		}
	case l.numbers && r.numbers:
		remedies = append(remedies, rewrite(Spelling, names+"are numbers that are written in more than one way",
			l.number(left), r.number(right)))
	default:
		both("are numbers that are written in more than one way", "float(%s)")
	}
	return remedies
}

// written says how the keys of two sides are written, which are instants.
func (s spelling) written(other spelling) string {
	if slices.Equal(s.layouts, other.layouts) && s.layouts[0] != "" {
		return "are instants, and as texts they aren't in their order"
	}
	return "are instants that are written in more than one way"
}

// number writes the number in a text.
func (s spelling) number(text string) string {
	if s.prefix == "" {
		return "int(" + text + ")"
	}
	return fmt.Sprintf("int(trimPrefix(%s, %s))", text, words.Quoted(s.prefix))
}

// conversions are the remedies where one side is text and the other a number.
func (j *join) conversions() (remedies []remedy) {
	texts, numbers := j.child.Parent, j.child
	text, number := j.child.Left.String(), j.child.Right.String()
	side := (*matchedView).leftSide
	textIsLeft := j.left.isText()
	if !textIsLeft {
		texts, numbers, text, number = numbers, texts, number, text
		side = (*matchedView).rightSide
	}
	what := fmt.Sprintf("the keys of %s are text, and those of %s numbers", texts.Name, numbers.Name)
	spelt := j.asIs.spelt(side)
	forms := []string{"int(" + text + ")", "float(" + text + ")"}
	for _, date := range spelt.dates(text) {
		for _, unit := range []string{"Unix", "UnixMilli", "UnixMicro", "UnixNano"} {
			forms = append(forms, date+"."+unit+"()")
		}
	}
	if spelt.numbers && spelt.prefix != "" {
		forms = []string{spelt.number(text)}
	}
	for _, form := range forms {
		r := rewrite(Kinds, what, form, number)
		if !textIsLeft {
			r.lhs, r.rhs = r.rhs, r.lhs
		}
		remedies = append(remedies, r)
	}
	return remedies
}
