package campaign

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/wait"
)

const (
	// loadTick is the time between two writes of some input.
	loadTick = 50 * time.Millisecond
	// maxAhead is how many sessions the input may be ahead of the results.
	maxAhead = 3
	// attemptTimeout is how long one write of the input, or one look at the output, may take: a server that was killed in
	// between may never answer.
	attemptTimeout = 5 * time.Second
	retryPause     = 100 * time.Millisecond
)

// A load writes the input, session after session, until it is told which one is the last. It is safe for concurrent use.
type load struct {
	plan    workload.Plan
	rate    int
	marks   bool
	storage storage
	// numbers counts what each stream has, marks included.
	numbers []int

	mu sync.Mutex
	// session is being written, verified are those whose results were, and last is the number of the last one, -1 before it
	// is known.
	session, verified, last int
}

func newLoad(c *Config, k kind, s storage) *load {
	return &load{plan: c.plan(k), rate: c.Rate, marks: k.marks, storage: s, numbers: make([]int, len(workload.Inputs())),
		last: -1}
}

// run writes until the last session is there.
func (l *load) run(ctx context.Context) error {
	random := rand.New(rand.NewPCG(l.plan.Seed, 1))
	for session := 0; l.next(session); session++ {
		data := l.plan.Input(0, session)
		if err := l.write(ctx, random, data); err != nil {
			return err
		}
	}
	if l.marks {
		return nil
	}
	for stream, elements := range l.plan.Closing(l.lastSession()) {
		if err := l.append(ctx, stream, pointers(elements)); err != nil {
			return err
		}
	}
	return nil
}

// write writes a session, with a mark behind each stream where there are marks. Streams grow by chance, so that now one is
// ahead and now another.
func (l *load) write(ctx context.Context, random *rand.Rand, data workload.Session) error {
	var left [len(data)][]*workload.Element
	for stream := range data {
		left[stream] = pointers(data[stream])
		if l.marks {
			left[stream] = append(left[stream], nil)
		}
	}
	mean := max(1, l.rate*int(loadTick/time.Millisecond)/1000)
	for len(left[0])+len(left[1])+len(left[2]) > 0 {
		if err := wait.For(ctx, loadTick); err != nil {
			return err
		}
		if l.ahead() {
			continue
		}
		for stream := range left {
			n := min(random.IntN(2*mean+1), len(left[stream]))
			if err := l.append(ctx, stream, left[stream][:n]); err != nil {
				return err
			}
			left[stream] = left[stream][n:]
		}
	}
	return nil
}

func pointers(elements []workload.Element) (all []*workload.Element) {
	for i := range elements {
		all = append(all, &elements[i])
	}
	return all
}

// append adds to a stream, and tries again where the server doesn't answer.
func (l *load) append(ctx context.Context, stream int, elements []*workload.Element) error {
	if len(elements) == 0 {
		return nil
	}
	for begin := time.Now(); ; {
		limited, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := l.storage.append(limited, workload.Inputs()[stream], l.numbers[stream], elements)
		cancel()
		switch {
		case err == nil:
			l.numbers[stream] += len(elements)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Since(begin) > stallTimeout:
			return fmt.Errorf("write the input %s: %w", workload.Inputs()[stream], err)
		}
		if err := wait.For(ctx, retryPause); err != nil {
			return err
		}
	}
}

// next notes that a session begins; false says that there is none any more.
func (l *load) next(session int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last >= 0 && session > l.last {
		return false
	}
	l.session = session
	return true
}

// ahead tells whether the input must wait for its results.
func (l *load) ahead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session >= l.verified+maxAhead
}

// ended notes that so many sessions were verified.
func (l *load) ended(sessions int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.verified = sessions
}

// finish makes the session that is written now the last one.
func (l *load) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = l.session
}

func (l *load) lastSession() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// complete tells whether all sessions were verified.
func (l *load) complete() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last >= 0 && l.verified > l.last
}
