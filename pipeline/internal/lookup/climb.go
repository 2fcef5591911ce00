package lookup

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// climb goes up from a child to the masters that need its elements; nil where none does.
func (e *explainer) climb(ctx context.Context, part *Partition, top *subtree) (*subtree, error) {
	asked := top.needed
	if len(asked) == 0 {
		asked = []*item{{up: e.keys.low}} // an element with the key and any match keys
	}
	for child := top.node; ; child = child.Parent {
		climb := e.climbEqual
		if child.IsOfNearKeys() || haveDifferentKeys(asked) {
			climb = e.climbNear
		}
		up, err := climb(ctx, part, child, asked)
		if err != nil || up == nil || up.node.Parent == nil {
			return up, err
		}
		asked = up.needed
	}
}

// haveDifferentKeys reports whether the items have more than one key for their parent, as those may that were found over an
// edge of near keys.
func haveDifferentKeys(asked []*item) bool {
	return slices.ContainsFunc(asked[1:], func(i *item) bool { return expression.Compare(i.up, asked[0].up) != 0 })
}

// climbEqual goes up an edge of equal keys, with items that all have the same one.
func (e *explainer) climbEqual(ctx context.Context, part *Partition, child *mill.Node, asked []*item) (*subtree, error) {
	say := func(sentence string) { part.Sentences = append(part.Sentences, sentence) }
	key := asked[0].up
	if key.IsNull() {
		e.climbNull(part, child, "key")
		return nil, nil
	}
	by := slices.Index(child.Parent.Children, child)
	up, err := e.lookUp(ctx, child.Parent, keyRange{by: by, low: key, high: key}, nil, part.Number)
	if err != nil {
		return nil, err
	}
	if len(up.needed) == 0 {
		text := strings.Replace(up.absence(key), " has no ", " has no element whose left key for "+child.Name+" is ", 1)
		say(text + ".")
		say("So nothing asks for it.")
		e.explanation.Broken[child.Name] = true
		part.Cause = &Cause{Stream: up.node.Name, Verdict: up.missing(key), Key: &key, Text: text}
		return nil, nil
	}
	say(fmt.Sprintf("%s asks for %v of %s %s, at %s.", up.node.Name, key, child.Name, times(len(up.needed)),
		locations(up.needed)))
	return up, nil
}

// climbNull says that an element has no key, or match key, for its parent.
func (e *explainer) climbNull(part *Partition, child *mill.Node, what string) {
	text := fmt.Sprintf("the %s of %s for %s is null, and matches nothing", what, child.Name, child.Parent.Name)
	part.Sentences = append(part.Sentences, text+".")
	null := expression.Key{}
	part.Cause = &Cause{Stream: child.Parent.Name, Verdict: observe.Null, Key: &null, Text: text}
}

