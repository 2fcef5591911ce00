package kafka

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
)

func newTestAssignment(partitions int) *assignment {
	s := defaults()
	a := newAssignment(&admin{settings: &s, logger: slog.New(slog.DiscardHandler), group: "group"}, "instance")
	a.setPartitions(partitions)
	return a
}

// A testTask is one that runs until its partition is lost and the test has it return.
type testTask struct {
	ctx       context.Context
	partition int
}

// R9: whatever the group assigns and takes away, and whenever tasks return, no partition has two tasks at a time,
// only a task whose partition was never lost since its start may commit, and what the group has confirmed is worked
// on.
func TestAssignment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := rapid.IntRange(1, 4).Draw(t, "partitions")
		a := newTestAssignment(partitions)
		a.setOwning(true)
		var current *member
		var confirmed map[int]bool     // what the current member may use
		running := map[int]*testTask{} // by partition
		lost := map[*testTask]bool{}   // by the model
		done := map[int]bool{}         // ended their session, and not lost since
		loseAllBut := func(keep map[int]bool) {
			for p, task := range running {
				if !keep[p] {
					lost[task] = true
				}
			}
			for p := range done {
				if !keep[p] {
					delete(done, p)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"replace": func(*rapid.T) {
				current = newMember(&membership{admin: a.admin, assignment: a})
				a.replace(current, true)
				confirmed = nil
				loseAllBut(nil)
			},
			"assign": func(t *rapid.T) {
				if current == nil {
					t.Skip()
				}
				numbers := map[int]bool{}
				for p := range partitions {
					numbers[p] = rapid.Bool().Draw(t, "assigned")
				}
				a.assign(current, numbers, partitions)
				loseAllBut(numbers)
				usable := map[int]bool{} // what was confirmed before, and stays
				for p := range numbers {
					usable[p] = numbers[p] && confirmed[p]
				}
				confirmed = usable
				if rapid.Bool().Draw(t, "confirmed") {
					a.confirm(current)
					confirmed = numbers
				}
			},
			"revoke": func(t *rapid.T) {
				if current == nil {
					t.Skip()
				}
				a.revoke(current)
				confirmed = nil
				loseAllBut(nil)
			},
			"an old member's callbacks": func(*rapid.T) {
				old := newMember(&membership{admin: a.admin, assignment: a})
				a.assign(old, map[int]bool{0: true}, partitions)
				a.confirm(old)
				a.revoke(old)
			},
			"start": func(t *rapid.T) {
				a.startTasks(context.Background(), func(ctx context.Context, p int) {
					if running[p] != nil {
						t.Fatalf("partition %d has two tasks at a time", p)
					}
					running[p] = &testTask{ctx, p}
				})
				for p, all := range confirmed {
					if all && running[p] == nil && !done[p] {
						t.Fatalf("partition %d is assigned, and nobody works on it", p)
					}
				}
			},
			"return": func(t *rapid.T) {
				if len(running) == 0 {
					t.Skip()
				}
				var all []int
				for p := range running {
					all = append(all, p)
				}
				slices.Sort(all)
				p := rapid.SampledFrom(all).Draw(t, "partition")
				a.returned(context.Background(), p, nil)
				if !lost[running[p]] {
					done[p] = true
				}
				delete(running, p)
			},
			"": func(t *rapid.T) {
				for p, task := range running {
					if (task.ctx.Err() != nil) != lost[task] {
						t.Fatalf("partition %d: the task's context has ended: %v, the partition was lost: %v",
							p, task.ctx.Err() != nil, lost[task])
					}
				}
				for p := range partitions {
					commits := []broker.Commit{{Partition: p}}
					live, _, err := a.liveCommits(commits)
					may := running[p] != nil && !lost[running[p]]
					if err != nil || (len(live) == 1) != may || commits[0].Lost == may {
						t.Fatalf("partition %d: %d commits, lost %v, %v; it may commit: %v", p, len(live), commits[0].Lost, err, may)
					}
					if a.allLive(commits) != may {
						t.Fatalf("partition %d: live: %v, want %v", p, !may, may)
					}
				}
			},
		})
	})
}

// Without tasks, as where another storage is the source, a commit for another instance's partition is aborted: the
// engine tries it again. With tasks it is dropped. A partition that doesn't exist is an error, whoever owns what.
func TestCommitsOfPartitionsThatAreNotOwned(t *testing.T) {
	t.Parallel()
	a := newTestAssignment(2)
	mb := newMember(&membership{admin: a.admin, assignment: a})
	a.replace(mb, false)
	a.assign(mb, map[int]bool{1: true}, 2)
	commits := []broker.Commit{{Partition: 1}}
	if _, _, err := a.liveCommits(commits); !errors.Is(err, broker.ErrAborted) {
		t.Errorf("before the assignment may be used: got %v", err)
	}
	a.confirm(mb)
	if live, by, err := a.liveCommits(commits); err != nil || len(live) != 1 || by != mb {
		t.Errorf("an own partition: got %d commits of %p, %v", len(live), by, err)
	}
	if _, _, err := a.liveCommits([]broker.Commit{{Partition: 0}}); !errors.Is(err, broker.ErrAborted) {
		t.Errorf("another's partition: got %v", err)
	}
	if _, _, err := a.liveCommits([]broker.Commit{{Partition: 2}}); err == nil || errors.Is(err, broker.ErrAborted) {
		t.Errorf("a partition that doesn't exist: got %v", err)
	}
	a.fail(errors.New("the end"))
	const want = `kafka: group "group", instance "instance": the end`
	if _, _, err := a.liveCommits(commits); err == nil || err.Error() != want {
		t.Errorf("after a failure: got %v", err)
	}
}

// Partitions that the group has assigned before this instance knew of them are its own as soon as it does; and it
// asks for them.
func TestAssignedPartitionsThatAreAddedLater(t *testing.T) {
	t.Parallel()
	a := newTestAssignment(1)
	a.setOwning(true)
	mb := newMember(&membership{admin: a.admin, assignment: a})
	a.replace(mb, false)
	a.assign(mb, map[int]bool{0: true, 2: true}, 3)
	a.confirm(mb)
	select {
	case <-a.moreKnown:
	default:
		t.Error("nobody is told that others know of more partitions")
	}
	var started []int
	start := func(_ context.Context, p int) { started = append(started, p) }
	a.startTasks(t.Context(), start)
	a.setPartitions(3)
	a.startTasks(t.Context(), start)
	if !slices.Equal(started, []int{0, 2}) {
		t.Errorf("tasks were started for %v, want 0 and then 2", started)
	}
}
