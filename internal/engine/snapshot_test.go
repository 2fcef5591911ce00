package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// A snapshot of a run that goes on says who waits for whom and how long, and where each node stands.
func TestSnapshotOfARunThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := pair(nil, nil)
		b := tr.storage()
		stats := &engine.Stats{TimeCalls: true}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- engine.Run(ctx, tr.spec(b), stats) }()
		must(t, memory.Append(b, "master", 0, keys(1, 1, 5, 7)...))
		must(t, memory.Append(b, "child", 0, keys(0, 1, 5)...))
		time.Sleep(10 * time.Second)

		s := stats.Snapshot()
		task := s.Tasks[0]
		if got := s.Nodes[task.WaitsFor].Name; got != "child" || s.Taken.Sub(task.WaitsSince) != 10*time.Second {
			t.Errorf("waits for %s since %v", got, s.Taken.Sub(task.WaitsSince))
		}
		master, child := task.Nodes[0], task.Nodes[1]
		if master.Read != 2 || master.Matched != 1 || master.Key != "5" || !master.IsNumber || master.Number != 5 {
			t.Errorf("master: %+v", master)
		}
		if child.Read != 2 || child.Matched != 1 || child.Key != "5" || child.ParentKey != "5" ||
			child.ParentNumber != 5 || child.Group != 1 || child.Offset != 2 {
			t.Errorf("child: %+v", child)
		}
		if child.Waited != 10*time.Second || master.Waited != 0 {
			t.Errorf("waited %v for the child and %v for the master", child.Waited, master.Waited)
		}
		if !task.Owned || task.Ended || s.Assigned != 1 || s.Revoked != 0 {
			t.Errorf("owned %v, ended %v, assigned %d, revoked %d", task.Owned, task.Ended, s.Assigned, s.Revoked)
		}
		if s.Calls != 1 || s.Results != 1 || s.CallTime.Count != 1 || s.Commits != 1 || s.CommitTime.Count != 1 {
			t.Errorf("calls %d, results %d, call times %d, commits %d", s.Calls, s.Results, s.CallTime.Count, s.Commits)
		}

		if master.Behind != 1 || child.Behind != 0 {
			t.Errorf("the master is %d records behind, the child %d", master.Behind, child.Behind)
		}

		b.Revoke(0)
		time.Sleep(time.Second)
		if s := stats.Snapshot(); s.Tasks[0].Owned || s.Revoked != 1 || s.Tasks[0].WaitsFor != -1 {
			t.Errorf("after its partition was taken away: %+v", s.Tasks[0])
		}
		b.Restore(0)
		time.Sleep(time.Second)
		if s := stats.Snapshot(); !s.Tasks[0].Owned || s.Assigned != 2 || s.Stopping {
			t.Errorf("after its partition came back: %+v", s.Tasks[0])
		}
		stop()
		<-done
		if s := stats.Snapshot(); s.Tasks[0].Owned || s.Revoked != 1 || !s.Stopping {
			t.Errorf("after the run was stopped: %+v, %d revoked", s.Tasks[0], s.Revoked)
		}
	})
}

// From when a run is to stop until it has stopped, whoever looks at it learns that, and not that its partitions are
// elsewhere.
func TestSnapshotOfARunThatStops(t *testing.T) {
	failure := errors.New("broken")
	for name, fail := range map[string]bool{"from outside": false, "by the function": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := pair([]int{1, 2}, []int{1, 2})
				b := tr.storage()
				tr.fill(t, b)
				spec, stats := tr.spec(b), &engine.Stats{}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				release := make(chan struct{})
				spec.NewFunction = func() engine.Function {
					return &function{before: func(*engine.Call) error {
						if fail {
							return failure
						}
						<-release
						return nil
					}}
				}
				done := make(chan error)
				go func() { done <- engine.Run(ctx, spec, stats) }()
				synctest.Wait()
				if s := stats.Snapshot(); s.Stopping != fail {
					t.Errorf("stopping is %v while the run goes on", s.Stopping)
				}
				stop()
				synctest.Wait()
				if s := stats.Snapshot(); !s.Stopping {
					t.Error("a run that is being stopped doesn't say so")
				}
				close(release)
				if err := <-done; !errors.Is(err, context.Canceled) && !errors.Is(err, failure) {
					t.Error(err)
				}
			})
		})
	}
}

// The description of the tree is there before anything is read, and the counts stay after the end.
func TestSnapshotOfARunThatHasEnded(t *testing.T) {
	tr := pair([]int{1, 2, 3}, []int{2})
	b := tr.storage()
	tr.fill(t, b)
	spec := tr.spec(b)
	spec.Master.Children[0].On = "a == b"
	stats := run(t, spec)
	s := stats.Snapshot()
	if n := s.Nodes[1]; n.Name != "child" || n.Stream != "child" || n.Parent != 0 || n.On != "a == b" {
		t.Errorf("child: %+v", n)
	}
	if n := s.Nodes[0]; n.Parent != -1 {
		t.Errorf("master: %+v", n)
	}
	if s.Name != "test" || s.Partitions != 1 || len(s.Outputs) != 2 || !s.Tasks[0].Ended || s.Stopping {
		t.Errorf("snapshot: %+v", s)
	}
	// The calls took no time that anybody measured.
	if s.CallTime.Count != 0 || s.Calls != 1 {
		t.Errorf("%d calls, %d times", s.Calls, s.CallTime.Count)
	}
}
