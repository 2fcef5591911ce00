package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/leat-go/leat/broker"
)

func progressChecks() []check {
	keeper := func(f features) bool { return f.keeper }
	return []check{
		{"Progress/IsKept", keeper, checkProgress},
		{"Progress/WithoutResults", keeper, checkProgressOnly},
		{"Progress/Saver", isSource, checkSaver},
		{"Pace/IsPositive", isSink, checkPace},
	}
}

// progress makes the progress of a partition's n-th commit; no two are equal.
func (r *rig) progress(n, partition int) broker.Progress {
	p := broker.Progress{Sessions: int64(n)}
	for i := range r.job.Inputs {
		p.Nodes = append(p.Nodes, broker.Rewind{
			Node:        fmt.Sprintf("node %d: \"Größe\"", i),
			Offset:      int64(1_000_000*n + 1_000*partition + i),
			Seen:        1<<53 + int64(1_000_001*n+1_000*partition+i),
			Accounted:   1<<52 + int64(1_000_001*n+1_000*partition+i),
			Behind:      (n+i)%3 == 1,
			NextSession: (n+i)%2 == 1,
			Position:    []string{"", `{"at":["7","Größe \"x\""]}`, "a: 1 < 2"}[(n+i)%3],
			Sorted:      []string{"", `{"rank":7,"key":"AAE="}`, `"Größe"`}[(n+2*i)%3],
			Idle:        []string{`{"from":"AAE=","to":"gAE="}`, ""}[(n+i)%2],
		})
	}
	return p
}

func sameProgress(a, b broker.Progress) bool {
	return a.Sessions == b.Sessions && slices.Equal(a.Nodes, b.Nodes)
}

// kept asks for a partition's progress.
func (r *rig) kept(from any, partition int) (p broker.Progress, err error) {
	keeper, ok := from.(broker.Keeper)
	if !ok {
		return p, fmt.Errorf("the %T of a sink with the guarantee ExactlyOnce must be a broker.Keeper: it commits results "+
			"and progress together, so it must give the progress back", from)
	}
	err = r.guard("Progress", func(ctx context.Context) (err error) {
		p, err = keeper.Progress(ctx, partition)
		return wrap(err, "Progress")
	})
	return p, err
}

// expectProgress compares each partition's progress with that of its commit, the zero Progress where it has none. It
// does nothing where the output keeps no progress and needn't.
func (r *rig) expectProgress(out broker.Output, want []broker.Commit, what string) {
	r.Helper()
	if r.Sink.Guarantee() != broker.ExactlyOnce {
		return
	}
	r.expectKept(out, want, what)
}

func (r *rig) expectKept(keeper any, want []broker.Commit, what string) {
	r.Helper()
	for p := range r.harness.partitions() {
		var progress broker.Progress
		for _, c := range want {
			if c.Partition == p {
				progress = c.Progress
			}
		}
		got, err := r.kept(keeper, p)
		r.must(err)
		if !sameProgress(got, progress) {
			r.Fatalf("%s: partition %d: Progress returns %+v, wanted %+v", what, p, got, progress)
		}
	}
}

// checkProgress: a keeper gives back the progress that was committed last, field by field, also in the next run.
func checkProgress(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	written := h.sheet()
	out, closeAll := r.openSink()
	r.expectKept(out, nil, "before the first commit the progress is zero")
	first := r.round(written, 1, 0)
	r.must(r.commit(out, first))
	r.expectKept(out, []broker.Commit{first}, "a commit replaces the progress of its own partitions only")
	commits := r.rounds(written, 2)
	r.must(r.commit(out, commits...))
	r.expectKept(out, commits, "a commit replaces what the partitions had")
	closeAll()
	r.reopen()
	out, closeAll = r.openSink()
	r.expectKept(out, commits, "progress outlasts the run")
	commits = r.ends(written, 3)
	r.must(r.commit(out, commits...))
	closeAll()
	r.reopen()
	out, closeAll = r.openSink()
	r.expectKept(out, commits, "progress outlasts the session")
	closeAll()
}

// checkProgressOnly: a commit may hold no result.
func checkProgressOnly(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	out, closeAll := r.openSink()
	var commits []broker.Commit
	for p := range h.partitions() {
		commits = append(commits, broker.Commit{Partition: p, Progress: r.progress(1, p)})
	}
	r.must(r.commit(out, commits...))
	r.expectKept(out, commits, "a commit without results keeps the progress")
	r.expectVisible(h.sheet(), "a commit without results leaves the outputs as they are")
	closeAll()
}

// checkSaver: an input that keeps progress for a sink that can't gives back what was saved, also in the next run.
func checkSaver(t testing.TB, h Harness) {
	r := h.rig(t, Setup{Inputs: []Stream{h.stream(1, h.partitions())}}, 0)
	in := r.openSource()
	saver, ok := in.(broker.Saver)
	if !ok {
		r.close(in)
		return
	}
	r.claim(saver)
	r.expectKept(saver, nil, "before the first Save the progress is zero")
	var commits []broker.Commit
	for p := range h.partitions() {
		commits = append(commits, broker.Commit{Partition: p, Progress: r.progress(1, p)})
	}
	r.must(r.guard("Save", func(ctx context.Context) error { return wrap(saver.Save(ctx, commits), "Save") }))
	r.expectKept(saver, commits, "Save replaces the progress")
	r.close(in)
	r.reopen()
	in = r.openSource()
	r.expectKept(in, commits, "saved progress outlasts the run")
	r.close(in)
}

// checkPace: an output that says how often it wants to commit says something that can be done.
func checkPace(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	out, closeAll := r.openSink()
	if pacer, ok := out.(broker.Pacer); ok {
		if p := pacer.Pace(); p.Interval < 0 || p.Results <= 0 || p.Bytes <= 0 {
			r.Error(errors.New("a Pace has an Interval of zero or more, and Results and Bytes above zero"), p)
		}
	}
	closeAll()
}
