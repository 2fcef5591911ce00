package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// told notes what observers are told, in order. The tests have one call at a time, and look at it when the run is over.
type told struct{ words []string }

func (l *told) add(format string, args ...any) {
	l.words = append(l.words, fmt.Sprintf(format, args...))
}

// mark is the key of what observers put into contexts.
type mark struct{}

// observer returns an observer that notes what it is told of runs and calls, and marks the contexts of calls.
func (l *told) observer(name string) observe.Observer {
	return observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
		l.add("%s: %s begins with %d nodes", name, run.Mill, len(run.Snapshot().Nodes))
		return observe.Watch{
			Call: func(ctx context.Context, call observe.Call) (context.Context, func(error)) {
				l.add("%s: call for %s[%d]@%d", name, call.Stream, call.Partition, call.Offset)
				marks, _ := ctx.Value(mark{}).(string)
				return context.WithValue(ctx, mark{}, marks+name), func(err error) { l.add("%s: called, %v", name, err) }
			},
			End: func(err error) { l.add("%s: ended, %v, %d calls", name, err, run.Snapshot().Calls) },
		}, nil
	})
}

func (l *told) check(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.words, want) {
		t.Errorf("observers were told\n got %s\nwant %s", strings.Join(l.words, "\n     "), strings.Join(want, "\n     "))
	}
}

// marked is a function that notes the marks of its context, and fails with err.
type marked struct {
	told *told
	err  error
}

func (m *marked) Call(ctx context.Context, _ *engine.Call, _ engine.Emit) error {
	m.told.add("function with %v", ctx.Value(mark{}))
	return m.err
}

// Observers are told in the order in which they were given, and of ends in the reverse of it; what one does to the
// context of a call, the next one and the function see.
func TestObserversAreToldInOrder(t *testing.T) {
	for name, c := range map[string]struct{ err, told, ends error }{
		"fine":             {},
		"the session ends": {err: engine.EndOfStream},
		"the function has failed": {err: errors.New("boom"), told: errors.New("boom"),
			ends: errors.New("master[0]@0: function test: boom")},
	} {
		t.Run(name, func(t *testing.T) {
			tr := pair([]int{1}, []int{1})
			b := tr.storage()
			tr.fill(t, b)
			var l told
			spec := tr.spec(b)
			spec.Observers = []observe.Observer{l.observer("a"), l.observer("b")}
			spec.NewFunction = func() engine.Function { return &marked{&l, c.err} }
			if err := engine.Run(t.Context(), spec, nil); fmt.Sprint(err) != fmt.Sprint(c.ends) {
				t.Errorf("the run returns %v, want %v", err, c.ends)
			}
			calls := 1
			if c.ends != nil {
				calls = 0
			}
			l.check(t, "a: test begins with 2 nodes", "b: test begins with 2 nodes",
				"a: call for master[0]@0", "b: call for master[0]@0", "function with ab",
				fmt.Sprintf("b: called, %v", c.told), fmt.Sprintf("a: called, %v", c.told),
				fmt.Sprintf("b: ended, %v, %d calls", c.ends, calls), fmt.Sprintf("a: ended, %v, %d calls", c.ends, calls))
		})
	}
}

// An observer that refuses keeps the run from beginning: nothing is opened, and those before it learn that the run is
// over.
func TestAnObserverRefuses(t *testing.T) {
	tr := pair([]int{1}, []int{1})
	var l told
	spec := tr.spec(tr.storage())
	spec.Source = nil // whoever opens it panics
	refused := observe.Func(func(context.Context, observe.Run) (observe.Watch, error) {
		end := func(error) { t.Error("the run has not begun for who has refused it") }
		return observe.Watch{End: end}, errors.New("not today")
	})
	spec.Observers = []observe.Observer{l.observer("a"), refused, l.observer("b")}
	if err := engine.Run(t.Context(), spec, nil); fmt.Sprint(err) != "not today" {
		t.Errorf("the run returns %v", err)
	}
	l.check(t, "a: test begins with 2 nodes", "a: ended, not today, 0 calls")
}