// climbNear goes up an edge of near keys, or with items of different keys: to the parents that have one of the elements
// asked about within reach, and its match keys.
func (e *explainer) climbNear(ctx context.Context, part *Partition, child *mill.Node, asked []*item) (*subtree, error) {
	say := func(sentence string) { part.Sentences = append(part.Sentences, sentence) }
	askable := slices.DeleteFunc(slices.Clone(asked), func(i *item) bool {
		return i.up.IsNull() || i.matchUp != nil && i.matchUp.isNull
	})
	if len(askable) == 0 {
		what := "key"
		if !asked[0].up.IsNull() {
			what = "match key"
		}
		e.climbNull(part, child, what)
		return nil, nil
	}
	edge := &subtree{node: child, relation: relationOf(child)}
	by := slices.Index(child.Parent.Children, child)
	keys := askers(edge.relation, askable[0].up, askable[len(askable)-1].up)
	keys.by = by
	up, err := e.lookUp(ctx, child.Parent, keys, nil, part.Number)
	if err != nil {
		return nil, err
	}
	up.needed = slices.DeleteFunc(slices.Clone(up.items), func(left *item) bool {
		return !slices.ContainsFunc(askable, func(right *item) bool { return edge.isCandidate(left, by, right) })
	})
	key := askable[0].up
	if len(up.needed) == 0 {
		text := up.nobodyAsks(edge, by, askable[0])
		say(strings.ToUpper(text[:1]) + text[1:] + ".")
		say("So nothing asks for it.")
		if child.Join.Need == engine.NeedOne {
			e.explanation.Broken[child.Name] = true
		}
		part.Cause = &Cause{Stream: up.node.Name, Verdict: up.nobodyAsksBecause(), Key: &key, Text: text, isWhole: true}
		return nil, nil
	}
	what := fmt.Sprintf("%v of %s lies within reach of", key, child.Name)
	switch {
	case !child.IsOfNearKeys():
		what = fmt.Sprintf("%d elements of %s match", len(askable), child.Name)
	case len(askable) > 1:
		what = fmt.Sprintf("%d elements of %s lie within reach of", len(askable), child.Name)
	}
	more := ""
	if up.cutBelow || up.cutAbove {
		more = ", and maybe of further ones: no more were looked at"
	}
	say(fmt.Sprintf("%s %s of %s%s, at %s%s.", what, words.Count(len(up.needed), "element"), up.node.Name,
		alikeSuffix(child), locations(up.needed), more))
	return up, nil
}

// alikeSuffix says what else they have in common.
func alikeSuffix(child *mill.Node) string {
	switch len(child.By) {
	case 0:
		return ""
	case 1:
		return " with the same match key"
	}
	return " with the same match keys"
}

// askers returns the range of left keys within whose reach right keys from low to high lie.
func askers(r *mill.Relation, low, high expression.Key) keyRange {
	keys := keyRange{low: low, high: high}
	if r.IsPoint() {
		return keys
	}
	var err error
	if keys.noLow = r.High == nil; !keys.noLow {
		if keys.low, err = r.High.Below(low); err != nil {
			keys.low, keys.noLow = low, true
		}
	}
	if keys.noHigh = r.Low == nil; !keys.noHigh {
		if keys.high, err = r.Low.Below(high); err != nil {
			keys.high, keys.noHigh = high, true
		}
	}
	if keys.noLow || keys.noHigh {
		keys.extent = newExtent(low, false)
	}
	if keys.noLow && r.Low != nil && !keys.noHigh && expression.Compare(keys.high, low) < 0 {
		keys.extent.from = keys.high
	}
	return keys
}

// nobodyAsks says that no element of the stream, a parent, has one of a child's within reach.
func (t *subtree) nobodyAsks(edge *subtree, by int, right *item) string {
	text := fmt.Sprintf("no element of %s has %v of %s within reach", t.node.Name, right.up, edge.node.Name)
	others := slices.DeleteFunc(slices.Clone(t.items), func(left *item) bool {
		return edge.relation.Order(left.down[by], right.up) != 0
	})
	if n := len(others); n > 0 {
		apart := "with another match key"
		if edge.relation.Unequal && slices.ContainsFunc(others, func(i *item) bool {
			return expression.Compare(i.down[by], right.up) == 0
		}) {
			apart = "with an equal key, which equal: false leaves out"
			if len(edge.node.By) > 0 {
				apart = "with another match key, or an equal key, which equal: false leaves out"
			}
		}
		return fmt.Sprintf("%s, but for %s %s, at %s", text, words.Count(n, "element"), apart, locations(others))
	}
	var sides []string
	if t.below != nil {
		sides = append(sides, "the left key before is "+beside(t.below.down[by], t.below, right.up))
	}
	if t.above != nil {
		sides = append(sides, "the left key after is "+beside(t.above.down[by], t.above, right.up))
	}
	if len(sides) == 0 {
		return text + ": there are none"
	}
	return text + ": " + strings.Join(sides, ", and ")
}

