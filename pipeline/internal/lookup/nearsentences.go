package lookup

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// away says how far a right key is from a left one: 27ms later.
func away(left, right expression.Key) string {
	switch expression.Compare(right, left) {
	case 0:
		return "equal"
	case 1:
		return distance(left, right) + " later"
	}
	return distance(left, right) + " earlier"
}

// distance says how far two keys are apart.
func distance(a, b expression.Key) string {
	if a.Kind() != b.Kind() || !expression.HasDistances(a) || !expression.HasDistances(b) {
		return "some way"
	}
	return magnitude(a, b).String()
}

// beside says a key and where it is, with its distance from another.
func beside(key expression.Key, i *item, from expression.Key) string {
	if !expression.HasDistances(key) || key.Kind() != from.Kind() {
		return at(key, i)
	}
	return at(key, i) + ", " + away(from, key)
}

// describeNear says what the node has for the items of its parent, in a join of near keys.
func (t *subtree) describeNear(parent *subtree, c int, say func(string)) {
	name := t.node.Name
	how := ""
	if text := t.node.How(); text != "" {
		how = " (" + text + ")"
	}
	for i, left := range parent.needed {
		if i == detailed {
			t.summariseNear(parent, c, say)
			break
		}
		whose := "Its left key for " + name
		switch {
		case len(parent.needed) > 1:
			whose = fmt.Sprintf("The left key for %s at %s", name, words.Location(left.at))
		case c > 0:
			whose = fmt.Sprintf("The left key of %s for %s", parent.node.Name, name)
		}
		if t.isNull(left, c) {
			say(fmt.Sprintf("%s is null, and matches nothing%s.", strings.Replace(whose, "left key", t.nullOf(left, c), 1),
				t.consequence(left, c)))
			continue
		}
		say(fmt.Sprintf("%s is %v%s%s%s.", whose, left.down[c], t.reachText(left, c), t.matchText(left, c), how))
		how = ""
		say(t.outcome(left, c) + t.consequence(left, c) + ".")
	}
	if len(t.needed) > 0 {
		t.describe(say)
		t.summarise(say)
	}
	if t.stopsAt != nil {
		say(fmt.Sprintf("But %s has something that a run stops at.", name))
	}
}

// nullOf says which of an item's keys is null.
func (t *subtree) nullOf(left *item, c int) string {
	if left.down[c].IsNull() {
		return "left key"
	}
	return "match key"
}

// summariseNear says what the rest of the parent's items have.
func (t *subtree) summariseNear(parent *subtree, c int, say func(string)) {
	with := 0
	rest := parent.needed[detailed:]
	for _, left := range rest {
		if len(t.taken(left, c)) > 0 {
			with++
		}
	}
	say(fmt.Sprintf("Of %s more of %s, %d %s a match there.", words.Count(len(rest), "element"), parent.node.Name, with,
		have(with)))
}

// reachText says where the reach of a left key is.
func (t *subtree) reachText(left *item, c int) string {
	if t.relation.IsPoint() {
		return ""
	}
	key := left.down[c]
	switch reach := reachOf(t.relation, keyRange{low: key, high: key}); {
	case reach.noLow && reach.noHigh:
		return ", and reaches everything"
	case reach.noLow:
		return fmt.Sprintf(", and reaches up to %v", reach.high)
	case reach.noHigh:
		return fmt.Sprintf(", and reaches from %v on", reach.low)
	default:
		return fmt.Sprintf(", and reaches from %v to %v", reach.low, reach.high)
	}
}

// matchText says which match keys a match must have.
func (t *subtree) matchText(left *item, c int) string {
	if m := left.matchDown[c]; m != nil {
		return ", with " + m.named(t.node)
	}
	return ""
}

// consequence says what follows for an item of the parent whose match isn't needed; empty where it is.
func (t *subtree) consequence(left *item, c int) string {
	n := len(t.taken(left, c))
	switch need := t.node.Join.Need; {
	case need == engine.NeedNone && n == 0 && t.isOpen(left, c):
		return ", so that it may be handed over without one"
	case need == engine.NeedNone && n == 0:
		return ", so that it goes without one"
	case need == engine.NeedAbsent && n == 0:
		return ", so that nothing excludes it"
	case need == engine.NeedAbsent:
		return ", where there must be none"
	}
	return ""
}

