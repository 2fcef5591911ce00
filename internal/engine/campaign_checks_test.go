package engine_test

import (
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// This file checks what the runs of a campaign leave behind.

// checkLane checks what the run has left behind in a partition.
func (c *campaign) checkLane(l *lane, possible []possibility) {
	got := sessions(c, c.storage, l.partition)
	l.over = l.isOver(c.storage, c.master(l.partition))
	all, none := true, true
	for stream := range l.rows {
		all, none = all && l.marked[stream], none && !l.marked[stream]
	}
	mustBeOver := func(o possibility) bool { return o.ended || all }
	mayBeOver := func(o possibility) bool { return o.ended || !none && !l.mayCall(o.from) }
	o := l.settle(possible, got, &trace{letters: c.lettersAboutMasters(l), told: c.reported(l), next: c.nextMaster(l),
		isSound: func(o possibility) bool { return l.over && mayBeOver(o) || !l.over && !mustBeOver(o) }})
	if want := append(l.want, nil); !slices.EqualFunc(got, want, slices.Equal) {
		c.Fatalf("partition %d: the results differ\n got %q\nwant %q\n%s", l.partition, got, want,
			l.view(l.shape, true, false))
	}
	switch {
	case !l.over && mustBeOver(o):
		c.Fatalf("partition %d: the session isn't over, though the function or marks have ended it", l.partition)
	case l.over && !mayBeOver(o):
		c.Fatalf("partition %d: the session is over, though it goes on behind the data timeout", l.partition)
	}
	endedByFunction := o.ended
	if l.over && c.reports {
		c.checkAccounted(l, endedByFunction)
	}
}

// lettersAboutMasters returns where the masters of a lane are that letters say the function has failed for; nil where there are no
// such letters.
func (c *campaign) lettersAboutMasters(l *lane) map[position]bool {
	if c.onError != engine.DeadLetter {
		return nil
	}
	letters, err := memory.Elements[failed](c.storage, "failed", l.partition)
	c.must(err)
	about := map[position]bool{}
	for _, letter := range letters {
		if letter.Node == l.shape.name && strings.Contains(letter.Err, errPlanned.Error()) {
			about[position{letter.Node, letter.Offset}] = true
		}
	}
	return about
}

// nextMaster returns the offset below which all masters of a lane were dealt with.
func (c *campaign) nextMaster(l *lane) int64 {
	master := c.master(l.partition)
	next := master.Offset
	if master.Behind {
		next++
	}
	if slices.ContainsFunc(l.shape.children, func(n *tree) bool { return n.need != engine.NeedOne }) {
		next = max(next, master.Accounted) // it may lie behind masters without all keys
	}
	return next
}

// reported returns what reports of a lane are about.
func (c *campaign) reported(l *lane) map[position]bool {
	reports, err := memory.Elements[reported](c.storage, "unmatched", l.partition)
	c.must(err)
	about := map[position]bool{}
	for _, r := range reports {
		about[position{r.Node, r.Offset}] = true
	}
	return about
}

// master returns the master's rewind point in a partition.
func (c *campaign) master(partition int) broker.Rewind {
	nodes := c.storage.Progress("test", partition).Nodes
	if c.values {
		c.must(valuedInput{}.Resume(c.Context(), partition, nodes))
	}
	return nodes[0]
}

// checkAccounted checks that each element that lies before one that was handed over is handed over or told, at the
// end of a session.
func (c *campaign) checkAccounted(l *lane, endedByFunction bool) {
	if endedByFunction && c.spec.Concurrency > 1 {
		return // what the join had looked at beyond the call that ended the session isn't told
	}
	told := c.told(l)
	for _, n := range l.shape.nodes() {
		if l.runs > 1 && l.shape.mayHold(n) {
			continue // what a run holds when it stops, the next one knows no more about
		}
		isBefore := false
		for id := l.have[n.streamName()] - 1; id >= 0; id-- {
			at := l.placeOf(c.storage, n, id)
			if isBefore = isBefore || l.handed[at]; isBefore && !l.handed[at] && !told[at] {
				c.Fatalf("partition %d: %v is neither handed over nor told", l.partition, at)
			}
		}
	}
}

// checkCounts checks that what a run has read is matched or judged.
func (c *campaign) checkCounts(stats *engine.Stats) {
	for i, n := range totals(stats) {
		accounted := n.Matched
		for _, count := range n.Unmatched {
			accounted += count
			c.unmatched[i] += count
		}
		if n.Read != accounted {
			c.Fatalf("node %d: %d were read, %d of them matched or judged: %+v", i, n.Read, accounted, n)
		}
	}
}

// checkLetters checks that there is one letter about each master that the function has failed for, and at most one
// about each other element.
func (c *campaign) checkLetters() {
	for _, l := range c.lanes {
		letters, err := memory.Elements[failed](c.storage, "failed", l.partition)
		c.must(err)
		about := map[position]bool{}
		for _, letter := range letters {
			at := position{letter.Node, letter.Offset}
			if about[at] || l.handed[at] != l.failed[at] {
				c.Fatalf("partition %d: a letter too many: %+v of %+v", l.partition, letter, letters)
			}
			about[at] = true
		}
		for at := range l.failed {
			if c.onError == engine.DeadLetter && !about[at] {
				c.Fatalf("partition %d: no letter about %v", l.partition, at)
			}
		}
	}
}

// told returns what is told of a lane: nothing twice, and nothing that was handed over. At a node with a
// reach or a selection and below it, a run before may have handed over what comes behind something that is open still; the
// next one doesn't know that, since positions have one offset only, and may tell it.
func (c *campaign) told(l *lane) map[position]bool {
	reports, err := memory.Elements[reported](c.storage, "unmatched", l.partition)
	c.must(err)
	told := map[position]bool{}
	for _, r := range reports {
		at := position{r.Node, r.Offset}
		forgets := l.runs > 1 && slices.ContainsFunc(l.shape.nodes(), func(n *tree) bool {
			return n.name == r.Node && l.shape.mayForget(n)
		})
		if told[at] || l.handed[at] && !forgets {
			c.Fatalf("partition %d: told twice, or though it was handed over: %+v of %+v", l.partition, r, reports)
		}
		told[at] = true
	}
	return told
}

// checkReports checks what is told in all, and what the runs have counted if none died.
func (c *campaign) checkReports() {
	counted := make([]int64, len(c.unmatched))
	for _, l := range c.lanes {
		told := c.told(l)
		for i, n := range l.shape.nodes() {
			for at := range told {
				if at.node == n.name {
					counted[i]++
				}
			}
		}
	}
	if !c.isUncounted && !slices.Equal(counted, c.unmatched) {
		c.Fatalf("by node, %v are told and %v counted", counted, c.unmatched)
	}
}