// nobodyAsksBecause is the verdict on that.
func (t *subtree) nobodyAsksBecause() observe.Verdict {
	switch {
	case t.stopsAt != nil:
		return verdictOf(t.stopsAt)
	case t.cutBelow || t.cutAbove:
		return Unknown
	case t.above == nil && t.live() && t.mark == nil:
		return Waiting
	case t.above == nil:
		return observe.Ended
	case t.below == nil && len(t.items) == 0:
		return observe.Behind
	}
	return observe.Gap
}

// concludeAsked says what comes of the elements asked about, where these aren't the masters.
func (e *explainer) concludeAsked(part *Partition, masters, top *subtree) {
	if masters == top {
		part.Joined = part.HandedOver
		return
	}
	isNear := false
	for n := top.node; n.Parent != nil; n = n.Parent {
		isNear = isNear || n.IsOfNearKeys()
	}
	if part.HandedOver == 0 && part.Cause != nil && part.Cause.Verdict != observe.Excluded || len(top.needed) == 0 {
		return
	}
	handed, isThere := masters.joined(top)
	part.Joined = handed
	if !isNear {
		return
	}
	say := func(sentence string) { part.Sentences = append(part.Sentences, sentence) }
	name, all := e.node.Name, words.Count(len(top.needed), "element")
	switch {
	case !isThere:
		say(fmt.Sprintf("%s doesn't hold the element given, so that nothing can be said of it.", name))
	case top.node.Join.Need == engine.NeedAbsent:
		say(fmt.Sprintf("An element of %s is never handed over: what is asked for must be absent.", name))
	case handed == len(top.needed):
		say(fmt.Sprintf("With that, the %s of %s %s handed over, too.", strings.TrimPrefix(all, "1 "), name, are(handed)))
	case handed > 0:
		say(fmt.Sprintf("With that, %d of the %s of %s %s handed over, too.", handed, all, name, are(handed)))
	default:
		e.notTaken(part, top, say)
	}
}

// notTaken says that none of the elements asked about is a match of a master that is handed over.
func (e *explainer) notTaken(part *Partition, top *subtree, say func(string)) {
	name := e.node.Name
	if i := slices.IndexFunc(top.needed, func(i *item) bool { return top.incomplete[i] }); i >= 0 {
		say(fmt.Sprintf("But the element of %s isn't: it is incomplete.", name))
		part.Cause = top.cause(top.needed[i])
		return
	}
	text := fmt.Sprintf("what has it within reach takes another element of %s, or isn't handed over", name)
	say(fmt.Sprintf("But the element of %s isn't: %s.", name, text))
	key := top.needed[0].up
	part.Cause = &Cause{Stream: top.node.Parent.Name, Verdict: observe.NotTaken, Key: &key, Text: text, isWhole: true}
}

// joined counts the items of another subtree that the complete items of this one, the masters, are handed over with, and
// reports whether they are there at all.
func (t *subtree) joined(asked *subtree) (handed int, isThere bool) {
	found := map[*item]bool{}
	var at *subtree
	var visit func(t *subtree, items []*item)
	visit = func(t *subtree, items []*item) {
		if t.node == asked.node {
			at = t
			for _, i := range items {
				found[i] = true
			}
		}
		for c, child := range t.children {
			var below []*item
			for _, left := range items {
				if child.node.Join.Need != engine.NeedAbsent {
					below = append(below, child.taken(left, c)...)
				}
			}
			visit(child, below)
		}
	}
	visit(t, t.complete(t.needed))
	if at == nil {
		return 0, true
	}
	for _, i := range asked.needed {
		there := slices.IndexFunc(at.items, func(other *item) bool { return other.at == i.at })
		if there < 0 {
			there = slices.IndexFunc(at.items, func(other *item) bool { return bytes.Equal(other.element.Raw, i.element.Raw) })
		}
		isThere = isThere || there >= 0
		if there >= 0 && found[at.items[there]] {
			handed++
		}
	}
	return handed, isThere
}
