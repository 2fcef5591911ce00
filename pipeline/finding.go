package pipeline

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/expression"
)

// A Mistake is what is wrong, most likely, with a join that matches little.
type Mistake string

// The causes of mistakes.
const (
	// MistakeFactor: the keys are in different units.
	MistakeFactor Mistake = "factor"
	// MistakeShift: the keys are apart by the same everywhere.
	MistakeShift Mistake = "shift"
	// MistakeRounding: the keys are near each other, but not equal.
	MistakeRounding Mistake = "rounding"
	// MistakeSpelling: the keys are texts that differ in capital letters or blanks.
	MistakeSpelling Mistake = "spelling"
	// MistakeKinds: one side is text, and the other numbers.
	MistakeKinds Mistake = "kinds"
	// MistakeOrder: the keys of a stream don't grow.
	MistakeOrder Mistake = "order"
	// MistakePartitions: keys meet, but not in equal partitions.
	MistakePartitions Mistake = "partitions"
	// MistakeApart: the streams lie in ranges that have nothing in common.
	MistakeApart Mistake = "apart"
	// MistakeGaps, MistakeEarlyEnd and MistakeLateBegin: much of the left stream's keys is not in the right one, between its
	// keys, behind its end or before its beginning.
	MistakeGaps      Mistake = "gaps"
	MistakeEarlyEnd  Mistake = "early_end"
	MistakeLateBegin Mistake = "late_begin"
	// MistakeEmpty: a stream has no elements.
	MistakeEmpty Mistake = "empty"
)

// systematic reports whether the mistake is in how the streams are joined, and not in what they hold.
func (c Mistake) systematic() bool {
	switch c {
	case MistakeApart, MistakeGaps, MistakeEarlyEnd, MistakeLateBegin, MistakeEmpty:
		return false
	}
	return true
}

// A Finding is a mistake that is behind a join that matches little, most likely, with the evidence.
type Finding struct {
	Mistake Mistake `json:"mistake"`
	// Left and Right are the streams of the join, and On is what it says.
	Left  string `json:"left"`
	Right string `json:"right"`
	On    string `json:"on"`
	// Text says what is wrong.
	Text string `json:"text"`
	// Fix is what the join should say instead, and Evidence what it does then; both are empty where that isn't known.
	Fix      string `json:"fix,omitempty"`
	Evidence string `json:"evidence,omitempty"`
}

// String returns the finding in one to three lines, the last without a line feed.
func (f Finding) String() string {
	text := fmt.Sprintf("%s with %s: %s", f.Left, f.Right, f.Text)
	if f.Fix != "" {
		text += fmt.Sprintf("\n  write  on: %q\n  %s", f.Fix, f.Evidence)
	}
	return text
}

// findings says what is wrong with a join.
func (s *suspicion) findings(join *JoinReport) (findings []Finding) {
	about := Finding{Left: join.Left, Right: join.Right, On: join.On}
	add := func(cause Mistake, text string) {
		about.Mistake, about.Text = cause, text
		findings = append(findings, about)
	}
	for _, side := range []struct {
		row  *row
		node *node
		key  *expression.Program
	}{{s.left, s.child.parent, s.child.left}, {s.right, s.child, s.child.right}} {
		if f, ok := side.row.disorder(side.node, side.key); ok {
			f.Left, f.Right, f.On = join.Left, join.Right, join.On
			if s.left.isDigits() && s.right.isDigits() {
				f.Fix, f.Evidence = fmt.Sprintf("int(%s) == int(%s)", s.child.left, s.child.right), "then the keys grow"
			}
			findings = append(findings, f)
		}
	}
	if s.partitions > 1 && s.asIs.share() < middling {
		if all := s.across(); all.matched > 1 && all.share() >= least && all.share() >= 1.5*s.asIs.share() {
			add(MistakePartitions, fmt.Sprintf("the keys meet, but in other partitions: %d of %s of %s find a match in any, and "+
				"%d of %d in their own; both topics must be keyed by what the join compares", all.matched,
				count(all.comparable, "element"), join.Left, join.Matched, join.Comparable))
			return findings
		}
	}
	if remedy := s.remedy(); remedy != nil {
		about.Mistake, about.Text, about.Fix = remedy.mistake, remedy.what, remedy.on()
		about.Evidence = fmt.Sprintf("then %d of %s of %s find a match; as it is, %d of %d", remedy.matched,
			count(remedy.comparable, "element"), join.Left, join.Matched, join.Comparable)
		return append(findings, about)
	}
	switch {
	case s.left.computed == 0 || s.right.computed == 0:
		for _, side := range []struct {
			row  *row
			name string
		}{{s.left, join.Left}, {s.right, join.Right}} {
			if side.row.computed == 0 {
				add(MistakeEmpty, side.name+" has no elements with a key")
			}
		}
	case s.left.isText() != s.right.isText():
		add(MistakeKinds, s.conversions()[0].what+", which are never equal")
	case join.Common == nil:
		add(MistakeApart, fmt.Sprintf("nothing can join: the keys of %s are %v, those of %s are %v", join.Left, join.LeftKeys,
			join.Right, join.RightKeys))
	default:
		s.losses(join, add)
	}
	return findings
}

