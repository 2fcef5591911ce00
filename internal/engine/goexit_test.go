package engine_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// exitsAt ends the goroutine, as t.FailNow does, at the item given.
func exitsAt(id int) func(item any) {
	return func(e any) {
		if e.(*item).ID == id {
			runtime.Goexit()
		}
	}
}

// R10: code of the user that ends its goroutine stops the run with an error that says so and where, wherever it is
// called, and what was finished before is committed.
func TestR10Goexit(t *testing.T) {
	const at = 9
	exit := exitsAt(at)
	key := func(side func(e any)) func(e any) (int, error) {
		return func(e any) (int, error) { side(e); return e.(*item).Up, nil }
	}
	none := func(any) {}
	edge := func(left, right func(e any)) func() engine.Edge {
		return engine.KeyEdge(key(left), key(right), cmp.Compare[int], false)
	}
	tests := []struct {
		name    string
		prepare func(spec *engine.Spec)
		says    string // where, beside how
	}{
		{"function", func(spec *engine.Spec) {
			spec.NewFunction = func() engine.Function {
				return &function{before: func(c *engine.Call) error { exit(c.Masters[0].Value); return nil }}
			}
		}, "master[0]@9: function"},
		{"function that has returned results", func(spec *engine.Spec) {
			spec.NewFunction = func() engine.Function {
				return &function{after: func(c *engine.Call) error { exit(c.Masters[0].Value); return nil }}
			}
		}, "master[0]@9: function"},
		{"left key", func(spec *engine.Spec) { spec.Master.Children[0].NewEdge = edge(exit, none) }, "master[0]@9"},
		{"right key", func(spec *engine.Spec) { spec.Master.Children[0].NewEdge = edge(none, exit) }, "child[0]@9"},
		{"comparison", func(spec *engine.Spec) {
			spec.Master.Copied, spec.Master.Children[0].Copied = false, false // the edge keeps elements
			spec.Master.Children[0].NewEdge = engine.FuncEdge(func(left, right any) (int, error) {
				exit(left)
				return cmp.Compare(left.(*item).ID, right.(*item).ID), nil
			}, false)
		}, "master[0]@9"},
		{"window key", func(spec *engine.Spec) {
			spec.Window = &engine.Window{NewKey: func() func(any) (bool, error) {
				return func(master any) (bool, error) { exit(master); return true, nil }
			}}
		}, "master[0]@9"},
		{"result", func(spec *engine.Spec) {
			spec.Outputs[0].Codec = misbehaving{spec.Outputs[0].Codec, `"call":"9[9]"`, runtime.Goexit}
		}, "master[0]@9: function"},
		{"element", func(spec *engine.Spec) {
			spec.Master.Stream.Codec = misbehaving{spec.Master.Stream.Codec, `"id":9,`, runtime.Goexit}
		}, "master[0]@9"},
	}
	for _, test := range tests {
		for _, concurrency := range []int{1, 2, 4} {
			t.Run(fmt.Sprintf("%s, concurrency %d", test.name, concurrency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { // a run that hangs fails
					numbers := make([]int, 100)
					for i := range numbers {
						numbers[i] = i
					}
					tr := pair(numbers, numbers)
					b := tr.storage(memory.Batch(3))
					tr.fill(t, b)
					spec := tr.spec(b)
					spec.Concurrency = concurrency
					test.prepare(spec)
					err := engine.Run(t.Context(), spec, nil)
					expectGoexit(t, err, test.says)
					want := calls(at)
					if got := outputs(t, b); strings.HasSuffix(test.says, "function") && !slices.Equal(got, want) {
						t.Errorf("committed are %q, want %q", got, want)
					} else if !isPrefix(got, want) {
						t.Errorf("committed are %q, want what comes before the call", got)
					}
				})
			})
		}
	}
}

// calls returns what the first n calls of a pair of equal streams return.
func calls(n int) []string {
	calls := make([]string, n)
	for i := range calls {
		calls[i] = fmt.Sprintf("%d[%d]", i, i)
	}
	return calls
}

func isPrefix(got, want []string) bool {
	return len(got) <= len(want) && slices.Equal(got, want[:len(got)])
}

func expectGoexit(t *testing.T, err error, says string) {
	t.Helper()
	var exited *engine.GoexitError
	if !errors.As(err, &exited) || !strings.Contains(exited.Where, "_test.go") || !strings.Contains(err.Error(), says) {
		t.Errorf("the run returns %v, want an error about the goroutine's end at a line of the test, with %q", err, says)
	}
}

