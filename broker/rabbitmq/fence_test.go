package rabbitmq_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
)

// opened is a sink with the two outputs "left" and "right", and partition 0 claimed.
type opened struct {
	*space
	broker.Output
	kept broker.Progress
}

// open opens the sink for a run of its own.
func (s *space) open(url string) *opened {
	s.Helper()
	b := rabbitmq.New(url, rabbitmq.Name(s.prefix), rabbitmq.Stream[string](s.name("left")),
		rabbitmq.Stream[string](s.name("right")))
	out, err := b.OpenSink(s.Context(), &broker.Job{Name: "fence", Outputs: b.Streams(), Partitions: 1,
		Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	s.Cleanup(func() { _ = out.Close() })
	kept, err := out.(broker.Claimer).Claim(s.Context(), 0)
	s.must(err)
	return &opened{s, out, kept}
}

// commitOf makes the n-th commit: two results for each output.
func commitOf(n int, by string) []broker.Commit {
	c := broker.Commit{Progress: broker.Progress{Nodes: []broker.Rewind{{Node: "n", Offset: int64(n)}}}}
	for i := range 4 {
		c.Results = append(c.Results, broker.Result{Stream: i % 2, Value: fmt.Appendf(nil, "%q", result(n, i/2, by))})
	}
	return []broker.Commit{c}
}

func result(n, i int, by string) string { return fmt.Sprintf("%d.%d by %s", n, i, by) }

// expect compares both outputs with the commits of those who made them.
func (s *space) expect(by ...string) {
	s.Helper()
	var want []string
	for n, who := range by {
		for i := range 2 {
			want = append(want, fmt.Sprintf("%q", result(n, i, who)))
		}
	}
	for _, output := range []string{"left", "right"} {
		if got := s.read(output); !slices.Equal(got, want) {
			s.Errorf("%s holds\n%v, wanted\n%v", output, got, want)
		}
	}
}

// A run that was cut off within a commit, wherever that is, leaves nothing in the outputs that the next one wouldn't
// complete: the parts of a commit in several streams are one.
func TestTornCommit(t *testing.T) {
	for n := range 4 { // frames: the entry in the journal, left, right, the next entry
		t.Run(fmt.Sprint("behind frame ", n), func(t *testing.T) {
			s := newSpace(t)
			p := s.proxy()
			first := s.open(p.url())
			s.must(first.Commit(t.Context(), commitOf(0, "A")))
			p.hold(n)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			err := first.Commit(ctx, commitOf(1, "A"))
			if n < 3 && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the commit that is held back returns %v", err)
			}
			p.cut()
			second := s.open(s.url)
			offset := second.kept.Nodes[0].Offset
			if wantKept := int64(min(n, 1)); offset != wantKept {
				t.Errorf("the next run goes on at %d, not %d", offset, wantKept)
			}
			s.expect([]string{"A", "A"}[:offset+1]...)
			p.release()
			s.must(second.Commit(t.Context(), commitOf(int(offset)+1, "B")))
			s.expect(append([]string{"A", "A"}[:offset+1], "B")...)
		})
	}
}

// What a run has sent adds nothing behind a takeover, even if it comes only then: here it lies in the network while the
// other one goes on.
func TestBytesUnderWay(t *testing.T) {
	for n, frames := range []string{"the entry in the journal", "the first output", "the second output"} {
		t.Run(frames, func(t *testing.T) {
			s := newSpace(t)
			p := s.proxy()
			first := s.open(p.url())
			s.must(first.Commit(t.Context(), commitOf(0, "A")))
			p.hold(n)
			done := make(chan error, 1)
			go func() { done <- first.Commit(t.Context(), commitOf(1, "A")) }()
			<-p.held

			second := s.open(s.url)
			by := []string{"A", "A"}[:second.kept.Nodes[0].Offset+1]
			for range 3 {
				s.must(second.Commit(t.Context(), commitOf(len(by), "B")))
				by = append(by, "B")
			}
			p.release()
			err := <-done
			switch {
			case n == 0 && !errors.Is(err, broker.ErrTakenOver):
				t.Errorf("a commit that came to the journal too late returns %v", err)
			case n > 0 && err != nil: // it was in the journal before, and the second run has completed it
				t.Errorf("a commit that the journal had in time returns %v", err)
			}
			if err := first.Commit(t.Context(), commitOf(2, "A")); !errors.Is(err, broker.ErrTakenOver) {
				t.Errorf("the next commit returns %v", err)
			}
			s.expect(by...)
			s.must(second.Commit(t.Context(), commitOf(len(by), "B")))
			s.expect(append(by, "B")...)
		})
	}
}

// A run whose connection is cut anywhere within a commit goes on, and makes it once.
func TestCutWithinCommit(t *testing.T) {
	s := newSpace(t)
	p := s.proxy()
	out := s.open(p.url())
	var by []string
	for n := range 8 {
		p.cutAfter(n % 4)
		for {
			err := out.Commit(t.Context(), commitOf(n, "A"))
			if err == nil {
				break
			}
			if !errors.Is(err, broker.ErrAborted) {
				t.Fatalf("commit %d: %v", n, err)
			}
		}
		by = append(by, "A")
		s.expect(by...)
	}
}

// A commit that is larger than a message takes several entries in the journal, and is one.
func TestLargeCommit(t *testing.T) {
	s := newSpace(t)
	out := s.open(s.url)
	noise := uint64(1)
	var want []string
	for n := range 2 {
		c := broker.Commit{Progress: broker.Progress{Sessions: int64(n)}}
		for range 5_000 {
			text := make([]byte, 500)
			for i := range text { // that it can't be compressed
				noise = noise*6364136223846793005 + 1442695040888963407
				text[i] = '#' + byte(noise>>58)
			}
			want = append(want, string(text))
			c.Results = append(c.Results, broker.Result{Stream: 1, Value: text})
		}
		s.must(out.Commit(t.Context(), []broker.Commit{c}))
	}
	if got := s.read("right"); !slices.Equal(got, want) {
		t.Errorf("of %d results, %d are there, or others", len(want), len(got))
	}
	s.must(out.Close())
	if next := s.open(s.url); next.kept.Sessions != 1 {
		t.Errorf("the next run goes on at %+v", next.kept)
	}
	if got := s.read("right"); len(got) != len(want) {
		t.Errorf("the next run has added to the %d results: there are %d", len(want), len(got))
	}
}

// Runs that got no further than to open the journal leave entries at its end that don't say where to begin. The next one
// doesn't begin at the beginning for that: it would take longer with each of them.
func TestOpeningBehindThoseThatGotNoFurther(t *testing.T) {
	for _, failures := range []int{1, 50} {
		t.Run(fmt.Sprint(failures), func(t *testing.T) {
			s := newSpace(t)
			p := s.proxy()
			first := s.open(s.url)
			const size = 1 << 20
			for n := range 20 {
				c := commitOf(n, "A")
				text := make([]byte, size/2)
				_, _ = rand.Read(text)
				c[0].Results[0].Value = fmt.Appendf(nil, "%q", hex.EncodeToString(text))
				s.must(first.Commit(t.Context(), c))
			}
			s.must(first.Close())
			for range failures {
				s.openInVain(p)
			}
			before := p.answered.Load()
			next := s.open(p.url())
			if read := p.answered.Load() - before; read > 12*size {
				t.Errorf("%d bytes were read, of a journal that has 20 MiB", read)
			}
			if at := next.kept.Nodes[0].Offset; at != 19 {
				t.Errorf("the positions are those of commit %d", at)
			}
		})
	}
}

// openInVain opens the journal, and loses the connection before anything is claimed.
func (s *space) openInVain(p *proxy) {
	s.Helper()
	b := rabbitmq.New(p.url(), rabbitmq.Name(s.prefix), rabbitmq.Stream[string](s.name("left")),
		rabbitmq.Stream[string](s.name("right")))
	out, err := b.OpenSink(s.Context(), &broker.Job{Name: "fence", Outputs: b.Streams(), Partitions: 1,
		Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	p.hold(0) // behind the entry that opening adds
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	go func() {
		<-p.held
		cancel()
	}()
	if _, err := out.(broker.Claimer).Claim(ctx, 0); !errors.Is(err, context.Canceled) {
		s.Errorf("a claim that is held back returns %v", err)
	}
	p.cut()
	p.release()
	s.must(out.Close())
}
