package diagnosis

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// A spelling is what the keys of one side have in common as texts.
type spelling struct {
	// prefix is what all of them begin with before their first digit.
	prefix string
	// instants says that all of them are RFC 3339, and numbers that all are a number behind the prefix.
	instants, numbers bool
}

// spelt returns what the keys of one side have in common.
func (m *match) spelt(side func(*matchedView) []sample.Keyed) (s spelling) {
	first := true
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
			_, notInstant := time.Parse(time.RFC3339, text)
			if first {
				s, first = spelling{prefix, true, true}, false
			}
			s.instants = s.instants && notInstant == nil
			s.numbers = s.numbers && notNumber == nil && prefix == s.prefix
		}
	}
	return s
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
	case l.instants && r.instants:
		both("are instants that are written in more than one way", "date(%s)")
	case l.numbers && r.numbers:
		remedies = append(remedies, rewrite(Spelling, names+"are numbers that are written in more than one way",
			l.number(left), r.number(right)))
	default:
		both("are numbers that are written in more than one way", "float(%s)")
	}
	return remedies
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
	forms := []string{"int(%s)", "float(%s)", "date(%s).Unix()", "date(%s).UnixMilli()", "date(%s).UnixMicro()",
		"date(%s).UnixNano()"}
	if spelt := j.asIs.spelt(side); spelt.numbers && spelt.prefix != "" {
		forms = []string{strings.ReplaceAll(spelt.number("\x00"), "%", "%%")}
		forms[0] = strings.ReplaceAll(forms[0], "\x00", "%s")
	}
	for _, form := range forms {
		r := rewrite(Kinds, what, fmt.Sprintf(form, text), number)
		if !textIsLeft {
			r.lhs, r.rhs = r.rhs, r.lhs
		}
		remedies = append(remedies, r)
	}
	return remedies
}
