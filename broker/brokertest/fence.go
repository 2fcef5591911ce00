package brokertest

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
)

func fenceChecks() []check {
	claims := func(f features) bool { return f.sink && f.claims }
	return []check{
		{"Fence/ZombieAddsNothing", claims, checkZombie},
		{"Fence/SharedIsLeftOut", claims, checkShared},
		{"Fence/LookingClaimsNothing", claims, checkLooking},
		{"Fence/ClaimsSideBySide", claims, checkClaims},
	}
}

// second opens the sink for another run of the same job, as another process would, while the first one goes on.
func (r *rig) second() *rig {
	other := *r
	job := *r.job
	other.job = &job
	other.reopen()
	return &other
}

// retried commits again where the commit was aborted, as the engine does.
func (r *rig) retried(out broker.Output, commits ...broker.Commit) (err error) {
	for range 3 {
		if err = r.commit(out, commits...); !errors.Is(err, broker.ErrAborted) {
			return err
		}
	}
	return err
}

// checkZombie: whoever claims gets what was committed, and the claimer before adds nothing any more.
func checkZombie(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	zombie, closeZombie := r.openSink()
	commits := r.rounds(want, 0)
	r.must(r.commit(zombie, commits...))

	second := r.second()
	out, closeAll := second.openUnclaimed()
	for p, kept := range second.claim(out) {
		if !sameProgress(kept, commits[p].Progress) {
			t.Fatalf("Claim returns %+v for partition %d, wanted what was committed last, %+v", kept, p,
				commits[p].Progress)
		}
	}
	for n := range 2 {
		err := r.retried(zombie, r.rounds(h.sheet(), 1)...)
		if !errors.Is(err, broker.ErrTakenOver) {
			t.Fatalf("Commit returns %v to a run whose partitions another one has claimed: the error must wrap "+
				"broker.ErrTakenOver", err)
		}
		r.expectVisible(want, "a run whose partitions another one has claimed adds nothing")
		r.expectKept(out, commits, "a run whose partitions another one has claimed changes no progress")
		commits = r.rounds(want, n+2)
		r.must(r.commit(out, commits...))
		r.expectVisible(want, "whoever has claimed the partitions commits")
	}
	closeZombie()
	closeAll()
	r.expectVisible(want, "a run whose partitions another one has claimed adds nothing when it is closed")
}

// checkShared: where partitions move, a commit for one that has gone is left out, and the others are made.
func checkShared(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	r.job.Shared = true
	want := h.sheet()
	first, closeFirst := r.openSink()
	second := r.second()
	out, closeAll := second.openUnclaimed()
	r.must(r.guard("Claim", func(ctx context.Context) error {
		_, err := out.(broker.Claimer).Claim(ctx, 0)
		return wrap(err, "Claim")
	}))
	var commits []broker.Commit
	for p := range h.partitions() {
		written := want
		if p == 0 {
			written = h.sheet()
		}
		commits = append(commits, r.round(written, 0, p))
	}
	if err := r.retried(first, commits...); err != nil {
		t.Fatalf("where partitions move from process to process, the commit for one that has gone is left out and "+
			"counts as made: %v", err)
	}
	for _, c := range commits {
		if c.Lost != (c.Partition == 0) {
			t.Fatalf("partition %d: Lost is %v after another run has claimed partition 0: it must be set for that one "+
				"alone", c.Partition, c.Lost)
		}
	}
	r.expectVisible(want,
		"where partitions move from process to process, only the commit for the one that has gone is left out")
	closeFirst()
	closeAll()
}

// sideBySide is how many partitions are claimed at a time: whatever partitions an output has, a source may have more.
const sideBySide = 8

// checkClaims: tasks claim their partitions side by side, while others are committed.
func checkClaims(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	r.job.Partitions = max(sideBySide, r.job.Partitions)
	want := h.sheet()
	out, closeAll := r.openUnclaimed()
	claim := func(partition int) error {
		return r.guard("Claim", func(ctx context.Context) error {
			_, err := out.(broker.Claimer).Claim(ctx, partition)
			return wrap(err, "Claim")
		})
	}
	r.must(claim(0))
	var g errgroup.Group
	for p := 1; p < r.job.Partitions; p++ {
		g.Go(func() error { return claim(p) })
	}
	err := r.retried(out, r.round(want, 0, 0))
	if err = errors.Join(err, g.Wait()); err == nil {
		err = r.retried(out, r.round(want, 1, 0))
	}
	if err != nil {
		t.Fatalf("partitions are claimed side by side, while others are committed, and stay claimed: %v", err)
	}
	r.expectVisible(want, "partitions were claimed side by side, while one was committed")
	closeAll()
}

// checkLooking: looking at positions takes nothing over.
func checkLooking(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	out, closeAll := r.openSink()
	second := r.second()
	other, closeOther := second.openUnclaimed()
	for p := range h.partitions() {
		_, err := second.kept(other, p)
		r.must(err)
	}
	if all, ok := other.(broker.SessionKeeper); ok {
		r.must(r.guard("LowestSession", func(ctx context.Context) error {
			_, err := all.LowestSession(ctx)
			return wrap(err, "LowestSession")
		}))
	}
	if err := r.commit(out, r.rounds(want, 0)...); err != nil {
		t.Fatalf("another run has only looked at the progress, and claimed nothing: %v", err)
	}
	r.expectVisible(want, "another run has only looked at the progress, and claimed nothing")
	closeOther()
	closeAll()
}
