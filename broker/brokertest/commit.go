package brokertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
)

func commitChecks() []check {
	atOnce := func(f features) bool { return f.sink && !f.atEnd }
	keeper := func(f features) bool { return f.keeper }
	return []check{
		{"Commit/ResultsInOrder", isSink, checkResults},
		{"Commit/OutputsCanBeRead", func(f features) bool { return f.sink && f.source }, checkReadBack},
		{"Commit/KeepsNoBytes", isSink, checkNoBytes},
		{"Commit/OwnForm", isSink, checkOwnForm},
		{"Commit/NothingWithoutCommit", atOnce, checkNoCommit},
		{"Commit/SecondRun", atOnce, checkSecondCommit},
		{"Commit/AbortLeavesNothing", func(f features) bool { return f.sink && f.abort }, checkAbort},
		{"Commit/CancelledIsAllOrNothing", keeper, checkCancelledCommit},
		{"Commit/CutAtAnyMoment", keeper, checkCut},
		{"Commit/PartitionsTogether", func(f features) bool { return f.keeper && f.partitions > 1 }, checkTogether},
		{"Commit/IsCancelled", func(f features) bool { return f.sink && f.block }, checkBlockedCommit},
	}
}

// outputs is the number of outputs of the sinks' storages.
const outputs = 2

// sinkRig makes a storage with two outputs of as many partitions as the input has.
func (h Harness) sinkRig(t testing.TB) *rig {
	t.Helper()
	n := h.partitions()
	setup := Setup{Inputs: []Stream{h.stream(1, n)}, Outputs: outputs, Partitions: n}
	return h.rig(t, setup, 0)
}

// A sheet is what outputs hold: sheet[output][partition].
type sheet [][]Partition

func (h Harness) sheet() sheet {
	s := make(sheet, outputs)
	for o := range s {
		s[o] = make([]Partition, h.partitions())
	}
	return s
}

// write adds elements to the last session of an output's partition.
func (s sheet) write(output, partition int, all []Element) {
	p := &s[output][partition]
	if n := len(*p); n == 0 || (*p)[n-1].Ended {
		*p = append(*p, Session{})
	}
	last := &(*p)[len(*p)-1]
	last.Elements = append(last.Elements, all...)
}

// end ends the session of a partition in every output.
func (s sheet) end(partition int) {
	for output := range s {
		s.write(output, partition, nil)
		p := s[output][partition]
		p[len(p)-1].Ended = true
	}
}

// expectVisible compares what can be seen with what should be.
func (r *rig) expectVisible(want sheet, when string) {
	r.Helper()
	for output := range want {
		for p := range want[output] {
			if d := r.harness.partitionDiffers(r.Visible(output, p), want[output][p]); d != "" {
				r.Fatalf("%s: output %d, partition %d: %s", when, output, p, d)
			}
		}
	}
}

// results encodes elements for an output.
func (r *rig) results(output int, all []Element) []broker.Result {
	r.Helper()
	stream := r.job.Outputs[output]
	encode, err := stream.Codec.Encoder(stream.Type)
	r.must(err)
	results := make([]broker.Result, len(all))
	for i := range all {
		value, err := encode(nil, &all[i])
		r.must(err)
		results[i] = broker.Result{
			Stream: output,
			Value:  value,
			Key:    fmt.Append(nil, all[i].ID),
			Time:   time.UnixMilli(1_700_000_000_000 + all[i].ID),
		}
	}
	return results
}

// round makes the n-th commit of a partition, with results that are interleaved over the outputs, and notes them in s.
func (r *rig) round(s sheet, n, partition int) broker.Commit {
	r.Helper()
	c := broker.Commit{Partition: partition, Progress: r.progress(n, partition)}
	first := int64(10_000*partition + 100*n)
	for i := range 10 {
		output := i % outputs
		all := elements(first+int64(i), 1)
		c.Results = append(c.Results, r.results(output, all)...)
		s.write(output, partition, all)
	}
	return c
}

// rounds makes the n-th commit of all partitions.
func (r *rig) rounds(s sheet, n int) []broker.Commit {
	r.Helper()
	var commits []broker.Commit
	for p := range r.harness.partitions() {
		commits = append(commits, r.round(s, n, p))
	}
	return commits
}