// outcome says what an item of the parent finds within its reach.
func (t *subtree) outcome(left *item, c int) string {
	all := t.candidates(left, c)
	if len(all) == 0 {
		return t.nothing(left, c)
	}
	name, key := t.node.Name, left.down[c]
	complete, taken := t.complete(all), t.taken(left, c)
	where := "within reach"
	if t.relation.IsPoint() {
		where = "there"
	}
	if len(all) == 1 {
		text := fmt.Sprintf("%s has %s, %s", name, beside(all[0].up, all[0], key), where)
		if len(complete) == 0 {
			text += ", but it is incomplete"
		}
		return text
	}
	text := fmt.Sprintf("%s has %s %s, at %s", name, words.Count(len(all), "element"), where, locations(all))
	switch n := len(complete); {
	case n == 0:
		return text + ", none of them complete"
	case n < len(all):
		text += fmt.Sprintf(", %d of them complete", n)
	}
	take := map[engine.Take]string{engine.TakeFirst: "first", engine.TakeLast: "last", engine.TakeNearest: "nearest"}
	if word := take[t.node.Join.Take]; word != "" && t.node.Join.Need != engine.NeedAbsent {
		text += fmt.Sprintf(", and the %s is taken: %s", word, beside(taken[0].up, taken[0], key))
		if t.isOpen(left, c) {
			text += "; that may be another, as explain looks no further"
		}
	}
	return text
}

// nothing says what the node has around the reach of an item of the parent that has no candidates.
func (t *subtree) nothing(left *item, c int) string {
	name, m := t.node.Name, left.matchDown[c]
	if t.elsewhere >= 0 {
		return fmt.Sprintf("%s has a match in partition %d, but none in this partition: only equal partitions are joined, so "+
			"both streams must be keyed by what the join compares", name, t.elsewhere)
	}
	if t.empty && t.stopsAt == nil {
		return name + " has no elements at all"
	}
	inReach := t.inReach(left, c)
	equal := 0
	for _, i := range inReach {
		if m.equals(i.matchUp) {
			equal++ // but for that it would be a candidate
		}
	}
	var text string
	switch n := len(inReach); {
	case equal > 0:
		text = fmt.Sprintf("%s has %s within reach%s, but with an equal key, which equal: false leaves out", name,
			words.Count(equal, "element"), t.matchText(left, c))
	case n > 0 && m != nil:
		text = fmt.Sprintf("%s has %s within reach, none of them with %s", name, words.Count(n, "element"), m.named(t.node))
	case m != nil && t.relation.Low == nil:
		text = fmt.Sprintf("%s has none with %s within reach", name, m.named(t.node))
	case t.relation.IsPoint():
		text = fmt.Sprintf("%s has none there", name)
	default:
		text = name + " has none within reach"
	}
	sides := append(t.besides(left, c), t.alikeBesides(left, c)...)
	if len(sides) > 0 {
		text += ": " + strings.Join(sides, "; ")
	}
	return text + t.standing(left, c)
}

// besides says what lies next to the reach.
func (t *subtree) besides(left *item, c int) (sides []string) {
	below, above := t.around(left, c)
	key := left.down[c]
	within := func(i int) string {
		texts := t.node.Bounds()
		if texts == nil {
			return ""
		}
		return ", within is " + texts[i]
	}
	if below != nil {
		sides = append(sides, "the nearest before is "+beside(below.up, below, key)+within(0))
	}
	if above != nil {
		sides = append(sides, "the nearest after is "+beside(above.up, above, key)+within(1))
	}
	return sides
}

