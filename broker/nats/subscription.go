package nats

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// inactive is how long the server keeps the consumer of a reader that doesn't ask for more.
	inactive = 5 * time.Minute
	// heartbeat is how often the server says that it is there while there are no messages.
	heartbeat = 5 * time.Second
	// prefetch is how many messages are under way at a time, and prefetchBytes how many bytes of them.
	prefetch, prefetchBytes = 1000, 8 << 20
)

// errAgain marks what a new consumer mends.
var errAgain = errors.New("the consumer was lost")

// errGap says that messages were sent, and have not arrived.
var errGap = errors.New("messages were lost on the way")

// An arrival is a message that has come.
type arrival struct {
	jetstream.Msg
	sequence uint64
	time     time.Time
	// pending is how many messages of the subject were behind it when it was sent.
	pending uint64
	// sure says that it was sent as soon as it was stored, so that none can have been removed between it and the one
	// before.
	sure bool
}

// A subscription gets the messages of one consumer. How many it holds is limited: where there is no room it stops to
// ask for more. Messages are handed over in lists: to wake the reader for each would take longer than to read it.
type subscription struct {
	consumer jetstream.Consumer
	context  jetstream.ConsumeContext

	mu sync.Mutex
	// arrived holds what has come and wasn't taken, up to batchSize messages.
	arrived []arrival
	// ready signals that there is something again, and room that what had arrived was taken.
	ready, room chan struct{}

	// failed gets the error that ends it, once.
	failed chan error
	closed chan struct{}
	end    sync.Once

	// What follows is of the goroutine that the messages come in.
	last    uint64 // the consumer's number of the last message
	pending uint64
	waited  bool // since the last message, there was no room
}

// subscribe begins to ask for messages. It calls note before, for what the server may say of that.
func subscribe(consumer jetstream.Consumer, minBytes int, note func(string, *subscription)) (*subscription, error) {
	s := &subscription{consumer: consumer, ready: make(chan struct{}, 1), room: make(chan struct{}, 1),
		failed: make(chan error, 1), closed: make(chan struct{}), pending: 1}
	note(consumer.CachedInfo().Name, s)
	var err error
	s.context, err = consumer.Consume(s.handle,
		jetstream.PullMaxMessagesWithBytesLimit(prefetch, max(prefetchBytes, minBytes)),
		jetstream.PullHeartbeat(heartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { s.fail(err) }))
	return s, err
}

// handle is called for each message in turn.
func (s *subscription) handle(m jetstream.Msg) {
	about, err := m.Metadata()
	if err != nil {
		s.fail(fmt.Errorf("a message without its sequence: %w", err))
		return
	}
	if about.Sequence.Consumer != s.last+1 {
		s.fail(errGap)
		return
	}
	a := arrival{m, about.Sequence.Stream, about.Timestamp, about.NumPending, s.pending == 0 && !s.waited}
	s.last, s.pending, s.waited = about.Sequence.Consumer, about.NumPending, false
	for !s.put(a) {
		s.waited = true
		select {
		case <-s.room:
		case <-s.closed:
			return
		}
	}
}

// put adds a message where there is room.
func (s *subscription) put(a arrival) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.arrived) == batchSize {
		return false
	}
	s.arrived = append(s.arrived, a)
	if len(s.arrived) == 1 {
		signal(s.ready)
	}
	return true
}

// take returns what has arrived, and goes on with an empty list that the caller needs no more.
func (s *subscription) take(empty []arrival) (arrived []arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived, s.arrived = s.arrived, empty
	signal(s.room)
	return arrived
}

// signal wakes who waits, now or next.
func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// fail ends the subscription with an error. What arrives later is out of turn, and not taken.
func (s *subscription) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// close ends it, waits for what is under way, and returns the consumer's name.
func (s *subscription) close() string {
	s.end.Do(func() { close(s.closed) })
	s.context.Stop()
	<-s.context.Closed()
	return s.consumer.CachedInfo().Name
}