// misbehaving is a codec with methods of the user that do something else at what has a text in it.
type misbehaving struct {
	codec.Codec
	at     string
	behave func()
}

func (c misbehaving) Decoder(t reflect.Type) (codec.Decode, error) {
	decode, err := c.Codec.Decoder(t)
	return func(data []byte, element any) error {
		if strings.Contains(string(data), c.at) {
			c.behave()
		}
		return decode(data, element)
	}, err
}

func (c misbehaving) Encoder(t reflect.Type) (codec.Encode, error) {
	encode, err := c.Codec.Encoder(t)
	return func(dst []byte, element any) ([]byte, error) {
		data, err := encode(dst, element)
		if strings.Contains(string(data[len(dst):]), c.at) {
			c.behave()
		}
		return data, err
	}, err
}

// The same for who is told of what is unmatched, during the session and at its end.
func TestR10GoexitInOnUnmatched(t *testing.T) {
	for _, test := range []struct {
		name          string
		master, child []int
	}{
		{"between calls", []int{1, 2, 3, 4}, []int{1, 3, 4}},
		{"at the end", []int{1, 2}, []int{1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := pair(test.master, test.child)
			b := tr.storage()
			tr.fill(t, b)
			spec := tr.spec(b)
			told := 0
			spec.OnUnmatched = func(*observe.Unmatched) { told++; runtime.Goexit() }
			expectGoexit(t, engine.Run(t.Context(), spec, nil), "master[0]@1: OnUnmatched")
			if told != 1 {
				t.Errorf("it was told %d times", told)
			}
			spec.OnUnmatched = func(*observe.Unmatched) { told++ }
			run(t, spec)
			if got := outputs(t, b); len(got) != len(test.child) || told != 2 {
				t.Errorf("the next run has come to %q and told %d times", got, told-1)
			}
		})
	}
}

// The same for a storage of the user's: a test's, which calls t.FailNow.
func TestR10GoexitInAStorage(t *testing.T) {
	for _, test := range []struct {
		name string
		wrap func(spec *engine.Spec, b *memory.Broker)
	}{
		{"read", func(spec *engine.Spec, b *memory.Broker) { spec.Source = exitingSource{b} }},
		{"commit", func(spec *engine.Spec, b *memory.Broker) { spec.Sink = exitingSink{b} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := pair([]int{1, 2}, []int{1, 2})
				b := tr.storage(memory.Pace(broker.Pace{Interval: time.Millisecond}))
				tr.fill(t, b)
				spec := tr.spec(b)
				test.wrap(spec, b)
				expectGoexit(t, engine.Run(t.Context(), spec, nil), "")
			})
		})
	}
}

type (
	exitingSource struct{ *memory.Broker }
	exitingInput  struct{ broker.Input }
	exitingReader struct{ broker.Reader }
	exitingSink   struct{ *memory.Broker }
	exitingOutput struct{ broker.Output }
)

func (s exitingSource) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := s.Broker.OpenSource(ctx, job)
	return exitingInput{in}, err
}

func (in exitingInput) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := in.Input.Reader(ctx, node, partition, from)
	return exitingReader{r}, err
}

func (exitingReader) Read(context.Context) ([]broker.Record, error) {
	runtime.Goexit()
	return nil, nil
}

func (s exitingSink) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	out, err := s.Broker.OpenSink(ctx, job)
	return exitingOutput{out}, err
}

func (exitingOutput) Commit(context.Context, []broker.Commit) error {
	runtime.Goexit()
	return nil
}

// R10: a record is undecodable, too, where a method of the user's panics about it.
func TestR10CodecPanics(t *testing.T) {
	for _, kind := range []engine.PolicyKind{engine.Fail, engine.Skip} {
		tr := &tree{name: "master", items: keys(0, 1, 2, 3)}
		b := tr.storage()
		tr.fill(t, b)
		spec := tr.spec(b)
		spec.Master.Stream.Codec = misbehaving{spec.Master.Stream.Codec, `"id":1,`, func() { panic("no ones") }}
		spec.OnDecode.Kind = kind
		stats := &engine.Stats{}
		err := engine.Run(t.Context(), spec, stats)
		if kind == engine.Skip {
			must(t, err)
			expect(t, b, "0", "2")
			if skipped := totals(stats)[0].Skipped; skipped != 1 {
				t.Errorf("%d skipped, want 1", skipped)
			}
			continue
		}
		expect(t, b, "0")
		if err == nil || !strings.Contains(err.Error(), "master[0]@1: panic: no ones") {
			t.Errorf("the run returns %v", err)
		}
	}
}