// What observers leave out is as if they weren't there.
func TestAnObserverThatWantsLittle(t *testing.T) {
	tr := pair([]int{1}, []int{1})
	b := tr.storage()
	tr.fill(t, b)
	var l told
	spec := tr.spec(b)
	spec.Observers = []observe.Observer{
		l.observer("a"),
		observe.Func(func(context.Context, observe.Run) (observe.Watch, error) {
			return observe.Watch{
				Call:   func(context.Context, observe.Call) (context.Context, func(error)) { return nil, nil },
				Commit: func(context.Context, observe.Commit) (context.Context, func(error)) { return nil, nil },
			}, nil
		}),
	}
	spec.NewFunction = func() engine.Function { return &marked{&l, nil} }
	run(t, spec)
	l.check(t, "a: test begins with 2 nodes", "a: call for master[0]@0", "function with a", "a: called, <nil>",
		"a: ended, <nil>, 1 calls")
}

// A panic of an observer is an error: of the call, which goes by the policy, or of the run.
func TestObserversMayPanic(t *testing.T) {
	type hook = func(context.Context) (context.Context, func(error))
	before := func(ctx context.Context) (context.Context, func(error)) { panic("before") }
	behind := func(ctx context.Context) (context.Context, func(error)) { return ctx, func(error) { panic("behind") } }
	for name, h := range map[string]hook{"before": before, "behind": behind} {
		for _, of := range []string{"call", "commit"} {
			t.Run(name+" a "+of, func(t *testing.T) {
				tr := pair([]int{1}, []int{1})
				b := tr.storage()
				tr.fill(t, b)
				spec := tr.spec(b)
				spec.OnError = engine.Policy{Kind: engine.Skip}
				spec.Observers = []observe.Observer{observe.Func(func(context.Context, observe.Run) (observe.Watch, error) {
					if of == "commit" {
						return observe.Watch{
							Commit: func(ctx context.Context, _ observe.Commit) (context.Context, func(error)) { return h(ctx) },
						}, nil
					}
					return observe.Watch{
						Call: func(ctx context.Context, _ observe.Call) (context.Context, func(error)) { return h(ctx) },
					}, nil
				})}
				stats := &engine.Stats{}
				err := engine.Run(t.Context(), spec, stats)
				if of == "call" {
					if err != nil || stats.Failed.Load() != 1 || len(outputs(t, b)) != 0 {
						t.Errorf("the run returns %v, %d calls have failed, results %v", err, stats.Failed.Load(), outputs(t, b))
					}
					return
				}
				if err == nil || !strings.HasPrefix(err.Error(), "an observer: panic: "+name) {
					t.Errorf("the run returns %v", err)
				}
			})
		}
	}
}

// What costs a run something is there only where an observer wants it.
func TestObserversPayForWhatTheyWant(t *testing.T) {
	for _, wants := range []observe.Watch{{}, {CallTime: true}, {Recent: true}} {
		tr := pair([]int{1, 2}, []int{1, 3})
		b := tr.storage()
		tr.fill(t, b)
		spec := tr.spec(b)
		spec.Observers = []observe.Observer{observe.Func(func(context.Context, observe.Run) (observe.Watch, error) {
			return wants, nil
		})}
		stats := run(t, spec)
		s := stats.Snapshot()
		if got := s.CallTime.Count == 1; got != wants.CallTime {
			t.Errorf("%+v: calls were timed: %v", wants, got)
		}
		if got := len(s.Recent) > 0; got != wants.Recent {
			t.Errorf("%+v: there are recent elements: %v", wants, got)
		}
		if !wants.Recent {
			continue
		}
		i := slices.IndexFunc(s.Recent, func(u observe.Unmatched) bool { return u.Node == "master" })
		if i < 0 {
			t.Fatalf("the master at 2 isn't among %+v", s.Recent)
		}
		u := s.Recent[i]
		if u.Verdict != observe.Gap || u.Stream != "master" || u.Offset != 1 || u.Other != "child" ||
			u.Key != 2 || u.Before != 1 || u.After != 3 || u.Value.(*item).Down[0] != 2 {
			t.Errorf("the master at 2 is %+v", u)
		}
	}
}
