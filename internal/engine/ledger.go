package engine

import (
	"cmp"
	"slices"

	"github.com/leat-go/leat/broker"
)

// A ledger says what has become of the elements of a node: each that was read is handed over, or has a verdict, or is
// open.
//
// A verdict is provisional as long as another parent may still hand the element over. Say the master 1 has a match b
// at its first child and none at the second: it isn't handed over, and b only if a master 1 follows that is complete.
type ledger struct {
	// all is what the ledgers of the task have in common, and node the index of this one's.
	all    *ledgers
	node   int
	counts counts
	// counted is what the tasks before have counted in this run.
	counted tally

	// handedOver is the offset of the last element that reached the function.
	handedOver int64
	// handed are the offsets of those that have and may again, at a sparse node; nil at others. pruneAt is how many there
	// may be until those are removed that can't any more.
	handed  map[int64]bool
	pruneAt int
	// provisional are the provisional verdicts, in the order of the elements.
	provisional []provisional
	// bypassedBy is the verdict about the parent that was the last one not to probe this node, and incomplete that
	// about the element of this node that was found incomplete last. They are the causes of verdicts that follow from
	// them; nil where verdicts aren't explained.
	bypassedBy, incomplete *unmatched

	// seenBefore is where cursor.seen stood when the run began, and accountedBefore the offset below which a run
	// before has accounted for all elements: has handed them over, or reported them as unmatched.
	seenBefore, accountedBefore int64
	// accounted is to this run what accountedBefore is to the one before. Below decided everything was dealt with, at
	// the last moment when no master was being evaluated; what is provisional there isn't accounted for.
	accounted, decided int64
	// unreported are verdicts that weren't reported yet: the elements may lie above accounted.
	unreported []*unmatched
}

// sparsePatience is the patience of tasks with sparse nodes.
const sparsePatience = 256

// ledgers are what the ledgers of a task have in common.
type ledgers struct {
	// explains says that verdicts are explained, for observers or for reports, and reports that each is reported.
	explains, reports bool
	// accounts says that Rewind.Accounted is exact: where verdicts are reported, and where a restart must know which
	// masters without all keys were dealt with.
	accounts bool
	// reportFailed says that a report has failed, so that the task makes no further one.
	reportFailed bool
	// unreported and provisional are how many there are in all ledgers.
	unreported, provisional int
	// patience is how many provisional verdicts there may be until the join looks which are final. It is zero but where
	// nodes are sparse: there the look is at all that is held.
	patience int
	// live is for confirmLost.
	live []int64
	// stats keep the last verdicts where keepsRecent.
	stats       *taskStats
	keepsRecent bool
}

// counts are the counts of one node that its task hasn't published yet.
type counts struct {
	read, matched, tombstones, filtered, late int64
	// early counts the parent's elements that went on without waiting for this node, since its stream was idle, and missed the
	// elements of this one that came too late for some of them.
	early, missed int64
	// without counts the parent's elements that were handed over without a match at this node.
	without   int64
	unmatched [Verdicts]int64
}

// enter enters a final verdict, and keeps its explanation; nil where there is none. One about an element that
// a run before has accounted for doesn't count here.
func (l *ledger) enter(offset int64, verdict Verdict, about *unmatched) {
	if offset < l.accountedBefore {
		l.countRead(offset, -1)
		return
	}
	if !l.counted.hasFate(offset) {
		l.counts.unmatched[verdict]++
	}
	if about != nil {
		l.keep(about)
	}
}

// enterPlainly is enter where verdicts aren't explained. In most runs it is one count, and looks at no record.
func (l *ledger) enterPlainly(record *broker.Record, verdict Verdict) {
	if l.accountedBefore > 0 || l.counted.below > 0 {
		l.enter(record.Offset, verdict, nil)
		return
	}
	l.counts.unmatched[verdict]++
}

// keep keeps the explanation of a final verdict.
func (l *ledger) keep(about *unmatched) {
	if l.all.keepsRecent {
		l.all.stats.remember(l.node, about)
	}
	if l.all.reports {
		l.unreported = append(l.unreported, about)
		l.all.unreported++
	}
}

// A provisional verdict is about a complete element of a parent that is incomplete.
type provisional struct {
	offset  int64
	verdict Verdict
	about   *unmatched // nil where verdicts aren't explained
}

