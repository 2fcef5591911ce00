package pipeline

import (
	"fmt"
	"slices"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// A suspicion is that a join matches little because of a usual mistake. Every explanation of it is tried on the samples: it
// counts if the join, written so, matches.
type suspicion struct {
	child       *mill.Node
	views       []view
	left, right *row
	asIs        *match
	unread      bool
	partitions  int
}

// A diagnosis is what the samples tell of one join.
type diagnosis struct {
	left, right *row
	// common is what both sides' keys lie between; nil where there is nothing.
	common *keyRange
	// comparable counts the left elements that can't find a match in what wasn't read of the right stream, and matched those of
	// them that find one; unmatched says why the others don't.
	comparable, matched int
	unmatched           []unmatched
	findings            []finding
	problems            []string
	// missing is the first left element that finds no match; nil if there is none.
	missing any
}

// diagnose compares the keys of a child's samples with those of its parent's, partition by partition.
func diagnose(child *mill.Node, left, right []*sample.Sample) *diagnosis {
	s := &suspicion{child: child, partitions: min(len(left), len(right)), left: &row{}, right: &row{}}
	for i := range s.partitions {
		if left[i].Unread || right[i].Unread {
			s.unread = true
			continue
		}
		leftKey, rightKey := expression.PairOf(child.Left, child.Right)
		s.left.add(left[i], child.Left, leftKey, false)
		s.right.add(right[i], child.Right, rightKey, child.Join.Unique)
		s.views = append(s.views, viewsOf(left[i], right[i])...)
	}
	s.asIs = s.compute(child.Left, child.Right)
	d := &diagnosis{
		left: s.left, right: s.right, common: s.common(),
		comparable: s.asIs.comparable, matched: s.asIs.matched, unmatched: s.unmatched(), missing: s.missing(),
		problems: slices.Concat(s.left.problems, s.right.problems),
	}
	if !s.unread {
		d.findings = s.findings()
	}
	return d
}

// common returns what both sides' keys lie between; nil where there is nothing.
func (s *suspicion) common() *keyRange { return s.left.keys.common(s.right.keys) }

// compute joins the samples by two expressions.
func (s *suspicion) compute(left, right *expression.Program) *match {
	return matchOf(s.views, left, right)
}

// numeric returns the keys as they are, as ticks; nil where they can't be had so.
func (s *suspicion) numeric() *numeric { return s.asIs.numeric() }

// findings says what is wrong with a join.
func (s *suspicion) findings() (findings []finding) {
	left := s.child.Parent.Name
	add := func(cause cause, text string) { findings = append(findings, finding{cause: cause, text: text}) }
	mend := s.mend()
	if mend.remedy == nil || mend.remedy.mistake == causeSpelling || mend.remedy.down > 0 {
		findings = s.disorders(mend.remedy)
	}
	if s.partitions > 1 && s.asIs.share() < middling {
		if all := s.across(); all.matched > 1 && all.share() >= least && all.share() >= 1.5*s.asIs.share() {
			add(causePartitions, fmt.Sprintf("the keys meet, but in other partitions: %d of %s of %s find a match in any, and "+
				"%d of %d in their own; both topics must be keyed by what the join compares", all.matched,
				words.Count(all.comparable, "element"), left, s.asIs.matched, s.asIs.comparable))
			return findings
		}
	}
	switch {
	case mend.remedy != nil && len(findings) > 0 && findings[0].fix != "":
	case mend.remedy != nil:
		evidence := fmt.Sprintf("then %s; as it is, %d of %d", mend.remedy.result(left), s.asIs.matched, s.asIs.comparable)
		findings = append(findings, finding{mend.remedy.mistake, mend.remedy.what, mend.remedy.on(), evidence})
	case s.left.computed == 0 || s.right.computed == 0:
		s.emptiness(add)
	case s.left.isText() != s.right.isText():
		add(causeKinds, s.conversions()[0].what+", which are never equal")
	case mend.cause != "":
		add(mend.mistake, mend.cause)
	case s.common() == nil:
		add(causeApart, fmt.Sprintf("nothing can join: the keys of %s are %v, those of %s are %v", left, s.left.keys, s.child.Name,
			s.right.keys))
	default:
		s.losses(add)
	}
	return findings
}

// disorders says which sides' keys don't grow, and what mends it, if the remedy does.
func (s *suspicion) disorders(remedy *tried) (findings []finding) {
	for _, side := range []struct {
		row  *row
		node *mill.Node
		key  *expression.Program
	}{{s.left, s.child.Parent, s.child.Left}, {s.right, s.child, s.child.Right}} {
		if side.row.down == 0 {
			continue
		}
		mended := remedy != nil && remedy.down == 0
		f := finding{cause: causeOrder, text: side.row.disorder(side.node, side.key, mended)}
		if mended {
			f.fix, f.evidence = remedy.on(), "then the keys grow, and "+remedy.result(s.child.Parent.Name)
		}
		findings = append(findings, f)
	}
	return findings
}

func (s *suspicion) emptiness(add func(cause, string)) {
	left, right := 0, 0
	for _, v := range s.views {
		left, right = left+len(v.left.Elements), right+len(v.right.Elements)
	}
	for _, side := range []struct {
		row      *row
		name     string
		elements int
	}{{s.left, s.child.Parent.Name, left}, {s.right, s.child.Name, right}} {
		switch {
		case side.elements == 0:
			add(causeEmpty, side.name+" is empty: there is nothing to join")
		case side.row.computed == 0:
			add(causeEmpty, side.name+" has no element whose key can be computed")
		}
	}
}

// losses says where much of the left stream is lost.
func (s *suspicion) losses(add func(cause, string)) {
	causes := map[observe.Verdict]cause{observe.Gap: causeGaps, observe.Ended: causeEarlyEnd, observe.Behind: causeLateBegin}
	all, matched := s.asIs.comparable, s.asIs.matched
	told := false
	var most unmatched
	reasons := s.unmatched()
	for _, u := range reasons {
		if 2*u.count > all && all > 1 {
			told = true
			add(causes[u.verdict], fmt.Sprintf("%d of %s of %s find no match: %s%s", u.count, words.Count(all, "element"),
				s.child.Parent.Name, u.text, s.never(u.verdict)))
		}
		if u.count > most.count {
			most = u
		}
	}
	if told || all < 2 || 10*matched >= all && matched > 0 {
		return
	}
	text := fmt.Sprintf("%d of %s of %s find no match", all-matched, words.Count(all, "element"), s.child.Parent.Name)
	link := ": "
	for _, u := range reasons {
		text += fmt.Sprintf("%s%d %s: %s%s", link, u.count, unmatchedWords(u.verdict), u.text, s.never(u.verdict))
		link = "; "
	}
	add(causes[most.verdict], text)
}

// never says, of gaps, that the keys of the two sides are such as can't be equal anywhere.
func (s *suspicion) never(verdict observe.Verdict) string {
	if verdict != observe.Gap || s.asIs.matched > 0 {
		return ""
	}
	n := s.numeric()
	if n == nil {
		return ""
	}
	left, right := n.all((*numericView).leftTicks), n.all((*numericView).rightTicks)
	step := gcd(lattice(left), lattice(right))
	if step == 0 || (left[0]-right[0])%step == 0 {
		return ""
	}
	above := n.rest(step)
	rest := func(key int64) string { return decimal(n.amount(above(key))) }
	return fmt.Sprintf("; the keys of %s are all %s above a multiple of %s and those of %s %s, so none can be equal",
		s.child.Parent.Name, rest(left[0]), decimal(n.amount(step)), s.child.Name, rest(right[0]))
}

// A mend is what is known of how to mend a join: a remedy, or, where there is none, the cause.
type mend struct {
	remedy  *tried
	mistake cause
	cause   string
}

// mend returns what would mend the join; nothing where nothing is known to, or it needs no mending.
func (s *suspicion) mend() (m mend) {
	if s.asIs.left == nil || s.asIs.right == nil {
		return m
	}
	leftIsText, rightIsText := s.left.isText(), s.right.isText()
	if leftIsText && rightIsText && s.asIs.down > 0 {
		if m.remedy = s.inOrder(s.spellings()); m.remedy != nil {
			return m
		}
	}
	if s.asIs.share() >= middling {
		return m
	}
	switch {
	case leftIsText != rightIsText:
		if m.remedy = s.best(s.conversions()); m.remedy == nil {
			m.remedy = s.other()
		}
	case leftIsText:
		if m.remedy = s.best(s.spellings()); m.remedy == nil {
			m.remedy = s.other()
		}
	case s.left.number > 0:
		return s.mendNumbers()
	}
	return m
}

// mendNumbers returns what would mend a join of numbers. Where much of what the right stream has meets, the join is right,
// and most of the left stream matches nothing on purpose; but for keys in other units, of which some meet anyhow.
func (s *suspicion) mendNumbers() (m mend) {
	tries := []func() *tried{
		func() *tried { return s.best(s.scalings()) },
	}
	var near *nearness
	n := s.numeric()
	if n != nil && n.counts() {
		tries = append(tries, s.other) // whatever the other side has meets a count
	}
	// A stream that is joined to itself is shifted on purpose.
	if n != nil && s.child.Stream.Name != s.child.Parent.Stream.Name {
		tries = append(tries, func() *tried { return s.best(s.shifts()) })
	}
	if n != nil && !s.asIs.rightMeets() {
		tries = append(tries, func() (found *tried) {
			found, near = s.rounding()
			return found
		}, s.unusual, s.other)
	}
	for _, try := range tries {
		if m.remedy = try(); m.remedy != nil {
			return m
		}
	}
	if near == nil {
		return m
	}
	m.mistake = causeRounding
	m.cause = fmt.Sprintf("%d of %d keys of %s are near one of %s, but not equal to it, and no rounding makes them equal, as "+
		"some would be rounded up and others down: %s", near.near, near.comparable, s.child.Parent.Name, s.child.Name,
		s.numeric().lies(near, s.child.Name))
	return m
}

// rounding returns the likeliest way to round that mends the join; near says that the keys lie near each other, and how.
func (s *suspicion) rounding() (found *tried, near *nearness) {
	remedies, near := s.roundings()
	for _, r := range remedies {
		if found = s.best([]remedy{r}); found != nil {
			break
		}
	}
	return found, near
}

// counts reports whether the keys of one side are a mere count of its elements, which is seldom what streams are joined by.
func (n *numeric) counts() bool {
	one := n.one()
	if n.origin.Sign() != 0 || one == 0 {
		return false
	}
	for _, keys := range [][]int64{n.all((*numericView).leftTicks), n.all((*numericView).rightTicks)} {
		if len(keys) > 1 && keys[0] >= 0 && keys[0] <= one && keys[len(keys)-1]-keys[0] == one*int64(len(keys)-1) {
			return true
		}
	}
	return false
}
