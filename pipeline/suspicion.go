package pipeline

import (
	"fmt"

	"github.com/leat-go/leat/internal/expression"
)

// A suspicion is that a join matches little because of a usual mistake. Every explanation of it is tried on the samples: it
// counts if the join, written so, matches.
type suspicion struct {
	child       *node
	views       []view
	left, right *row
	asIs        *match
	unread      bool
	partitions  int
}

// compute joins the samples by two expressions.
func (s *suspicion) compute(left, right *expression.Program) *match {
	return matchOf(s.views, left, right)
}

// numeric returns the keys as they are, as ticks; nil where they can't be had so.
func (s *suspicion) numeric() *numeric { return s.asIs.numeric() }

// findings says what is wrong with a join.
func (s *suspicion) findings(join *JoinReport) (findings []Finding) {
	about := Finding{Left: join.Left, Right: join.Right, On: join.On}
	add := func(cause Mistake, text string) {
		about.Mistake, about.Text = cause, text
		findings = append(findings, about)
	}
	mend := s.mend()
	if mend.remedy == nil || mend.remedy.mistake == MistakeSpelling || mend.remedy.down > 0 {
		findings = s.disorders(about, mend.remedy)
	}
	if s.partitions > 1 && s.asIs.share() < middling {
		if all := s.across(); all.matched > 1 && all.share() >= least && all.share() >= 1.5*s.asIs.share() {
			add(MistakePartitions, fmt.Sprintf("the keys meet, but in other partitions: %d of %s of %s find a match in any, and "+
				"%d of %d in their own; both topics must be keyed by what the join compares", all.matched,
				count(all.comparable, "element"), join.Left, join.Matched, join.Comparable))
			return findings
		}
	}
	switch {
	case mend.remedy != nil && len(findings) > 0 && findings[0].Fix != "":
	case mend.remedy != nil:
		about.Fix = mend.remedy.on()
		about.Evidence = fmt.Sprintf("then %s; as it is, %d of %d", mend.remedy.result(join.Left), join.Matched, join.Comparable)
		add(mend.remedy.mistake, mend.remedy.what)
	case s.left.computed == 0 || s.right.computed == 0:
		s.emptiness(join, add)
	case s.left.isText() != s.right.isText():
		add(MistakeKinds, s.conversions()[0].what+", which are never equal")
	case mend.cause != "":
		add(mend.mistake, mend.cause)
	case join.Common == nil:
		add(MistakeApart, fmt.Sprintf("nothing can join: the keys of %s are %v, those of %s are %v", join.Left, join.LeftKeys,
			join.Right, join.RightKeys))
	default:
		s.losses(join, add)
	}
	return findings
}

// disorders says which sides' keys don't grow, and what mends it, if the remedy does.
func (s *suspicion) disorders(about Finding, remedy *tried) (findings []Finding) {
	for _, side := range []struct {
		row  *row
		node *node
		key  *expression.Program
	}{{s.left, s.child.parent, s.child.left}, {s.right, s.child, s.child.right}} {
		if side.row.down == 0 {
			continue
		}
		f := about
		f.Mistake, f.Text = MistakeOrder, side.row.disorder(side.node, side.key, remedy != nil && remedy.down == 0)
		if remedy != nil && remedy.down == 0 {
			f.Fix, f.Evidence = remedy.on(), "then the keys grow, and "+remedy.result(about.Left)
		}
		findings = append(findings, f)
	}
	return findings
}

func (s *suspicion) emptiness(join *JoinReport, add func(Mistake, string)) {
	left, right := 0, 0
	for _, v := range s.views {
		left, right = left+len(v.left.elements), right+len(v.right.elements)
	}
	for _, side := range []struct {
		row      *row
		name     string
		elements int
	}{{s.left, join.Left, left}, {s.right, join.Right, right}} {
		switch {
		case side.elements == 0:
			add(MistakeEmpty, side.name+" is empty: there is nothing to join")
		case side.row.computed == 0:
			add(MistakeEmpty, side.name+" has no element whose key can be computed")
		}
	}
}

// losses says where much of the left stream is lost.
func (s *suspicion) losses(join *JoinReport, add func(Mistake, string)) {
	causes := map[Verdict]Mistake{Gap: MistakeGaps, Ended: MistakeEarlyEnd, Behind: MistakeLateBegin}
	told := false
	var most UnmatchedReport
	for _, u := range join.Unmatched {
		if 2*u.Count > join.Comparable && join.Comparable > 1 {
			told = true
			add(causes[u.Verdict], fmt.Sprintf("%d of %s of %s find no match: %s%s", u.Count, count(join.Comparable, "element"),
				join.Left, u.Text, s.never(u.Verdict)))
		}
		if u.Count > most.Count {
			most = u
		}
	}
	if told || join.Comparable < 2 || 10*join.Matched >= join.Comparable && join.Matched > 0 {
		return
	}
	text := fmt.Sprintf("%d of %s of %s find no match", join.Comparable-join.Matched, count(join.Comparable, "element"),
		join.Left)
	link := ": "
	for _, u := range join.Unmatched {
		text += fmt.Sprintf("%s%d %s: %s%s", link, u.Count, unmatchedWords(u.Verdict), u.Text, s.never(u.Verdict))
		link = "; "
	}
	add(causes[most.Verdict], text)
}

// never says, of gaps, that the keys of the two sides are such as can't be equal anywhere.
func (s *suspicion) never(verdict Verdict) string {
	if verdict != Gap || s.asIs.matched > 0 {
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
		s.child.parent.name, rest(left[0]), decimal(n.amount(step)), s.child.name, rest(right[0]))
}

// A mend is what is known of how to mend a join: a remedy, or, where there is none, the cause.
type mend struct {
	remedy  *tried
	mistake Mistake
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
	if n != nil && s.child.site.name != s.child.parent.site.name {
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
	m.mistake = MistakeRounding
	m.cause = fmt.Sprintf("%d of %d keys of %s are near one of %s, but not equal to it, and no rounding makes them equal, as "+
		"some would be rounded up and others down: %s", near.near, near.comparable, s.child.parent.name, s.child.name,
		s.numeric().lies(near, s.child.name))
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
