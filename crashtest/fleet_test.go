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

// TestMain is also the worker that a fleet starts in these tests: what it does is said in place of Kafka's address.
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

// withFleet runs use with a fleet of n instances that were started, and returns the error that ended the fleet.
func withFleet(t *testing.T, kafka string, n int, use func(ctx context.Context, f *fleet)) error {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	f, err := newFleet(ctx, g, []string{kafka}, t.TempDir(), &config{instances: n})
	must(t, err)
	for _, i := range f.all() {
		must(t, f.start(i))
	}
	use(ctx, f)
	end()
	return g.Wait()
}

// A kill is followed by a new process in the same place; all end when they are asked to.
func TestFleetKillAndStop(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	must(t, withFleet(t, "127.0.0.1:9", 2, func(ctx context.Context, f *fleet) {
		chosen := f.choose(random, 1)
		first := chosen[0].current
		f.kill(chosen[0])
		select {
		case <-first.done:
		default:
			t.Error("the process still runs")
		}
		if first.status == 0 {
			t.Error("the process ended in peace")
		}
		if others := f.choose(random, 5); len(others) != 1 || others[0] == chosen[0] {
			t.Errorf("got %d instances to choose from, want the other one", len(others))
		}
		must(t, f.start(chosen[0]))
		if chosen[0].current.name == first.name {
			t.Error("two processes have the same name")
		}
		must(t, f.stopAll(ctx))
	}))
}

// A process that ends though nobody wanted it ends the test, with its log.
func TestFleetFindsAnEnd(t *testing.T) {
	err := withFleet(t, "127.0.0.1:1", 1, func(ctx context.Context, _ *fleet) { <-ctx.Done() })
	if err == nil || !strings.Contains(err.Error(), "i0#1 has ended by itself") || !strings.Contains(err.Error(), "this is why") {
		t.Errorf("got %v", err)
	}
}

// A zombie must say that it was replaced, and others must not.
func TestFleetExpectsTheStatus(t *testing.T) {
	must(t, withFleet(t, "127.0.0.1:2", 1, func(ctx context.Context, f *fleet) {
		i := f.all()[0]
		zombie := f.take(i)
		f.doom(zombie)
		must(t, f.start(i))
		must(t, zombie.stdin.Close())
		must(t, f.expectOne(ctx, i, zombie))
		if err := f.stop(ctx, i); err == nil || !strings.Contains(err.Error(), "exit status 4 instead of 0") {
			t.Errorf("got %v", err)
		}
	}))
}

// A zombie may also replace its replacement; then it is the instance's process.
func TestFleetKeepsTheLivingOne(t *testing.T) {
	must(t, withFleet(t, "127.0.0.1:2", 1, func(ctx context.Context, f *fleet) {
		i := f.all()[0]
		zombie := f.take(i)
		f.doom(zombie)
		must(t, f.start(i))
		replacement := i.current
		f.doom(replacement)
		must(t, replacement.stdin.Close())
		must(t, f.expectOne(ctx, i, zombie))
		if i.current != zombie || zombie.doomed {
			t.Error("the process that lives isn't the instance's")
		}
		f.kill(i)
	}))
}

// A guest is removed; the others stay.
func TestFleetRemove(t *testing.T) {
	must(t, withFleet(t, "127.0.0.1:9", 1, func(ctx context.Context, f *fleet) {
		guest, err := f.add("guest", false)
		must(t, err)
		must(t, f.start(guest))
		f.kill(guest)
		f.remove(guest)
		if slices.Contains(f.all(), guest) || len(f.all()) != 1 {
			t.Errorf("got %d instances", len(f.all()))
		}
		must(t, f.stopAll(ctx))
	}))
}
