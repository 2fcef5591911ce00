package monitor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/observe"
)

// at names a node in a partition: "next[2]", or "next" where there is one partition only.
func at(s observe.Snapshot, t observe.Task, node int) string {
	name := clean(s.Nodes[node].Name, longestName)
	if s.Partitions <= 1 {
		return name
	}
	return fmt.Sprintf("%s[%d]", name, t.Partition)
}

// state says what a run does.
func state(s observe.Snapshot) (State, string) {
	owned, busy, waiting := 0, 0, 0
	var longest observe.Task
	for _, t := range s.Tasks {
		if !t.Owned && !t.Ended {
			continue
		}
		owned++
		if t.Ended {
			continue
		}
		busy++
		if waits(s, t) >= blockingAfter {
			waiting++
			if waits(s, t) > waits(s, longest) {
				longest = t
			}
		}
	}
	switch {
	case s.Partitions == 0:
		return Opening, "opening the streams" + awayWords(s)
	case s.Stopping:
		return Stopping, "the run is stopping" + awayWords(s)
	case !s.Commit.Since.IsZero() && s.Taken.Sub(s.Commit.Since) >= blockingAfter:
		return Waiting, committing(s) + awayWords(s)
	case owned == 0:
		return Idle, "no partition is worked on here: other processes own them, or they are being dealt"
	case busy == 0:
		return Ended, "all partitions have ended"
	case waiting == 0:
		return Joining, "joining"
	}
	sentence := fmt.Sprintf("waiting for %s for %s%s", at(s, longest, longest.WaitsFor), Ago(waits(s, longest)),
		awaits(longest))
	if waiting > 1 {
		sentence += fmt.Sprintf(", and in %s more", plural(int64(waiting-1), "partition"))
	}
	sentence += awayWords(s)
	if waiting == busy {
		return Waiting, sentence
	}
	return Joining, fmt.Sprintf("joining, but %s", sentence)
}

// away returns the storages that can't be reached, for long enough to be worth a word.
func away(s observe.Snapshot) (all []observe.Outage) {
	for _, o := range s.Outages {
		if s.Taken.Sub(o.Since) >= blockingAfter {
			all = append(all, o)
		}
	}
	return all
}

// awayWords names the storages that can't be reached, as the end of a sentence.
func awayWords(s observe.Snapshot) string {
	var names []string
	for _, o := range away(s) {
		names = append(names, clean(o.Storage, longestName))
	}
	if names == nil {
		return ""
	}
	return ": " + strings.Join(names, " and ") + " can't be reached"
}

// outages says which storages can't be reached, since when, and why.
func outages(s observe.Snapshot) []string {
	all := []string{}
	for _, o := range away(s) {
		all = append(all, fmt.Sprintf("%s can't be reached for %s, trying again: %s", clean(o.Storage, longestName),
			Ago(s.Taken.Sub(o.Since)), clean(o.Error, longestText)))
	}
	return all
}

// awaits says which element ends a task's wait, as the end of a sentence about it.
func awaits(t observe.Task) string {
	if t.Awaits == "" {
		return ""
	}
	return " (for " + clean(t.Awaits, longestName) + ")"
}

// committing says what a commit waits for.
func committing(s observe.Snapshot) string {
	text := "waiting for positions to be kept"
	if len(s.Outputs) > 0 {
		text = "waiting for results to be committed to " + clean(strings.Join(s.Outputs, ", "), longestName)
	}
	text += " for " + Ago(s.Taken.Sub(s.Commit.Since))
	if s.Commit.Aborts > 0 {
		text += fmt.Sprintf(", tried again %s: %s", plural(s.Commit.Aborts, "time"), clean(s.Commit.Error, longestElement))
	}
	return text
}

// describe says what the stream of the node with the index i does, as far as it can be said without the others.
func (v *Stream) describe(s observe.Snapshot, i int) {
	var blocked, ended, silent, owned int
	var longest observe.Task
	for _, t := range s.Tasks {
		if !t.Owned && !t.Ended {
			continue
		}
		owned++
		switch {
		case t.Nodes[i].TimedOut:
			silent++
		case t.Nodes[i].Ended || t.Ended:
			ended++
		}
		if t.WaitsFor == i && waits(s, t) >= blockingAfter {
			blocked++
			if waits(s, t) > waits(s, longest) {
				longest = t
			}
		}
	}
	switch {
	case blocked > 0:
		v.State, v.Status = Blocking, blocking(s, longest, i)
		v.WaitShare = max(v.WaitShare, float64(blocked)/float64(max(1, working(s))))
	case s.Stopping && working(s) == 0:
		v.State, v.Status = Quiet, "nothing is read any more"
	case owned > 0 && ended == owned:
		v.State, v.Status = Exhausted, "has ended"
	case owned > 0 && ended+silent == owned:
		v.State, v.Status = Exhausted, "nothing came for as long as the data timeout; the next run goes on there"
	case v.WaitShare >= 0.5:
		v.State, v.Status = Awaited, fmt.Sprintf("the join waits for it %.0f %% of the time", 100*v.WaitShare)
	case v.Rate > 0:
		v.State, v.Status = Flowing, "flowing"
	default:
		v.State, v.Status = Quiet, "nothing was read lately"
	}
}

