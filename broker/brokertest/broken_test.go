package brokertest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker"
)

// A broken storage is the memory storage with one thing wrong. The suite's check must fail, and say what the contract
// demands.
type broken struct {
	what  string
	check string
	says  string
	bend  bend
}

// A bend replaces parts of a storage; nil fields leave them as they are.
type bend struct {
	source func(inner broker.Source) broker.Source
	input  func(inner broker.Input) broker.Input
	reader func(inner broker.Reader) broker.Reader
	output func(inner broker.Output) broker.Output
	// guarantee is the sink's, ExactlyOnce where it isn't set.
	guarantee broker.Guarantee
}

func allBroken() []broken {
	return slices.Concat(brokenReaders(), brokenInputs(), brokenOutputs(), brokenAtEnd(), brokenFences(), brokenPositions())
}

func TestSuiteFindsWhatIsBroken(t *testing.T) {
	for _, b := range allBroken() {
		t.Run(strings.ReplaceAll(b.what, " ", "_"), func(t *testing.T) {
			failures := judge(t, b.check, bent(b.bend))
			if len(failures) == 0 {
				t.Fatalf("the check %s passes although the storage is broken: %s", b.check, b.what)
			}
			if all := strings.Join(failures, "\n"); !strings.Contains(all, b.says) {
				t.Errorf("the check fails as it must, but doesn't say %q:\n%s", b.says, all)
			}
		})
	}
}

// Every check that applies to the memory storage, or to one that shows its results at the end, finds something.
func TestEveryCheckIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, b := range allBroken() {
		tested[b.check] = true
	}
	for _, c := range checks() {
		if !tested[c.name] {
			t.Errorf("no broken storage makes the check %s fail", c.name)
		}
	}
}

// judge runs one check and returns its failures. Time is simulated, so that a storage that hangs takes none; only the
// check that has two goroutines race takes place in real time.
func judge(t *testing.T, name string, h Harness) []string {
	i := slices.IndexFunc(checks(), func(c check) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("there is no check %q", name)
	}
	record := &recorder{TB: t}
	run := func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			checks()[i].run(record, h)
		}()
		<-done
	}
	if name == "Commit/PartitionsTogether" {
		run()
	} else {
		synctest.Test(t, func(*testing.T) {
			run()
			<-time.After(2 * anHour) // what ignores its context has returned by then
		})
	}
	return record.failures
}

// A recorder notes failures instead of failing the test.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
}

func (r *recorder) note(message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, message)
}

func (r *recorder) Error(args ...any)                 { r.note(fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.note(fmt.Sprintf(format, args...)) }
func (r *recorder) Fatal(args ...any)                 { r.note(fmt.Sprint(args...)); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) {
	r.note(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// bent is the harness of a memory storage with something replaced. It has all that the suite checks.
func bent(b bend) Harness {
	h := withValues(onMemory())
	whole := h.New
	h.New = func(t testing.TB, setup Setup) Storage {
		s := whole(t, setup)
		bend := &bentBroker{Source: s.Source, sink: s.Sink, bend: b}
		if b.source != nil {
			bend.Source = b.source(s.Source)
		}
		s.Source, s.Sink, s.Reopen = bend, bend, nil
		return s
	}
	return h
}

type bentBroker struct {
	broker.Source
	sink broker.Sink
	bend bend
}

func (b *bentBroker) Guarantee() broker.Guarantee { return b.bend.guarantee }

func (b *bentBroker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := b.Source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	if b.bend.reader != nil {
		in = &bentInput{valuedInput: in.(*valuedInput), reader: b.bend.reader}
	}
	if b.bend.input != nil {
		in = b.bend.input(in)
	}
	return in, nil
}

func (b *bentBroker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	out, err := b.sink.OpenSink(ctx, job)
	if err != nil || b.bend.output == nil {
		return out, err
	}
	return b.bend.output(out), nil
}

type bentInput struct {
	*valuedInput
	reader func(broker.Reader) broker.Reader
}

func (in *bentInput) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := in.valuedInput.Reader(ctx, node, partition, from)
	if err != nil {
		return nil, err
	}
	return in.reader(r), nil
}
