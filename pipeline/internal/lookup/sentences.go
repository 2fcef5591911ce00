package lookup

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// detailed is how many of several things sentences tell one by one.
const detailed = 3

// locations says where items lie.
func locations(items []*item) string {
	first, last := items[0].at, items[len(items)-1].at
	between := " to "
	switch {
	case len(items) == 1:
		return words.Location(first)
	case len(items) == 2:
		between = " and "
	}
	switch from, to := words.Location(first), words.Location(last); {
	case first.At != "", first.Among, strings.Contains(from+to, "column"), (first.Line == 0) != (last.Line == 0):
		return from + between + to
	case first.Line > 0:
		return fmt.Sprintf("lines %d%s%d", first.Line, between, last.Line)
	case first.Offset < 0:
		return fmt.Sprintf("bytes %d%s%d", first.Byte, between, last.Byte)
	}
	return fmt.Sprintf("offsets %d%s%d", first.Offset, between, last.Offset)
}

// times says how often.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// presence says where a key is.
func presence(stream string, what any, items []*item) string {
	return fmt.Sprintf("%s has %v %s, at %s", stream, what, times(len(items)), locations(items))
}

// at says a neighbour's key and where it is.
func at(key expression.Key, i *item) string { return fmt.Sprintf("%v (%s)", key, words.Location(i.at)) }

// absence says what a subtree's stream has around a key that it doesn't have.
func (t *subtree) absence(key expression.Key) string {
	_, below, above := t.near(t.by, key)
	return t.absent(key, t.verdict(t.by, key, t.live()), below, above, func(i *item) expression.Key { return i.key(t.by) })
}

// absent says it of a key and the elements next to it, with what they are known by.
func (t *subtree) absent(
	key expression.Key, verdict observe.Verdict, below, above *item, known func(*item) expression.Key,
) string {
	name := t.node.Name
	no := fmt.Sprintf("%s has no %v", name, key)
	if t.elsewhere >= 0 {
		return fmt.Sprintf("%s in this partition, but in partition %d: only equal partitions are joined, so both streams "+
			"must be keyed by what the join compares", no, t.elsewhere)
	}
	switch {
	case verdict == observe.OutOfOrder && len(t.late) > 0:
		return fmt.Sprintf("%s has %v, but out of order, at %s", name, key, locations(t.late))
	case t.stopsAt != nil:
		return no + " before something that a run stops at"
	case t.empty && verdict == Waiting:
		return fmt.Sprintf("%s: it has no elements yet", no)
	case t.empty:
		return fmt.Sprintf("%s: it has no elements at all", no)
	case below == nil && above == nil && t.mark == nil:
		return fmt.Sprintf("%s: the keys of all its elements are null", no)
	case verdict == Waiting && !t.node.Stream.HasMarks():
		return fmt.Sprintf("%s yet: its last is %s, so a run waits here for more", no, at(known(below), below))
	case verdict == Waiting:
		return fmt.Sprintf("%s yet: its last is %s and no end-of-stream mark follows, so a run waits here", no,
			at(known(below), below))
	case verdict == observe.Ended && below == nil:
		return fmt.Sprintf("%s: the session has no elements before its mark, at %s", no, words.Location(*t.mark))
	case verdict == observe.Ended && t.mark != nil:
		return fmt.Sprintf("%s: it ends at %s, below it, with the end-of-stream mark at %s", no, at(known(below), below),
			words.Location(*t.mark))
	case verdict == observe.Ended:
		return fmt.Sprintf("%s: it ends at %s, below it", no, at(known(below), below))
	case verdict == observe.Behind:
		return fmt.Sprintf("%s: it begins at %s, above it", no, at(known(above), above))
	}
	return fmt.Sprintf("%s: it jumps from %s to %s: a gap", no, at(known(below), below), at(known(above), above))
}

// describe says of each child of a subtree what it has for the subtree's items, and so on down the tree.
func (t *subtree) describe(say func(string)) {
	for c, child := range t.children {
		if child.node.IsOfNearKeys() {
			child.describeNear(t, c, say)
			continue
		}
		keys := t.keys(c)
		if n := t.nulls(c); n > 0 {
			say(fmt.Sprintf("%s of %s %s no key for %s: null matches nothing.", words.Count(n, "element"), t.node.Name, have(n),
				child.node.Name))
		}
		if len(keys) == 0 {
			continue
		}
		whose := "Its left %s for %s"
		switch {
		case c > 0:
			whose = "The left %s of " + t.node.Name + " for %s" // others were spoken of meanwhile
		case len(t.needed) > 1:
			whose = "Their left %s for %s"
		}
		if len(keys) == 1 {
			say(fmt.Sprintf(whose+" is %v.", "key", child.node.Name, keys[0]))
		} else {
			say(fmt.Sprintf(whose+" are %v to %v, %d different ones.", "keys", child.node.Name, keys[0], keys[len(keys)-1],
				len(keys)))
		}
		child.describeKeys(keys, say)
		if len(child.needed) > 0 {
			child.describe(say)
			child.summarise(say)
		}
	}
}

// nulls counts the needed items whose key for a child is null.
func (t *subtree) nulls(child int) (n int) {
	for _, item := range t.needed {
		if item.down[child].IsNull() {
			n++
		}
	}
	return n
}

func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// are is the verb for some of several.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// describeKeys says which of the keys a subtree's stream has.
func (t *subtree) describeKeys(keys []expression.Key, say func(string)) {
	var missing []expression.Key
	var found []*item
	for _, key := range keys {
		items, _, _ := t.near(t.by, key)
		if found = append(found, items...); len(items) == 0 {
			missing = append(missing, key)
		}
	}
	switch {
	case len(keys) == 1 && len(found) > 0:
		say(presence(t.node.Name, keys[0], found) + ".")
	case len(found) > 0:
		say(fmt.Sprintf("%s has %d of these %d keys, in %s, at %s.", t.node.Name, len(keys)-len(missing), len(keys),
			words.Count(len(found), "element"), locations(found)))
	}
	for i, key := range missing {
		if i == detailed {
			say(fmt.Sprintf("Nor has it %d more of these keys.", len(missing)-i))
			break
		}
		say(t.absence(key) + ".")
	}
	if t.stopsAt != nil && len(missing) == 0 {
		say(fmt.Sprintf("But %s has something that a run stops at.", t.node.Name))
	}
}

// summarise says how many of a subtree's items are complete, where some aren't.
func (t *subtree) summarise(say func(string)) {
	all, complete := len(t.needed), 0
	for _, item := range t.needed {
		if !t.incomplete[item] {
			complete++
		}
	}
	switch name := t.node.Name; {
	case complete == all:
	case all == 1:
		say(fmt.Sprintf("So the element of %s is incomplete: it counts as no match.", name))
	case complete == 0:
		say(fmt.Sprintf("So all %d elements of %s are incomplete: they count as no match.", all, name))
	default:
		say(fmt.Sprintf("So %d of the %d elements of %s %s complete; the others count as no match.", complete, all, name,
			are(complete)))
	}
}
