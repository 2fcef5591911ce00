package leattest

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// errCrash is what stands for the end of a process.
var errCrash = errors.New("crash that the test asked for")

// CrashBeforeCommit has the run crash at its n-th commit from now, counted from one, before anything of it is visible:
// what was handed over since the commit before is handed over again. [Broker.Run] and [Broker.Live] then make a new
// mill, which goes on at the last commit.
//
// A call that writes has a commit of its own, and so has the end of the session; several partitions may share one.
// Calls that write nothing are committed as it comes: use [FailRead] or [Crashes] for those.
func (b *Broker) CrashBeforeCommit(n int) { b.memory.FailCommit(n, errCrash) }

// CrashAfterCommit has the run crash behind its n-th commit from now, counted from one: it is visible, but the process
// has not learned of it. [Broker.Run] and [Broker.Live] then make a new mill, which goes on behind it.
func (b *Broker) CrashAfterCommit(n int) { b.memory.LoseCommit(n, errCrash) }

// AbortCommit has the storage refuse the n-th commit from now, counted from one; the mill tries again by itself.
func (b *Broker) AbortCommit(n int) { b.memory.AbortCommit(n) }

// FailRead has the storage fail with err when the record at an offset of the stream of T is to be read, once. The first
// offset is zero; an end-of-stream mark has one of its own. The mill's run ends with err, which [Broker.Try] returns.
func FailRead[T any](b *Broker, offset int64, err error, which ...Selector) {
	b.t.Helper()
	p := selected(which)
	s, failure := b.find(reflect.TypeFor[T](), p.as, true)
	if failure == nil {
		failure = b.memory.FailRead(s.name, p.partition, offset, err)
	}
	if failure != nil {
		b.t.Fatalf("leattest.FailRead: %v", failure)
	}
}

// Revoke takes a partition away from the mill, as happens where several processes share them, until [Broker.Restore].
func (b *Broker) Revoke(partition int) { b.memory.Revoke(partition) }

// Restore gives back a partition that was taken away by [Broker.Revoke].
func (b *Broker) Restore(partition int) { b.memory.Restore(partition) }

// Crashes returns the same storage again and again, each with another crash planned: with none first, then when each of
// the elements given is to be read, before and after each commit there is, and at last at every commit. The loop runs
// the mill on each and looks at what has come out:
//
//	for b := range leattest.Crashes(t, streams...) {
//		ledger := newLedger()
//		b.Run(func(storage leat.Option) (*leat.Mill, error) { return newMill(storage, ledger) })
//		if got := ledger.Sum(); got != want {
//			t.Errorf("%v: the sum is %v, want %v", b, got, want)
//		}
//	}
//
// There are some four runs for each element, so a few elements suffice. [Resumes] is for mills without effects beside
// their results.
func Crashes(t testing.TB, options ...Option) iter.Seq[*Broker] {
	return func(yield func(*Broker) bool) {
		t.Helper()
		undisturbed := newPlanned(t, "no crash", options)
		if !yield(undisturbed) {
			return
		}
		for _, at := range undisturbed.records() {
			stopped := newPlanned(t, fmt.Sprintf("failed read of %v", at), options)
			stopped.must(stopped.memory.FailRead(at.Stream, at.Partition, at.Offset, errCrash))
			crashed := newPlanned(t, fmt.Sprintf("crash at the read of %v", at), options)
			crashed.must(crashed.memory.CrashRead(at.Stream, at.Partition, at.Offset, errCrash))
			if !yield(stopped) || !yield(crashed) {
				return
			}
		}
		for n := 1; ; n++ {
			before := newPlanned(t, fmt.Sprintf("crash before commit %d", n), options)
			before.CrashBeforeCommit(n)
			after := newPlanned(t, fmt.Sprintf("crash after commit %d", n), options)
			after.CrashAfterCommit(n)
			if !yield(before) || !yield(after) {
				return
			}
			if before.memory.FaultsLeft()+after.memory.FaultsLeft() == 2 {
				break
			}
		}
		yield(crashing(newPlanned(t, "crash at every commit", options), undisturbed.memory.Commits()))
	}
}

func newPlanned(t testing.TB, planned string, options []Option) *Broker {
	t.Helper()
	b := New(t, options...)
	b.planned = planned
	return b
}

func (b *Broker) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("leattest: %v", err)
	}
}

// records returns the positions of the records that the test feeds.
func (b *Broker) records() []broker.Position {
	b.t.Helper()
	var all []broker.Position
	for _, s := range b.streams {
		for _, fed := range s.fed {
			entries, err := b.memory.Entries(s.name, fed.partition)
			b.must(err)
			for _, e := range entries {
				if !e.End {
					all = append(all, e.Record.At(s.name, fed.partition))
				}
			}
		}
	}
	return all
}

// crashing plans a crash for each of n commits, before and after in turn, so that it goes forward.
func crashing(b *Broker, n int) *Broker {
	for i := 1; i <= n; i += 2 {
		b.CrashBeforeCommit(i)
		b.CrashAfterCommit(i + 1)
	}
	return b
}

// Resumes tests that a mill may be killed at any moment: it runs the mill on each storage of [Crashes] and compares
// what is committed with what is without a crash, in each partition and session. A function fails this that isn't safe
// to be repeated: one that keeps something from call to call, or whose results depend on chance or on the time. The
// first difference fails the test.
func Resumes(t testing.TB, newMill NewMill, options ...Option) {
	t.Helper()
	var want []partition
	for b := range Crashes(t, options...) {
		t.Helper() // the loop's body is a function of its own
		b.Run(newMill)
		got := b.written()
		if want == nil {
			if want = got; empty(got) {
				t.Fatalf("leattest.Resumes: the mill writes nothing, so that nothing can be compared; has it streams by " +
					"leattest.Result, and do the elements given join? leattest.Crashes is for other effects than results")
			}
			continue
		}
		for i := range want {
			if difference := want[i].difference(got[i]); difference != "" {
				t.Errorf("leattest.Resumes: %v: %s, unlike without a crash", b, difference)
				return // most other crashes would only repeat it
			}
		}
	}
}

// A partition is what is committed in a partition of a stream that mills write.
type partition struct {
	stream  string
	number  int
	entries []memory.Entry
}

func (b *Broker) written() []partition {
	b.t.Helper()
	all := []partition{}
	for _, s := range b.streams {
		for number := range b.partitions {
			if s.input() {
				continue
			}
			entries, err := b.memory.Entries(s.name, number)
			b.must(err)
			all = append(all, partition{s.name, number, entries})
		}
	}
	return all
}

// difference says how other differs from p, in words.
func (p partition) difference(other partition) string {
	for i := range max(len(p.entries), len(other.entries)) {
		want, got := entryText(p.entries, i), entryText(other.entries, i)
		if want != got {
			return fmt.Sprintf("%s, partition %d, has %s at offset %d instead of %s", p.stream, p.number, got, i, want)
		}
	}
	return ""
}

func entryText(entries []memory.Entry, i int) string {
	switch {
	case i >= len(entries):
		return "nothing"
	case entries[i].End:
		return "the end of a session"
	}
	record := entries[i].Record
	text := string(record.Value)
	if !utf8.Valid(record.Value) {
		text = fmt.Sprintf("%x", record.Value)
	}
	if record.Key != nil {
		text += fmt.Sprintf(" (key %q)", record.Key)
	}
	return text
}

// empty says that there is no result, but ends of sessions maybe.
func empty(all []partition) bool {
	return !slices.ContainsFunc(all, func(p partition) bool {
		return slices.ContainsFunc(p.entries, func(e memory.Entry) bool { return !e.End })
	})
}
