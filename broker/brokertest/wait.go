package brokertest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
)

func waitChecks() []check {
	live := func(f features) bool { return f.source && f.live }
	timeout := func(f features) bool { return live(f) && f.timeout }
	return []check{
		{"Wait/NewRecordsArrive", live, checkLive},
		{"Wait/ReadIsCancelled", live, checkCancelRead},
		{"Wait/DataTimeout", timeout, checkDataTimeout},
		{"Wait/Probe", live, checkProbe},
		{"Wait/LateCommit", func(f features) bool { return live(f) && f.late }, checkLate},
		{"Read/BoundedReadAhead", isSource, checkReadAhead},
	}
}

// pause is how long the suite gives a call to come to where it waits.
const pause = 50 * time.Millisecond

// checkLive: a Read that waits returns as soon as there is a record.
func checkLive(t testing.TB, h Harness) {
	want := elements(1, 5)
	r := h.rig(t, Setup{Inputs: []Stream{{{{Elements: want[:1]}}}}}, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	records, err := reader.records(1)
	r.must(err)
	for i := range want[1:] {
		appended := make(chan struct{})
		go func() {
			defer close(appended)
			<-time.After(pause)
			r.Append(0, 0, want[1+i])
		}()
		more, err := reader.records(1)
		<-appended
		if err != nil {
			t.Fatalf("Read waits for the next record, and returns it as soon as it is there: %v", err)
		}
		records = append(records, more...)
	}
	got, err := reader.decoded(records)
	r.must(err)
	if d := differs(got, want); d != "" {
		t.Fatalf("reading a stream that grows: %s", d)
	}
	r.close(reader)
	r.close(in)
}

// checkLate: what is committed late is never passed.
func checkLate(t testing.TB, h Harness) {
	want := elements(1, 6)
	r := h.rig(t, Setup{Inputs: []Stream{{{{Elements: want[:2]}}}}}, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	records, err := reader.records(2)
	r.must(err)
	commit := r.AppendLate(0, 0, want[2:4]...)
	r.Append(0, 0, want[4:]...)
	committed := make(chan struct{})
	go func() {
		defer close(committed)
		<-time.After(4 * pause)
		commit()
	}()
	more, err := reader.records(4)
	<-committed
	if err != nil {
		t.Fatalf("elements that are committed later than others behind them are read in order, and none is passed: %v", err)
	}
	got, err := reader.decoded(slices.Concat(records, more))
	r.must(err)
	if d := differs(got, want); d != "" {
		t.Fatalf("elements that are committed later than others behind them are read in order, and none is passed: %s", d)
	}
	r.close(reader)
	r.close(in)
}

// checkCancelRead: a Read that waits returns within a second when its context ends, and the reader's input can be
// closed.
func checkCancelRead(t testing.TB, h Harness) {
	r := h.rig(t, Setup{Inputs: []Stream{{{{Elements: elements(1, 1)}}}}}, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	_, err = reader.records(1)
	r.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := reader.Read(ctx)
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("Read returns %v where there is neither a record nor a mark: it must wait", err)
	case <-time.After(pause):
	}
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Read returns %v when its context ends while it waits: it must be the context's error", err)
		}
	case <-time.After(grace):
		t.Fatal("Read doesn't return within a second when its context ends while it waits")
	}
	r.close(reader)
	r.close(in)
}

// checkDataTimeout: where nothing has come for as long as the user allows, Read returns ErrDataTimeout, and nothing is
// passed over: who goes on there gets what comes later.
func checkDataTimeout(t testing.TB, h Harness) {
	want := elements(1, 5)
	r := h.rig(t, Setup{Inputs: []Stream{{{{Elements: want[:3]}}}}, DataTimeout: 10 * pause}, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	records, err := reader.records(3)
	r.must(err)
	next := reader.Next()
	if _, err = reader.batch(); !errors.Is(err, broker.ErrDataTimeout) {
		t.Fatalf("Read returns %v where nothing has come for as long as the data timeout: it must be broker.ErrDataTimeout",
			err)
	}
	if reader.Next() != next {
		t.Fatalf("Next returns %d behind a data timeout, and %d before it: nothing was passed over", reader.Next(), next)
	}
	r.Append(0, 0, want[3:]...)
	again, err := r.reader(in, 0, 0, next)
	r.must(err)
	for _, one := range []*tested{reader, again} {
		more, err := one.records(2)
		if err != nil {
			t.Fatalf("a stream goes on behind a data timeout, for the reader that had it and for another: %v", err)
		}
		got, err := one.decoded(slices.Concat(records, more))
		r.must(err)
		if d := differs(got, want); d != "" {
			t.Fatalf("reading on behind a data timeout: %s", d)
		}
		r.close(one)
	}
	r.close(in)
}

// The stream that is read slowly, and how much memory a reader may take of it.
const (
	bigRecords = 8192
	bigText    = 4096
	bigLimit   = bigRecords * bigText / 2
)

// checkReadAhead: a reader that nobody reads from must not pull in the stream.
func checkReadAhead(t testing.TB, h Harness) {
	big := make([]Element, bigRecords)
	text := strings.Repeat("x", bigText)
	for i := range big {
		big[i] = Element{ID: int64(i), Text: text}
	}
	r := h.rig(t, Setup{Inputs: []Stream{{{{Elements: big, Ended: true}}}}}, 0)
	in := r.openSource()
	before := heap()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	first, err := reader.batch()
	r.must(err)
	<-time.After(10 * pause)
	if grown := heap() - before; grown > bigLimit {
		t.Fatalf("after one Read of a stream of %d MiB, the heap has grown by %d MiB: how far a reader reads ahead must be "+
			"bounded", bigRecords*bigText>>20, grown>>20)
	}
	runtime.KeepAlive(first)
	rest, err := reader.records(-1)
	if got := len(first) + len(rest); err != nil || got != bigRecords {
		t.Fatalf("a reader that was left alone for a while goes on: %d of %d records, error %v", got, bigRecords, err)
	}
	r.close(reader)
	r.close(in)
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
