package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// TestMain is also the worker that is started in these tests: what it does is said instead of Kafka's address.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "worker" {
		os.Exit(pretend(os.Args[3]))
	}
	os.Exit(m.Run())
}

func pretend(what string) int {
	switch what {
	case "127.0.0.1:1": // fails
		fmt.Fprintln(os.Stderr, "this is why")
		return 1
	case "127.0.0.1:2": // finds itself replaced when it is asked to end
		_, _ = io.Copy(io.Discard, os.Stdin)
		return exitReplaced
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// withInstances runs use with n instances that were started, and returns the error that ended them.
func withInstances(t *testing.T, kafka string, n int, use func(ctx context.Context, is *instances)) error {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	is, err := newInstances(ctx, g, []string{kafka}, t.TempDir(), &config{instances: n})
	must(t, err)
	for _, i := range is.all() {
		must(t, is.start(i))
	}
	use(ctx, is)
	end()
	return g.Wait()
}

// A kill is followed by a new process of the instance. All end when they are asked to.
func TestInstancesKillAndStop(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	must(t, withInstances(t, "127.0.0.1:9", 2, func(ctx context.Context, is *instances) {
		chosen := is.choose(random, 1)
		first := chosen[0].current
		is.kill(chosen[0])
		select {
		case <-first.Done():
		default:
			t.Error("the process still runs")
		}
		if first.Status() == 0 {
			t.Error("the process ended in peace")
		}
		if others := is.choose(random, 5); len(others) != 1 || others[0] == chosen[0] {
			t.Errorf("got %d instances to choose from, want the other one", len(others))
		}
		must(t, is.start(chosen[0]))
		if chosen[0].current.Name == first.Name {
			t.Error("two processes have the same name")
		}
		must(t, is.stopAll(ctx))
	}))
}

// A process that ends though nobody has asked for it ends the test, with its log.
func TestInstancesFindsAnEnd(t *testing.T) {
	err := withInstances(t, "127.0.0.1:1", 1, func(ctx context.Context, _ *instances) { <-ctx.Done() })
	if err == nil || !strings.Contains(err.Error(), "i0#1 has ended by itself") ||
		!strings.Contains(err.Error(), "this is why") {
		t.Errorf("got %v", err)
	}
}

// A zombie must say that it was replaced, and others must not.
func TestInstancesExpectsTheStatus(t *testing.T) {
	must(t, withInstances(t, "127.0.0.1:2", 1, func(ctx context.Context, is *instances) {
		i := is.all()[0]
		zombie := is.take(i)
		is.letEnd(zombie)
		must(t, is.start(i))
		zombie.Leave()
		must(t, is.expectOneEnds(ctx, i, zombie))
		if err := is.stop(ctx, i); err == nil || !strings.Contains(err.Error(), "exit status 4 instead of 0") {
			t.Errorf("got %v", err)
		}
	}))
}

// A zombie may also replace its replacement; then it is the instance's process.
func TestInstancesKeepsTheLivingOne(t *testing.T) {
	must(t, withInstances(t, "127.0.0.1:2", 1, func(ctx context.Context, is *instances) {
		i := is.all()[0]
		zombie := is.take(i)
		is.letEnd(zombie)
		must(t, is.start(i))
		replacement := i.current
		is.letEnd(replacement)
		replacement.Leave()
		must(t, is.expectOneEnds(ctx, i, zombie))
		if i.current != zombie || zombie.mayEnd {
			t.Error("the process that lives isn't the instance's")
		}
		is.kill(i)
	}))
}

// A temporary instance is removed. The others stay.
func TestInstancesRemove(t *testing.T) {
	must(t, withInstances(t, "127.0.0.1:9", 1, func(ctx context.Context, is *instances) {
		temporary, err := is.add("temporary", false)
		must(t, err)
		must(t, is.start(temporary))
		is.kill(temporary)
		is.remove(temporary)
		if slices.Contains(is.all(), temporary) || len(is.all()) != 1 {
			t.Errorf("got %d instances", len(is.all()))
		}
		must(t, is.stopAll(ctx))
	}))
}
