package brokertest

import (
	"context"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
)

// checkProbe: a Prober says whether there is anything to be read, while a Read waits and while none does.
func checkProbe(t testing.TB, h Harness) {
	want := elements(1, 4)
	r := h.rig(t, Setup{Inputs: []Stream{{{{Elements: want[:2]}}}}}, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	prober, ok := reader.Reader.(broker.Prober)
	if !ok {
		t.Skip("the storage can't be away, or doesn't say so")
	}
	_, err = reader.records(2)
	r.must(err)
	probe := func() (end int64) {
		t.Helper()
		r.must(r.guard("Probe", func(ctx context.Context) (err error) {
			end, err = prober.Probe(ctx, reader.Next())
			return err
		}))
		return end
	}
	for i := range 2 {
		next := reader.Next()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = reader.Read(ctx)
		}()
		if end := probe(); end != next {
			t.Fatalf("Probe(%d) returns %d where everything has been read, and a Read waits for more: it must return what "+
				"it was given", next, end)
		}
		cancel()
		<-ended
		r.Append(0, 0, want[2+i])
		// What a server sends by itself, as changes, it isn't asked for: there a Read is under way.
		for begun := time.Now(); !h.Unbounded && probe() <= next; {
			if time.Since(begun) > h.patience() {
				t.Fatalf("Probe(%d) doesn't say that there is a record which hasn't been read", next)
			}
			<-time.After(pause)
		}
		_, err := reader.records(1)
		r.must(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	begun := time.Now()
	if _, err := prober.Probe(ctx, reader.Next()); err != nil && time.Since(begun) > grace {
		t.Fatal("Probe doesn't return within a second when its context has ended")
	}
	r.close(reader)
	r.close(in)
}