// alikeBesides says where the nearest are that have the match keys.
func (t *subtree) alikeBesides(left *item, c int) (sides []string) {
	a := t.alike[left]
	if a == nil {
		return nil
	}
	key, with := left.down[c], left.matchDown[c].named(t.node)
	below, above := t.around(left, c)
	for _, side := range []struct {
		word         string
		found, other *item
		isCut        bool
	}{{"before", a.below, below, a.cutBelow}, {"after", a.above, above, a.cutAbove}} {
		switch {
		case side.isCut:
			sides = append(sides, fmt.Sprintf("none with %s lies in the %d elements %s", with, searched, side.word))
		case side.found != nil && (side.other == nil || side.found.at != side.other.at):
			where := beside(side.found.up, side.found, key)
			sides = append(sides, fmt.Sprintf("the nearest %s with %s is %s", side.word, with, where))
		case side.found != nil:
			sides = append(sides, fmt.Sprintf("the one %s has %s", side.word, with))
		}
	}
	if len(sides) == 0 && (a.below == nil && a.above == nil) {
		sides = append(sides, fmt.Sprintf("none anywhere near has %s", with))
	}
	return sides
}

// standing says how the stream goes on where an item of the parent has no candidates.
func (t *subtree) standing(left *item, c int) string {
	switch t.nearMiss(left, c) {
	case observe.Ended:
		return "; it ends there"
	case Waiting:
		return "; more may come, so that a run waits here"
	case Unknown:
		return fmt.Sprintf("; explain looks no further than %d elements", searched)
	case observe.OutOfOrder, observe.Undecodable:
		return " before something that a run stops at"
	}
	return ""
}

// nearCause says why an item of the parent is incomplete at the node.
func (t *subtree) nearCause(left *item, c int) *Cause {
	key := left.down[c]
	cause := &Cause{Stream: t.node.Name, Verdict: t.nearMiss(left, c), Key: &key, isWhole: true}
	switch {
	case t.node.Join.Need == engine.NeedAbsent:
		cause.Verdict, cause.Text = observe.Excluded, t.outcome(left, c)+", where there must be none"
	case cause.Verdict == observe.Null:
		cause.Text = fmt.Sprintf("the %s of %s for %s is null, and matches nothing",
			strings.TrimPrefix(t.nullOf(left, c), "left "), t.node.Parent.Name, t.node.Name)
	case cause.Verdict == observe.Incomplete:
		return t.cause(t.candidates(left, c)[0])
	default:
		cause.Text = t.nothing(left, c)
	}
	return cause
}

// nearResult returns what the node has for an item of the parent.
func (t *subtree) nearResult(left *item, c int) Result {
	up := func(i *item) expression.Key { return i.up }
	key, all := left.down[c], t.candidates(left, c)
	r := Result{Stream: t.node.Name, Key: key, Count: len(all), Complete: len(t.complete(all)), Near: &Near{}}
	near := r.Near
	if m := left.matchDown[c]; m != nil {
		near.Match = m.values
	}
	if t.isNull(left, c) {
		r.Verdict = observe.Null
		return r
	}
	reach := reachOf(t.relation, keyRange{low: key, high: key})
	if !reach.noLow {
		near.Low = &reach.low
	}
	if !reach.noHigh {
		near.High = &reach.high
	}
	below, above := t.around(left, c)
	r.surround(all, below, above, up)
	near.InReach = len(t.inReach(left, c))
	if below != nil {
		near.BelowBy = distance(key, below.up)
	}
	if above != nil {
		near.AboveBy = distance(key, above.up)
	}
	if t.node.Join.Need != engine.NeedAbsent {
		for _, i := range t.taken(left, c) {
			near.Taken = append(near.Taken, elementOf(i, up))
		}
	}
	if a := t.alike[left]; a != nil {
		near.AlikeBelow, near.AlikeAbove = elementOf(a.below, up), elementOf(a.above, up)
	}
	switch {
	case t.node.Join.Need == engine.NeedAbsent && len(t.taken(left, c)) > 0:
		r.Verdict = observe.Excluded
	case len(t.taken(left, c)) == 0:
		r.Verdict = t.nearMiss(left, c)
	}
	return r
}
