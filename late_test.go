package leat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/memory"
)

// lateCases are streams whose clock jumps, or whose elements come later than they may: what takes part, in its order, and what
// doesn't. A sort holds what jumps ahead back until the clock has gone on from there.
var lateCases = []struct {
	name        string
	times       []int
	lateness    int // negative without a sort
	taken, late []int
	// keys are what the error of the first late one says.
	keys []string
}{
	{"ahead", []int{1, 2, 1000, 3, 4, 1001}, -1, []int{1, 2, 1000, 1001}, []int{3, 4}, []string{"3", "1000"}},
	{"back", []int{10, 11, 2, 3, 12}, -1, []int{10, 11, 12}, []int{2, 3}, []string{"2", "11"}},
	{"ahead for a moment, sorted", []int{1, 2, 1000, 3, 4, 1001, 5}, 5, []int{1, 2, 3, 4, 5, 1000, 1001}, nil, nil},
	{"ahead for good, sorted", []int{1, 2, 1000, 1006, 3, 4, 1007}, 5, []int{1, 2, 1000, 1006, 1007}, []int{3, 4},
		[]string{"3", "1000"}},
	{"back, sorted", []int{10, 11, 20, 2, 3, 21, 30}, 5, []int{10, 11, 20, 21, 30}, []int{2, 3}, []string{"2", "11"}},
	{"later than it may be", []int{1, 6, 3, 9, 2, 12}, 3, []int{1, 3, 6, 9, 12}, []int{2}, []string{"2", "6"}},
}

// R7, R12: what comes too late, or after a clock has jumped, goes by the policy, on each storage, at the master and below it: the run
// stops with both keys and the place, or each such element is put aside once, and all else is joined. A run that stopped
// goes on as one with the other policy would have gone on.
func TestLateElements(t *testing.T) {
	for _, c := range lateCases {
		for _, isChild := range []bool{false, true} {
			for _, storage := range []string{"memory", "files"} {
				for _, policy := range []leat.Policy{leat.Fail, leat.Skip, leat.DeadLetter} {
					t.Run(fmt.Sprintf("%s, child %v, %s, %v", c.name, isChild, storage, policy), func(t *testing.T) {
						l := lateRun{isChild: isChild, times: c.times}
						if storage == "memory" {
							l.inMemory(t)
						} else {
							l.inFiles(t)
						}
						options := []leat.Option{leat.OnDisorder(policy)}
						if c.lateness >= 0 {
							options = append(options, leat.Sort(tickTime, c.lateness))
						}
						err := l.run(t, options...)
						if policy == leat.Fail && len(c.late) > 0 {
							for _, want := range append(c.keys, "ticks", fmt.Sprint(slices.Index(c.times, c.late[0]))) {
								if err == nil || !strings.Contains(err.Error(), want) {
									t.Errorf("the error is %v, want %q in it", err, want)
								}
							}
							if err == nil || l.memory == nil {
								return // files keep no positions
							}
							err = l.run(t, append(options[1:], leat.OnDisorder(leat.DeadLetter))...)
						}
						if err != nil {
							t.Fatal(err)
						}
						if got := l.results(t); !slices.Equal(got, c.taken) {
							t.Errorf("got %v, want %v", got, c.taken)
						}
						want := c.late
						if policy == leat.Skip {
							want = nil
						}
						if got := l.letters(t); !slices.Equal(got, want) {
							t.Errorf("letters about %v, want %v", got, want)
						}
					})
				}
			}
		}
	}
}

// A lateRun is a mill over ticks, above or below orders, in a storage.
type lateRun struct {
	isChild bool
	times   []int
	memory  *memory.Broker // nil for files
	dir     string
}

func (l *lateRun) inMemory(t *testing.T) {
	l.memory = memory.New(memory.Stream[tick]("ticks"), memory.Stream[order]("orders"), memory.Stream[Fill]("fills"),
		memory.Stream[leat.Letter]("letters"))
	for _, at := range l.times {
		if err := memory.Append(l.memory, "ticks", 0, tick{Time: at}); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range slices.Sorted(slices.Values(l.times)) {
		if err := memory.Append(l.memory, "orders", 0, order{at}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"ticks", "orders"} {
		if err := l.memory.End(name); err != nil {
			t.Fatal(err)
		}
	}
}

func (l *lateRun) inFiles(t *testing.T) {
	l.dir = t.TempDir()
	write := func(name string, times []int) {
		var lines strings.Builder
		for _, at := range times {
			fmt.Fprintf(&lines, "{\"time\":%d}\n", at)
		}
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ticks.jsonl", l.times)
	write("orders.jsonl", slices.Sorted(slices.Values(l.times)))
}

// run runs the mill to the end of its session.
func (l *lateRun) run(t *testing.T, options ...leat.Option) error {
	t.Helper()
	if l.memory != nil {
		options = append(options, leat.Broker(l.memory))
	} else {
		at := func(name string) string { return filepath.Join(l.dir, name) }
		options = append(options, leat.Broker(file.New(file.At[tick](at("ticks.jsonl")), file.At[order](at("orders.jsonl")),
			file.At[Fill](at("fills.jsonl")), file.At[leat.Letter](at("letters.jsonl")))))
	}
	var fn any = func(t tick, _ order) Fill { return Fill{fmt.Sprint(t.Time)} }
	join := leat.Join(tickTime, orderTime, leat.Last())
	if l.isChild {
		fn = func(_ order, ticks []tick) Fill { return Fill{fmt.Sprint(ticks[0].Time)} }
		join = leat.Join(orderTime, tickTime)
	}
	options = append(options, join, leat.Logger(slog.New(slog.DiscardHandler)))
	mill, err := leat.New(fn, options...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	return mill.Run(ctx)
}

// results are the times that were handed over.
func (l *lateRun) results(t *testing.T) (times []int) {
	for _, f := range lateElements[Fill](t, l, "fills") {
		var at int
		if _, err := fmt.Sscan(f.Text, &at); err != nil {
			t.Fatal(err)
		}
		times = append(times, at)
	}
	return times
}

// letters are the times that were put aside.
func (l *lateRun) letters(t *testing.T) (times []int) {
	for _, letter := range lateElements[leat.Letter](t, l, "letters") {
		var element tick
		if err := json.Unmarshal(letter.Element, &element); err != nil {
			t.Fatal(err)
		}
		times = append(times, element.Time)
	}
	return times
}

// lateElements are what a stream has got.
func lateElements[T any](t *testing.T, l *lateRun, stream string) (elements []T) {
	t.Helper()
	if l.memory != nil {
		elements, err := memory.Elements[T](l.memory, stream, 0)
		if err != nil {
			t.Fatal(err)
		}
		return elements
	}
	text, err := os.ReadFile(filepath.Join(l.dir, stream+".jsonl"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a policy that writes no letters makes no file of them
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var e T
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		elements = append(elements, e)
	}
	return elements
}