// blocking says who waits for a node, for how long, and what is known of the reason.
func blocking(s observe.Snapshot, t observe.Task, i int) string {
	who := "the join"
	if parent := s.Nodes[i].Parent; parent >= 0 {
		who = at(s, t, parent)
	}
	where := ""
	if s.Partitions > 1 {
		where = fmt.Sprintf(" in partition %d", t.Partition)
	}
	text := fmt.Sprintf("blocks%s: %s has waited for it for %s%s", where, who, Ago(waits(s, t)), awaits(t))
	switch n := t.Nodes[i]; {
	case n.Withheld > 0 && s.Taken.Sub(n.WithheldSince) >= blockingAfter && n.Behind <= 0:
		text += fmt.Sprintf("; %s can't be read yet: %s has been open for %s or longer",
			plural(n.Withheld, cmp.Or(n.WithheldUnit, "record")), clean(cmp.Or(n.WithheldBy, "a transaction"), longestName),
			Ago(s.Taken.Sub(n.WithheldSince)))
	case len(away(s)) > 0: // what there is to read isn't known
	case n.Behind == 0:
		text += "; all that it holds has been read"
	case n.Behind > 0:
		text += fmt.Sprintf("; %s to be read there", plural(n.Behind, "more record"))
	}
	return text
}

// holds says of the streams that stand still because of another that they wait for that one. Where all tasks wait, none
// flows any more, whatever its rate was since the snapshot before, which is the run's beginning for who looks first.
func holds(s observe.Snapshot, streams []Stream) {
	waiting := 0
	for _, t := range s.Tasks {
		if waits(s, t) >= blockingAfter {
			waiting++
		}
	}
	allWait := waiting == working(s)
	for _, t := range s.Tasks {
		if waits(s, t) < blockingAfter {
			continue
		}
		for i := range streams {
			if v := &streams[i]; v.State == Quiet || v.State == Flowing && allWait {
				v.State, v.Status = Held, "waits for "+at(s, t, t.WaitsFor)
			}
		}
	}
}

// why says in a sentence why an element was not handed over.
func why(u observe.Unmatched) string {
	key := clean(text(u.Key), longestKey)
	switch {
	case u.Apart == observe.ByMatchKey:
		return fmt.Sprintf("those of %s within reach of its key %s have other match keys", u.Other, key)
	case u.Apart == observe.ByEqualKeys:
		return fmt.Sprintf("those of %s within reach of its key %s have that very key, which is no match", u.Other, key)
	case u.Distance != nil:
		return fmt.Sprintf("%s has none within reach of its key %s: %v", u.Other, key, u.Distance)
	}
	switch u.Verdict {
	case observe.Gap:
		return fmt.Sprintf("%s has no key %s%s", u.Other, key, between(u))
	case observe.Behind:
		if u.After == nil {
			return fmt.Sprintf("its key %s is below the first of %s", key, u.Other)
		}
		return fmt.Sprintf("its key %s is below the first of %s, %s", key, u.Other, clean(text(u.After), longestKey))
	case observe.Ended:
		if u.Before == nil {
			return fmt.Sprintf("%s has ended before the key %s", u.Other, key)
		}
		return fmt.Sprintf("%s has ended at %s, before the key %s", u.Other, clean(text(u.Before), longestKey), key)
	case observe.Idled:
		return fmt.Sprintf("%s was idle, and had no match for the key %s until then", u.Other, key)
	case observe.Incomplete:
		subject := "it"
		if u.Cause != nil && u.Cause.Node != u.Node {
			subject = "what it matches in " + u.Cause.Node
		}
		if u.Cause == nil {
			return subject + " has itself no match"
		}
		return subject + " has itself no match: " + why(*u.Cause)
	case observe.NotTaken:
		return fmt.Sprintf("none of %s that have it within reach took it", u.Other)
	case observe.Excluded:
		return fmt.Sprintf("it has a match where there must be none, between it and %s", u.Other)
	case observe.Null:
		return fmt.Sprintf("it has no key for %s: its key is null", u.Other)
	case observe.OutOfOrder, observe.Undecodable:
		if u.Err != nil {
			return u.Err.Error()
		}
	}
	return string(u.Verdict)
}

// between says which keys lie beside a gap.
func between(u observe.Unmatched) string {
	before, after := clean(text(u.Before), longestKey), clean(text(u.After), longestKey)
	switch {
	case u.Before != nil && u.After != nil:
		return fmt.Sprintf(": it goes from %s to %s", before, after)
	case u.After != nil:
		return fmt.Sprintf(": it has %s next", after)
	case u.Before != nil:
		return fmt.Sprintf(": its last one is %s", before)
	}
	return ""
}

// text returns a key as people read it.
func text(key any) string {
	if key == nil {
		return "(unknown)"
	}
	if t, ok := key.(time.Time); ok {
		return t.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(key)
}

// element returns an element as its record has it where that is text, and else as JSON; shortened.
func element(u observe.Unmatched) string {
	if len(u.Record) > 0 && utf8.Valid(u.Record) {
		return clean(strings.TrimSpace(string(u.Record)), longestElement)
	}
	return encode(u.Value)
}

// encode returns a value as JSON. A type that fails to encode itself must not stop a run that is only looked at.
func encode(value any) (encoded string) {
	if value == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			encoded = ""
		}
	}()
	var data strings.Builder
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false) // people read it, as text
	if err := encoder.Encode(value); err != nil {
		return ""
	}
	return clean(strings.TrimSpace(data.String()), longestElement)
}
