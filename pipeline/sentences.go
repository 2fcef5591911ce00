package pipeline

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// detailed is how many of several things sentences tell one by one.
const detailed = 3

// spots says where items lie.
func spots(items []*item) string {
	first, last := items[0].at, items[len(items)-1].at
	link := " to "
	switch {
	case len(items) == 1:
		return words.Location(first)
	case len(items) == 2:
		link = " and "
	}
	switch from, to := words.Location(first), words.Location(last); {
	case strings.Contains(from+to, "column"), (first.Line == 0) != (last.Line == 0):
		return from + link + to
	case first.Line > 0:
		return fmt.Sprintf("lines %d%s%d", first.Line, link, last.Line)
	case first.Offset < 0:
		return fmt.Sprintf("bytes %d%s%d", first.Byte, link, last.Byte)
	}
	return fmt.Sprintf("offsets %d%s%d", first.Offset, link, last.Offset)
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
	return fmt.Sprintf("%s has %v %s, at %s", stream, what, times(len(items)), spots(items))
}

// at says a neighbour's key and where it is.
func at(key expression.Key, i *item) string { return fmt.Sprintf("%v (%s)", key, words.Location(i.at)) }

// absence says what a link's stream has around a key that it doesn't have.
func (k *link) absence(key expression.Key) string {
	_, below, above := k.near(k.by, key)
	return k.absent(key, k.verdict(k.by, key, k.live()), below, above, func(i *item) expression.Key { return i.key(k.by) })
}

// absent says it of a key and the elements next to it, with what they are known by.
func (k *link) absent(
	key expression.Key, verdict observe.Verdict, below, above *item, known func(*item) expression.Key,
) string {
	name := k.node.Name
	no := fmt.Sprintf("%s has no %v", name, key)
	if k.elsewhere >= 0 {
		return fmt.Sprintf("%s in this partition, but in partition %d: only equal partitions are joined, so both topics must be "+
			"keyed by what the join compares", no, k.elsewhere)
	}
	switch {
	case verdict == observe.OutOfOrder && len(k.late) > 0:
		return fmt.Sprintf("%s has %v, but out of order, at %s", name, key, spots(k.late))
	case k.trouble != nil:
		return no + " before something that a run stops at"
	case k.empty && verdict == waiting:
		return fmt.Sprintf("%s: the topic has no elements yet", no)
	case k.empty:
		return fmt.Sprintf("%s: it has no elements at all", no)
	case verdict == waiting:
		return fmt.Sprintf("%s yet: its last is %s and no end-of-stream mark follows, so a run waits here", no,
			at(known(below), below))
	case verdict == observe.Ended && below == nil:
		return fmt.Sprintf("%s: the session has no elements before its mark, at %s", no, words.Location(*k.mark))
	case verdict == observe.Ended && k.mark != nil:
		return fmt.Sprintf("%s: it ends at %s, below it, with the end-of-stream mark at %s", no, at(known(below), below),
			words.Location(*k.mark))
	case verdict == observe.Ended:
		return fmt.Sprintf("%s: it ends at %s, below it", no, at(known(below), below))
	case verdict == observe.Behind:
		return fmt.Sprintf("%s: it begins at %s, above it", no, at(known(above), above))
	}
	return fmt.Sprintf("%s: it jumps from %s to %s: a gap", no, at(known(below), below), at(known(above), above))
}

// describe says of each child of a link what it has for the link's items, and so on down the tree.
func (k *link) describe(say func(string)) {
	for c, child := range k.children {
		keys := k.keys(c)
		if n := k.nulls(c); n > 0 {
			say(fmt.Sprintf("%s of %s %s no key for %s: null matches nothing.", words.Count(n, "element"), k.node.Name, have(n),
				child.node.Name))
		}
		if len(keys) == 0 {
			continue
		}
		whose := "Its left %s for %s"
		switch {
		case c > 0:
			whose = "The left %s of " + k.node.Name + " for %s" // others were spoken of meanwhile
		case len(k.asked) > 1:
			whose = "Their left %s for %s"
		}
		if len(keys) == 1 {
			say(fmt.Sprintf(whose+" is %v.", "key", child.node.Name, keys[0]))
		} else {
			say(fmt.Sprintf(whose+" are %v to %v, %d different ones.", "keys", child.node.Name, keys[0], keys[len(keys)-1],
				len(keys)))
		}
		child.answer(keys, say)
		if len(child.asked) > 0 {
			child.describe(say)
			child.summarise(say)
		}
	}
}

// nulls counts the items asked for whose key for a child is null.
func (k *link) nulls(child int) (n int) {
	for _, item := range k.asked {
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

// answer says which of the keys a link's stream has.
func (k *link) answer(keys []expression.Key, say func(string)) {
	var missing []expression.Key
	var found []*item
	for _, key := range keys {
		items, _, _ := k.near(k.by, key)
		if found = append(found, items...); len(items) == 0 {
			missing = append(missing, key)
		}
	}
	switch {
	case len(keys) == 1 && len(found) > 0:
		say(presence(k.node.Name, keys[0], found) + ".")
	case len(found) > 0:
		say(fmt.Sprintf("%s has %d of these %d keys, in %s, at %s.", k.node.Name, len(keys)-len(missing), len(keys),
			words.Count(len(found), "element"), spots(found)))
	}
	for i, key := range missing {
		if i == detailed {
			say(fmt.Sprintf("Nor has it %d more of these keys.", len(missing)-i))
			break
		}
		say(k.absence(key) + ".")
	}
	if k.trouble != nil && len(missing) == 0 {
		say(fmt.Sprintf("But %s has something that a run stops at.", k.node.Name))
	}
}

// summarise says how many of a link's items are complete, where some aren't.
func (k *link) summarise(say func(string)) {
	all, complete := len(k.asked), 0
	for _, item := range k.asked {
		if !k.incomplete[item] {
			complete++
		}
	}
	switch name := k.node.Name; {
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