// find returns where the provisional verdict about an element is, or belongs.
func (l *ledger) find(offset int64) (at int, found bool) {
	return slices.BinarySearchFunc(l.provisional, offset, func(p provisional, offset int64) int {
		return cmp.Compare(p.offset, offset)
	})
}

// hasAll reports whether all elements of a group have provisional verdicts.
func (l *ledger) hasAll(group []Element) bool {
	first, ok := l.find(group[0].Record.Offset)
	last := first + len(group) - 1
	return ok && last < len(l.provisional) && l.provisional[last].offset == group[len(group)-1].Record.Offset
}

// enterProvisionally enters a provisional verdict at an index that find has returned.
func (l *ledger) enterProvisionally(at int, p provisional) {
	l.provisional = append(l.provisional, p) // and not slices.Insert, which would be 4 KB of each program
	copy(l.provisional[at+1:], l.provisional[at:])
	l.provisional[at] = p
	l.all.provisional++
}

// withdraw withdraws the provisional verdicts about elements that are handed over. What has one between two of them
// is among them, too.
func (l *ledger) withdraw(list []Element) {
	first, _ := l.find(list[0].Record.Offset)
	behind, _ := l.find(list[len(list)-1].Record.Offset + 1)
	l.provisional = slices.Delete(l.provisional, first, behind)
	l.all.provisional -= behind - first
}

// confirm makes the provisional verdicts final for which lost reports true.
func (l *ledger) confirm(lost func(offset int64) bool) {
	l.provisional = slices.DeleteFunc(l.provisional, func(p provisional) bool {
		if !lost(p.offset) {
			return false
		}
		l.enter(p.offset, p.verdict, p.about)
		l.all.provisional--
		return true
	})
}

// confirmBelow makes the provisional verdicts about elements below an offset final.
func (l *ledger) confirmBelow(offset int64) {
	end, _ := l.find(offset)
	for i := range l.provisional[:end] {
		p := &l.provisional[i]
		l.enter(p.offset, p.verdict, p.about)
	}
	l.provisional = slices.Delete(l.provisional, 0, end)
	l.all.provisional -= end
}

// withdrawOne withdraws the provisional verdict about an element, if there is one.
func (l *ledger) withdrawOne(offset int64) {
	if at, found := l.find(offset); found {
		l.provisional = slices.Delete(l.provisional, at, at+1)
		l.all.provisional--
	}
}

// isHandedOver reports whether an element has reached the function.
func (l *ledger) isHandedOver(offset int64) bool {
	if l.handed != nil {
		return l.handed[offset]
	}
	return offset <= l.handedOver
}

// claim returns those elements of a list that no call got before, of which the last is one, and withdraws the
// provisional verdicts about them.
func (l *ledger) claim(list []Element) []Element {
	first := len(list) - 1
	for first > 0 && list[first-1].Record.Offset > l.handedOver {
		first--
	}
	list = list[first:]
	if len(l.provisional) > 0 {
		l.withdraw(list)
	}
	return list
}

// account moves accounted up to the first element that isn't decided, or only provisionally.
func (l *ledger) account() {
	offset := l.decided
	if len(l.provisional) > 0 {
		offset = min(offset, l.provisional[0].offset)
	}
	l.accounted = max(l.accounted, offset)
}

// countRead counts an element as read; by is -1 to take that back. Most tasks are a partition's first, and look no
// further than that.
func (l *ledger) countRead(offset int64, by int64) {
	if l.counted.below == 0 || !l.counted.hasRead(offset) {
		l.counts.read += by
	}
}

// countMatched counts elements as matched.
func (l *ledger) countMatched(list []Element) {
	if l.counted.below == 0 {
		l.counts.matched += int64(len(list))
	} else {
		l.countUncounted(list)
	}
}

// countUncounted counts those elements as matched whose fate no task before has counted. It is kept out of its
// caller, and of the loop over all elements: hardly any task has one before it.
//
//go:noinline
func (l *ledger) countUncounted(list []Element) {
	for i := range list {
		if !l.counted.hasFate(list[i].Record.Offset) {
			l.counts.matched++
		}
	}
}

// countWithout counts a parent's element that is handed over without a match, unless a task before has counted it.
func (l *ledger) countWithout(isCounted bool) {
	if !isCounted {
		l.counts.without++
	}
}