// ends ends the session of all partitions.
func (r *rig) ends(s sheet, n int) []broker.Commit {
	var commits []broker.Commit
	for p := range r.harness.partitions() {
		commits = append(commits, broker.Commit{Partition: p, Progress: r.progress(n, p), End: true})
		s.end(p)
	}
	return commits
}

func (r *rig) commit(out broker.Output, commits ...broker.Commit) error {
	return r.guard("Commit", func(ctx context.Context) error {
		return wrap(out.Commit(ctx, commits), "Commit")
	})
}

// checkResults: results become visible in the order given, when the guarantee says.
func checkResults(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	atEnd := r.Sink.Guarantee() == broker.AtEnd
	want := h.sheet()
	r.expectVisible(want, "before anything was committed")
	out, closeAll := r.openSink()
	for n := range 3 {
		r.must(r.commit(out, r.rounds(want, n)...))
		if atEnd {
			r.expectVisible(h.sheet(), "with the guarantee AtEnd nothing is visible before the session ends")
		} else {
			r.expectVisible(want, "results are visible, in the order given, when Commit has returned")
		}
	}
	r.must(r.commit(out, r.ends(want, 3)...))
	closeAll()
	r.expectVisible(want, "after the end of all partitions and Close, all results are visible in the order given")
}

// checkReadBack: where the storage declares its outputs for reading too, what was written can be read.
func checkReadBack(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	if len(r.Source.Streams()) < 1+outputs {
		return
	}
	want := h.sheet()
	out, closeAll := r.openSink()
	r.must(r.commit(out, r.rounds(want, 0)...))
	r.must(r.commit(out, r.ends(want, 1)...))
	closeAll()
	r.job = &broker.Job{Name: "brokertest-reader", Inputs: r.job.Outputs, Logger: r.job.Logger}
	in := r.openSource()
	for output := range want {
		for p := range want[output] {
			if err := r.expectPartition(in, output, p, want[output][p]); err != nil {
				t.Fatalf("what was written to an output can be read from it, marks included: %v", err)
			}
		}
	}
	r.close(in)
}

// checkNoBytes: the engine writes over the results' bytes once Commit has returned.
func checkNoBytes(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	out, closeAll := r.openSink()
	commits := r.rounds(want, 1)
	r.must(r.commit(out, commits...))
	for _, c := range commits {
		for _, result := range c.Results {
			scribble(result.Value)
			scribble(result.Key)
		}
	}
	r.must(r.commit(out, r.ends(want, 1)...))
	closeAll()
	r.expectVisible(want, "the bytes of results may be written over when Commit has returned: "+
		"the output must not keep them")
}

// scribble changes digits, so that what a text codec has encoded can still be decoded.
func scribble(b []byte) {
	for i := range b {
		if b[i] == '1' {
			b[i] = '2'
		}
	}
}

// checkNoCommit: Close without a commit leaves nothing.
func checkNoCommit(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	_, closeAll := r.openSink()
	closeAll()
	r.expectVisible(h.sheet(), "what was not committed is never visible: nothing was, no mark either")
}

// checkSecondCommit: a sink is opened again for the next run, which writes behind what is there.
func checkSecondCommit(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	for n := range 3 {
		out, closeAll := r.openSink()
		r.must(r.commit(out, r.rounds(want, n)...))
		closeAll()
		r.reopen()
		r.expectVisible(want, "what is committed outlasts the run, and the next run writes behind it")
	}
}

// reopen goes on as another process would.
func (r *rig) reopen() {
	if r.Reopen != nil {
		r.Source, r.Sink = r.Reopen()
	}
}

// checkAbort: an aborted commit leaves nothing and may be tried again.
func checkAbort(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want, none := h.sheet(), h.sheet()
	out, closeAll := r.openSink()
	commits := r.rounds(want, 0)
	r.AbortCommit()
	if err := r.commit(out, commits...); !errors.Is(err, broker.ErrAborted) {
		t.Fatalf("Commit returns %v for a commit that was aborted: the error must wrap broker.ErrAborted", err)
	}
	r.expectVisible(none, "nothing of an aborted commit is visible")
	r.expectProgress(out, nil, "an aborted commit leaves the progress as it was")
	if err := r.commit(out, commits...); err != nil {
		t.Fatalf("an aborted commit may be tried again: %v", err)
	}
	if r.Sink.Guarantee() == broker.AtEnd {
		r.must(r.commit(out, r.ends(want, 1)...))
	}
	closeAll()
	r.expectVisible(want, "a commit that was aborted and tried again is there once")
}

