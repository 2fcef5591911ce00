package leattest

import (
	"fmt"
	"reflect"
	"strings"
	"testing/synctest"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/elements"
)

// Expect says which results of type R have come since the last Expect of that type: these, in this order, and no
// others. It fails the test where others, fewer or more have come, and says what was fed meanwhile and which stream the
// mill waits for. The results wanted go through the stream's codec before they are compared, as those of the mill have.
// Results that other functions have looked at before count, too.
//
// Amid the steps of [Broker.Live] it first waits until the mill has done all that it can do by now; that takes a
// testing/synctest bubble. So a test states what is certain when:
//
//	leattest.Feed(b, []Quote{{At: 1, Bid: 50}})
//	leattest.Feed(b, []Trade{{At: 2}})
//	leattest.Expect[Fill](b, nil) // a later quote may still be at 2
//	leattest.Feed(b, []Quote{{At: 3, Bid: 60}})
//	leattest.Expect(b, []Fill{{At: 2, Bid: 50}})
//
// Behind Live it is about what the end of the streams has brought, and behind [Broker.Run] about all of that run.
func Expect[R any](b *Broker, want []R, which ...Selector) {
	b.t.Helper()
	if err := b.settle(); err != nil {
		b.t.Fatalf("leattest.Expect: %v", err)
	}
	p := selected(which)
	s, err := b.find(elements.TypeFor[R](), p.as, false)
	if err != nil {
		b.t.Fatalf("leattest.Expect: %v", err)
	}
	wanted, err := recode(s, want)
	if err != nil {
		b.t.Fatalf("leattest.Expect: a result wanted: %v", err)
	}
	var got []R
	for _, partition := range b.partitionsOf(p) {
		all, err := memory.Elements[R](b.memory, s.name, partition)
		if err != nil {
			b.t.Fatalf("leattest.Expect: %v", err)
		}
		got = append(got, all[b.looked(s, partition, len(all)):]...)
	}
	if text := difference(got, wanted); text != "" {
		b.t.Errorf("leattest.Expect: %s%s", text, b.circumstances(len(got) < len(wanted)))
	}
	b.forgetFed()
}

// recode returns elements as a stream's codec encodes and decodes them.
func recode[R any](s *stream, all []R) ([]R, error) {
	m := memory.New(s.declarations(1)...)
	if err := memory.Append(m, s.name, 0, all...); err != nil {
		return nil, err
	}
	return memory.Elements[R](m, s.name, 0)
}

// difference says which result is the first that isn't as wanted; empty where all are.
func difference[R any](got, want []R) string {
	same := 0
	for same < min(len(got), len(want)) && reflect.DeepEqual(got[same], want[same]) {
		same++
	}
	if same == len(got) && same == len(want) {
		return ""
	}
	var text strings.Builder
	results := "results"
	if len(got) == 1 {
		results = "result"
	}
	fmt.Fprintf(&text, "got %d new %s of %v, want %d", len(got), results, elements.TypeFor[R](), len(want))
	for _, r := range got[:same] {
		fmt.Fprintf(&text, "\n  as wanted:  %s", show(r))
	}
	for _, r := range got[same:] {
		fmt.Fprintf(&text, "\n  not wanted: %s", show(r))
	}
	for _, r := range want[same:] {
		fmt.Fprintf(&text, "\n  missing:    %s", show(r))
	}
	return text.String()
}

// show returns an element as a message shows it, which is what a pointer points to.
func show(element any) string {
	if v := reflect.ValueOf(element); v.Kind() == reflect.Pointer && !v.IsNil() {
		return fmt.Sprintf("%+v", v.Elem())
	}
	return fmt.Sprintf("%+v", element)
}

// settle waits until the mills that run can do no more for now.
func (b *Broker) settle() (err error) {
	b.mu.Lock()
	running := len(b.runs) > 0
	b.mu.Unlock()
	if !running {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("how far the mill has come is known only in a bubble: put the test into synctest.Test, "+
				"and make the Broker there (%v)", r)
		}
	}()
	synctest.Wait()
	return nil
}

// looked notes that a partition's first results, as many as given, were looked at, and returns how many were before.
func (b *Broker) looked(s *stream, partition, results int) (before int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := partitionID{s.name, partition}
	before = b.expected[at]
	b.expected[at] = results
	return before
}

// A partitionID names a partition of a stream.
type partitionID struct {
	stream string
	number int
}

// fedShown is how many of the elements fed a message shows; the latest say most.
const fedShown = 5

// noteFed notes what the test feeds, for messages. Only what may be shown is written as a text: a test may feed a lot.
func noteFed[T any](b *Broker, added []T, text func(T) string) {
	b.fed += len(added)
	for _, one := range added[max(0, len(added)-fedShown):] {
		b.lastFed = append(b.lastFed, text(one))
	}
	b.lastFed = b.lastFed[max(0, len(b.lastFed)-fedShown):]
}

func (b *Broker) forgetFed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fed, b.lastFed = 0, nil
}

// circumstances says what was fed since the last Expect and, where results are missing, what the mills wait for.
func (b *Broker) circumstances(missing bool) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var text strings.Builder
	if len(b.lastFed) > 0 {
		text.WriteString("\n  fed before: ")
		if more := b.fed - len(b.lastFed); more > 0 {
			fmt.Fprintf(&text, "%d more, ", more)
		}
		text.WriteString(strings.Join(b.lastFed, ", "))
	}
	if !missing {
		return text.String()
	}
	for _, r := range b.runs {
		if r.snapshot != nil {
			text.WriteString(waits(r.snapshot()))
		}
	}
	return text.String()
}
