package diagnosis

import (
	"fmt"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// findings says what is wrong with a join.
func (j *join) findings() (findings []Finding) {
	left := j.child.Parent.Name
	add := func(mistake Mistake, text string) {
		findings = append(findings, Finding{Mistake: mistake, Text: text})
	}
	mend := j.mend()
	if mend.remedy == nil || mend.remedy.mistake == Spelling || mend.remedy.down > 0 {
		findings = j.disorders(mend.remedy)
	}
	if j.partitions > 1 && j.asIs.share() < middling {
		if all := j.across(); all.matched > 1 && all.share() >= least && all.share() >= 1.5*j.asIs.share() {
			add(Partitions, fmt.Sprintf("the keys meet, but in other partitions: %d of %s of %s find a match in any, and "+
				"%d of %d in their own; both topics must be keyed by what the join compares", all.matched,
				words.Count(all.comparable, "element"), left, j.asIs.matched, j.asIs.comparable))
			return findings
		}
	}
	switch {
	case mend.remedy != nil && len(findings) > 0 && findings[0].Fix != "":
	case mend.remedy != nil:
		evidence := fmt.Sprintf("then %s; as it is, %d of %d", mend.remedy.result(left), j.asIs.matched, j.asIs.comparable)
		findings = append(findings, Finding{mend.remedy.mistake, mend.remedy.text, mend.remedy.on(), evidence})
	case j.left.computed == 0 || j.right.computed == 0:
		j.emptiness(add)
	case j.left.isText() != j.right.isText():
		add(Kinds, j.conversions()[0].text+", which are never equal")
	case mend.text != "":
		add(mend.mistake, mend.text)
	case j.common() == nil:
		add(Apart, fmt.Sprintf("nothing can join: the keys of %s are %v, those of %s are %v", left, j.left.Keys, j.child.Name,
			j.right.Keys))
	default:
		j.losses(add)
	}
	return findings
}

// disorders says which sides' keys don't grow, and what mends it, if the remedy does.
func (j *join) disorders(remedy *trial) (findings []Finding) {
	for _, side := range []struct {
		stats *KeyStats
		node  *mill.Node
		key   *expression.Program
	}{{j.left, j.child.Parent, j.child.Left}, {j.right, j.child, j.child.Right}} {
		if side.stats.down == 0 {
			continue
		}
		mended := remedy != nil && remedy.down == 0
		f := Finding{Mistake: Order, Text: side.stats.disorder(side.node, side.key, mended)}
		if mended {
			f.Fix, f.Evidence = remedy.on(), "then the keys grow, and "+remedy.result(j.child.Parent.Name)
		}
		findings = append(findings, f)
	}
	return findings
}

func (j *join) emptiness(add func(Mistake, string)) {
	left, right := 0, 0
	for _, v := range j.views {
		left, right = left+len(v.left.Elements), right+len(v.right.Elements)
	}
	for _, side := range []struct {
		stats    *KeyStats
		name     string
		elements int
	}{{j.left, j.child.Parent.Name, left}, {j.right, j.child.Name, right}} {
		switch {
		case side.elements == 0:
			add(Empty, side.name+" is empty: there is nothing to join")
		case side.stats.computed == 0:
			add(Empty, side.name+" has no element whose key can be computed")
		}
	}
}

// losses says where much of the left stream is lost.
func (j *join) losses(add func(Mistake, string)) {
	mistakes := map[observe.Verdict]Mistake{observe.Gap: Gaps, observe.Ended: EarlyEnd, observe.Behind: LateBegin}
	all, matched := j.asIs.comparable, j.asIs.matched
	told := false
	var most Unmatched
	reasons := j.unmatched()
	for _, u := range reasons {
		if 2*u.Count > all && all > 1 {
			told = true
			add(mistakes[u.Verdict], fmt.Sprintf("%d of %s of %s find no match: %s%s", u.Count, words.Count(all, "element"),
				j.child.Parent.Name, u.Text, j.neverEqual(u.Verdict)))
		}
		if u.Count > most.Count {
			most = u
		}
	}
	if told || all < 2 || 10*matched >= all && matched > 0 {
		return
	}
	text := fmt.Sprintf("%d of %s of %s find no match", all-matched, words.Count(all, "element"), j.child.Parent.Name)
	link := ": "
	for _, u := range reasons {
		text += fmt.Sprintf("%s%d %s: %s%s", link, u.Count, UnmatchedWhere(u.Verdict), u.Text, j.neverEqual(u.Verdict))
		link = "; "
	}
	add(mistakes[most.Verdict], text)
}

// neverEqual says, of gaps, that the keys of the two sides are such as can't be equal anywhere.
func (j *join) neverEqual(verdict observe.Verdict) string {
	if verdict != observe.Gap || j.asIs.matched > 0 {
		return ""
	}
	n := j.numeric()
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
		j.child.Parent.Name, rest(left[0]), decimal(n.amount(step)), j.child.Name, rest(right[0]))
}