// checkCancelledCommit: results and progress are one also where the context of the commit has ended.
func checkCancelledCommit(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	out, closeAll := r.openSink()
	commits := r.rounds(want, 0)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	err := r.guard("Commit", func(context.Context) error { return out.Commit(cancelled, commits) })
	kept, keptErr := r.kept(out, 0)
	r.must(keptErr)
	switch {
	case !sameProgress(kept, broker.Progress{}):
		r.expectVisible(want, "a cancelled commit has kept the progress, so its results are visible: all or nothing")
	case err == nil:
		t.Fatal("Commit returns nil, but the progress isn't kept")
	default:
		r.expectVisible(h.sheet(), "a cancelled commit hasn't kept the progress, so no result is visible: all or nothing")
	}
	closeAll()
}

// checkCut: results and progress are one whenever the context of the commit ends.
func checkCut(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	visible := h.sheet()
	var before []broker.Commit
	for n, after := range []time.Duration{0, 1, 2, 5, 10, 20, 50, 100, 200} {
		want := h.sheet()
		for output := range visible {
			for p := range visible[output] {
				want.write(output, p, visible[output][p].elements())
			}
		}
		out, closeAll := r.openSink()
		commits := r.rounds(want, n)
		ctx, cancel := context.WithTimeout(context.Background(), after*100*time.Microsecond)
		err := r.guard("Commit", func(context.Context) error { return out.Commit(ctx, commits) })
		cancel()
		closeAll()
		r.reopen()
		out, closeAll = r.openUnclaimed()
		kept, keptErr := r.kept(out, 0)
		r.must(keptErr)
		if sameProgress(kept, commits[0].Progress) {
			visible, before = want, commits
		} else if err == nil {
			t.Fatal("Commit returns nil, but the progress isn't kept")
		}
		r.expectKept(out, before, "a commit whose context ends keeps the progress of all partitions, or of none")
		r.expectVisible(visible,
			"a commit whose context ends shows its results where it keeps its progress, and only there")
		closeAll()
	}
}

// checkTogether: who looks on while commits go on never sees one partition's part without the other's.
func checkTogether(t testing.TB, h Harness) {
	const rounds = 100
	r := h.sinkRig(t)
	out, closeAll := r.openSink()
	last := h.partitions() - 1
	stop := make(chan struct{})
	var apart string
	var watching sync.WaitGroup
	watching.Go(func() {
		for apart == "" {
			for _, pair := range [][2]int{{0, last}, {last, 0}} {
				before := len(r.Visible(0, pair[0]).elements())
				after := len(r.Visible(0, pair[1]).elements())
				if before > after {
					apart = fmt.Sprintf("partition %d showed %d results, and then partition %d only %d",
						pair[0], before, pair[1], after)
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	var err error
	for n := 0; n < rounds && err == nil; n++ {
		var commits []broker.Commit
		for p := range h.partitions() {
			one := elements(int64(n), 1)
			commits = append(commits, broker.Commit{Partition: p, Results: r.results(0, one), Progress: r.progress(n, p)})
		}
		err = r.commit(out, commits...)
	}
	close(stop)
	watching.Wait()
	r.must(err)
	closeAll()
	if apart != "" {
		t.Fatalf("the partitions of a commit become visible together, all or nothing: %s", apart)
	}
}

// checkBlockedCommit: a commit that waits returns within a second when its context ends.
func checkBlockedCommit(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	out, closeAll := r.openSink()
	commits := r.rounds(want, 0)
	release := r.BlockCommits()
	defer release()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- out.Commit(ctx, commits) }()
	select {
	case err := <-done:
		t.Fatalf("Commit returns %v although the harness blocks commits", err)
	case <-time.After(pause):
	}
	cancel()
	select {
	case err := <-done:
		if err == nil {
			t.Fatal("Commit returns nil although the harness blocks commits")
		}
	case <-time.After(grace):
		t.Fatal("Commit doesn't return within a second when its context ends while it waits")
	}
	release()
	closeAll()
}
