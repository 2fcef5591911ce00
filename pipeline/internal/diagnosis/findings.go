package diagnosis

import (
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
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
		findings = append(findings, j.offer(mend.remedy.finding(j.child), mend.remedy))
	case j.left.computed == 0 || j.right.computed == 0:
		j.emptiness(add)
	case j.left.isText() != j.right.isText():
		add(Kinds, j.conversions()[0].text+", which are never equal")
	case mend.text != "":
		findings = append(findings, j.offer(Finding{Mistake: mend.mistake, Text: mend.text}, mend.near))
	case j.child.Join.Need == engine.NeedAbsent:
		j.excluded(add)
	case j.common() == nil && j.asIs.matched == 0:
		add(Apart, fmt.Sprintf("nothing can join: the keys of %s are %v, those of %s are %v", left, j.left.Keys, j.child.Name,
			j.right.Keys))
	default:
		findings = append(findings, j.losses()...)
	}
	if mend.remedy == nil {
		findings = append(findings, j.interleaved()...)
	}
	return findings
}

// offer adds to a finding what a trial has shown; nothing where there is none.
func (j *join) offer(f Finding, t *trial) Finding {
	if t == nil {
		return f
	}
	f.Add = t.add
	f.Evidence = fmt.Sprintf("then %s; as it is, %d of %d", t.result(j.child.Parent.Name), j.asIs.matched,
		j.asIs.comparable)
	return f
}

// excluded says that nothing is handed over, since everything has what must be absent.
func (j *join) excluded(add func(Mistake, string)) {
	if n := j.asIs.comparable; n > 1 && j.asIs.matched == n {
		add(Excluded, fmt.Sprintf("all %d elements of %s have a match in %s, which must be absent: none is handed over", n,
			j.child.Parent.Name, j.child.Name))
	}
}

// disorders says which sides' keys don't grow, and what mends it: the remedy, or to put the stream in order.
func (j *join) disorders(remedy *trial) (findings []Finding) {
	for _, side := range []struct {
		stats *KeyStats
		node  *mill.Node
		key   *expression.Program
		part  func(view) *sample.Part
	}{
		{j.left, j.child.Parent, j.child.Left, func(v view) *sample.Part { return v.left }},
		{j.right, j.child, j.child.Right, func(v view) *sample.Part { return v.right }},
	} {
		if side.stats.down == 0 {
			continue
		}
		mended := remedy != nil && remedy.down == 0
		f := Finding{Mistake: Order, Text: side.stats.disorder(side.node, side.key, mended)}
		switch {
		case mended:
			f.Fix, f.Evidence = remedy.on(), "then the keys grow, and "+remedy.result(j.child.Parent.Name)
		case !side.stats.unread && side.node.Stream.Reading.Sort == nil:
			if s := j.sorting(side.node, side.key, side.part); s != nil {
				f = s.finding(f, j.asIs.result(j.child.Parent.Name))
			}
		}
		findings = append(findings, f)
	}
	return findings
}

func (j *join) emptiness(add func(Mistake, string)) {
	var left, right, leftOut, rightOut int
	for _, v := range j.views {
		left, right = left+len(v.left.Elements), right+len(v.right.Elements)
		leftOut, rightOut = leftOut+v.left.LeftOut, rightOut+v.right.LeftOut
	}
	for _, side := range []struct {
		stats             *KeyStats
		name              string
		elements, leftOut int
	}{{j.left, j.child.Parent.Name, left, leftOut}, {j.right, j.child.Name, right, rightOut}} {
		switch {
		case side.name == j.child.Name && j.child.Join.Need != engine.NeedOne:
			// Nothing matches, and nothing has to.
		case side.elements == 0 && side.leftOut > 0:
			add(Empty, "where leaves out all elements of "+side.name+": there is nothing to join")
		case side.elements == 0:
			add(Empty, side.name+" is empty: there is nothing to join")
		case side.stats.computed == 0:
			add(Empty, side.name+" has no element whose key can be computed")
		}
	}
}

// losses says where much of the left stream is lost. Of an optional child that is no loss, unless nothing matches at
// all.
func (j *join) losses() (findings []Finding) {
	all, matched := j.asIs.comparable, j.asIs.matched
	if j.child.Join.Need == engine.NeedNone && matched > 0 {
		return nil
	}
	var near *trial
	if share := j.asIs.share(); share < hardly || !j.relation.IsPoint() && share < middling {
		near = j.tolerance()
	}
	mistakes := map[observe.Verdict]Mistake{observe.Gap: Gaps, observe.Ended: EarlyEnd, observe.Behind: LateBegin}
	var most Unmatched
	reasons := j.unmatched()
	for _, u := range reasons {
		if 2*u.Count > all && all > 1 {
			f := Finding{Mistake: mistakes[u.Verdict], Text: fmt.Sprintf("%d of %s of %s find no match: %s%s", u.Count,
				words.Count(all, "element"), j.child.Parent.Name, u.Text, j.neverEqual(u.Verdict))}
			if u.Verdict == observe.Gap {
				f = j.offer(f, near)
			}
			findings = append(findings, f)
		}
		if u.Count > most.Count {
			most = u
		}
	}
	if len(findings) > 0 || all < 2 || 10*matched >= all && matched > 0 {
		return findings
	}
	text := fmt.Sprintf("%d of %s of %s find no match", all-matched, words.Count(all, "element"), j.child.Parent.Name)
	link := ": "
	for _, u := range reasons {
		text += fmt.Sprintf("%s%d %s: %s%s", link, u.Count, UnmatchedWhere(u.Verdict), u.Text, j.neverEqual(u.Verdict))
		link = "; "
	}
	return []Finding{j.offer(Finding{Mistake: mistakes[most.Verdict], Text: text}, near)}
}

// neverEqual says, of gaps, that the keys of the two sides are such as can't be equal anywhere.
func (j *join) neverEqual(verdict observe.Verdict) string {
	if verdict != observe.Gap || j.asIs.matched > 0 {
		return ""
	}
	n := j.numeric()
	if n == nil || n.times || !j.relation.IsPoint() {
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