// losses says where much of the left stream is lost.
func (s *suspicion) losses(join *JoinReport, add func(Mistake, string)) {
	for _, u := range join.Unmatched {
		cause := map[Verdict]Mistake{Gap: MistakeGaps, Ended: MistakeEarlyEnd, Behind: MistakeLateBegin}[u.Verdict]
		if 2*u.Count > join.Comparable && join.Comparable > 1 {
			add(cause, fmt.Sprintf("%d of %s of %s find no match: %s", u.Count, count(join.Comparable, "element"), join.Left,
				u.Text))
		}
	}
}

// remedy returns what would mend the join; nil where nothing is known to, or it needs no mending.
func (s *suspicion) remedy() *tried {
	if s.asIs.left == nil || s.asIs.right == nil || s.asIs.share() >= middling {
		return nil
	}
	leftIsText, rightIsText := s.left.isText(), s.right.isText()
	switch {
	case leftIsText != rightIsText:
		return s.best(s.conversions())
	case leftIsText:
		return s.best(s.spellings())
	case s.left.number == 0:
		return nil
	}
	if found := s.best(s.scalings()); found != nil {
		return found
	}
	if found := s.best(s.roundings()); found != nil {
		return found
	}
	if s.child.site.name == s.child.parent.site.name {
		return nil // a stream that is joined to itself is shifted on purpose
	}
	if found := s.best(s.shifts()); found != nil {
		return found
	}
	return s.unusual()
}

// isDigits reports whether the keys are numbers written as text, and grow as numbers.
func (w *row) isDigits() bool { return w.digits > 0 && w.digits == w.computed && w.digitsDown == 0 }

// disorder says what order the keys of a stream have, if they don't grow.
func (w *row) disorder(n *node, key *expression.Program) (f Finding, ok bool) {
	if w.down == 0 {
		return f, false
	}
	f.Mistake = MistakeOrder
	switch {
	case w.isDigits():
		f.Text = fmt.Sprintf("the keys of %s, %s, are numbers written as text: they grow as numbers, but as text %v is above %v "+
			"(%s)", n.name, key, w.lowered[0], w.lowered[1], w.first)
	case w.up <= 1:
		f.Text = fmt.Sprintf("the keys of %s, %s, fall all along, and must grow: sort the stream the other way round", n.name,
			key)
	default:
		f.Text = fmt.Sprintf("the keys of %s, %s, are out of order: %s down among %d, the first from %v to %v (%s); a run stops "+
			"there: sort the stream", n.name, key, count(w.down, "step"), w.up+w.down, w.lowered[0], w.lowered[1], w.first)
	}
	return f, true
}

// termOf returns an expression as a term of a sum: in parentheses where it needs them.
func termOf(text string) string { return operand(text, "+", "-", "*", "/", "%", "**") }

// factorOf returns an expression as a factor of a product.
func factorOf(text string) string { return operand(text, "*") }

func operand(text string, allowed ...string) string {
	root, err := expression.Parse(text)
	if err != nil {
		return "(" + text + ")"
	}
	switch n := root.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode, *ast.CallNode, *ast.BuiltinNode, *ast.IntegerNode, *ast.FloatNode:
		return text
	case *ast.BinaryNode:
		if slices.Contains(allowed, n.Operator) {
			return text
		}
	}
	return "(" + text + ")"
}

// decimal writes a number as an expression has it.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	if n, exact := r.FloatPrec(); exact {
		return r.FloatString(n)
	}
	return r.FloatString(9)
}

// grouped writes a whole number with commas.
func grouped(number string) string {
	for i := len(number) - 3; i > 0 && !strings.Contains(number, "."); i -= 3 {
		number = number[:i] + "," + number[i:]
	}
	return number
}
