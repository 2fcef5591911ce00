// Package engine joins: it is the streaming merge join over a join tree, the windows, the tasks and the commit loop. It
// knows storages by their contract in package broker only, and the user's function by [Function].
//
// The rules (R1, R2 …) that comments and tests cite are those of the design, section 2; ARCHITECTURE.md repeats them.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/observe"
)

// A Spec describes a mill to the engine. It is not changed by running and may be run again.
type Spec struct {
	Name   string
	Source broker.Source
	// Sink may be nil where there are no Outputs.
	Sink   broker.Sink
	Master *Node
	// Outputs are the streams of the results, in the order of Emit's output numbers. The stream for letters is among them
	// where a policy needs it.
	Outputs []broker.Stream
	// NewFunction makes the user's function as one goroutine calls it.
	NewFunction func() Function
	// Where describes in a plan which results the function leaves to be written; empty where all are.
	Where string
	// Window groups masters; nil where there is no window.
	Window *Window
	// Concurrency is how many calls of a task may run at a time; zero means one.
	Concurrency int
	// Pace says when there is enough to commit, by its Interval and Results; zero leaves either to the storage.
	Pace broker.Pace
	// Verify says that streams that end by themselves are read to their ends when the session ends, and that damage there
	// fails the run.
	Verify     bool
	OnDisorder Policy
	OnDecode   Policy
	OnError    Policy
	// Letter makes the element for what a DeadLetter policy puts aside, and LetterOutput is the index of its stream in
	// Outputs. Letter is nil where no policy is DeadLetter.
	Letter       func(Failure) any
	LetterOutput int
	// OnUnmatched is called with the elements that are not handed over, each once, but for those of which the run
	// ended before they were committed: the next one calls it again. Within a node they come in the order of the
	// stream. It may be nil.
	OnUnmatched func(*observe.Unmatched)
	// Unmatched makes the element for what is not handed over, and UnmatchedOutput is the index of its stream in Outputs:
	// each is written exactly as the results are. Unmatched is nil where they aren't written.
	Unmatched       func(*observe.Unmatched) any
	UnmatchedOutput int
	// Observers watch each run.
	Observers []observe.Observer
	Logger    *slog.Logger

	// callBatch fixes how many calls are submitted together, for tests; zero follows the pace of the calls.
	callBatch int64
	// feedAhead fixes how far feeds are ahead, for tests; zero is the constant of that name.
	feedAhead int
	// mostWaiting bounds what waits for a lateness, for tests; zero is the constant of that name.
	mostWaiting int64
}

// A Node is a node of the join tree.
type Node struct {
	// Name is unique in the tree.
	Name   string
	Stream broker.Stream
	// Sort puts the stream in order as it is read; nil where it is in order.
	Sort *Sort
	// Idle lets the join go on without the stream while that is idle; nil where it waits.
	Idle *Idle
	// Where reports whether an element, a *T, takes part; the stream is read as if the others weren't in it. It is nil
	// where all do, and must be safe for concurrent use. WhereText describes it in a plan.
	Where     func(element any) (bool, error)
	WhereText string
	// CameIn tells elements, each a *T, the records that they were decoded from, before anything else sees them; it is nil
	// where nobody asks. Those that couldn't be decoded are zero.
	CameIn func(elements []any, records []broker.Record, partition int)
	// NewEdge makes the edge to the parent for one task; nil for the master.
	NewEdge func() Edge
	// Unique promises at most one element per key and match keys.
	Unique bool
	// Take says which candidates match, and Need what becomes of a parent's element by its matches. Unequal says that
	// equal order keys are no match. A Take other than TakeAll, and Unequal, are for edges of ReachEdge.
	Take    Take
	Need    Need
	Unequal bool
	// Copied says that neither the function nor the edge keeps pointers to elements: their memory is used again.
	Copied bool
	// On describes the keys in a plan, for example "time + 10 == time", and How what else the edge says: "last within 5
	// before, optional".
	On, How string
	// Retained says in words what the node retains in memory at most, and Unbounded that this grows as the stream does.
	Retained  string
	Unbounded bool
	Children  []*Node
}

// AddWhere adds a condition to Where.
func (n *Node) AddWhere(where func(element any) (bool, error), text string) {
	before := n.Where
	if before == nil {
		n.Where, n.WhereText = where, text
		return
	}
	n.WhereText += " and " + text
	n.Where = func(element any) (bool, error) {
		if takesPart, err := before(element); !takesPart || err != nil {
			return false, err
		}
		return where(element)
	}
}

// Nodes returns n and all nodes below it, parents first, children in the order of their joins. This is the order of
// broker.Job.Inputs and of broker.Progress.Nodes.
func (n *Node) Nodes() []*Node {
	nodes := []*Node{n}
	for _, child := range n.Children {
		nodes = append(nodes, child.Nodes()...)
	}
	return nodes
}

// A Function is the user's function as the engine calls it. It is used by one goroutine at a time.
type Function interface {
	// Call calls the user's function for a complete master, or for a window of them, and gives each result to emit, in
	// order. The error is the function's; [EndOfStream] ends the session after what was emitted before.
	Call(ctx context.Context, call *Call, emit Emit) error
}

// Emit takes a result, a pointer to an element of the stream Spec.Outputs[output]. The element isn't used after it
// returns. Its error must be returned by Call.
type Emit func(output int, element any) error

// EndOfStream is what a function returns as its error to end the session.
var EndOfStream = errors.New("end of stream")

// IsEnd reports whether a function's error ends the session: it is [EndOfStream], which may be wrapped. Beside
// another error, in a list, that one counts, and a panic stops the run whatever its value is.
func IsEnd(err error) bool {
	if err == EndOfStream {
		return true
	}
	switch e := err.(type) {
	case *PanicError:
		return false
	case interface{ Unwrap() error }:
		return IsEnd(e.Unwrap())
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		return len(all) > 0 && !slices.ContainsFunc(all, func(one error) bool { return !IsEnd(one) })
	}
	return false
}

// A Call is what a function is called with.
type Call struct {
	// Masters holds the master element; all those of the window where there is one.
	Masters []Element
	// Partition is the task's.
	Partition int
	// Filtered is set by a function that has a result which isn't to be written: it is counted.
	Filtered bool
}

// An Element is an element in memory, with its matches.
type Element struct {
	// Value is a *T.
	Value any
	// Record is the record that it was decoded from. Its Value is nil unless a policy may need it.
	Record *broker.Record
	// Matches holds for each child of the element's node, in the order of the joins, the complete elements that match,
	// in stream order (R2). It is nil at a leaf.
	Matches [][]Element
}

// An Edge compares the keys of the elements of two nodes: the left key of a parent, the right key of a child. It
// holds the keys at hand, so that each is computed once per element, and belongs to one task.
//
// A key may be undone right after it was set: an element that another edge finds out of order is dropped and must
// leave no trace. A key may be null (R7a): then the left or right key stays what it was, and nothing else is called
// on behalf of that element but that its key is undone.
type Edge interface {
	// SetLeft makes that of a parent element the left key, unless it is null. A key that can't be computed, or is out
	// of order after the one set before (R1), is a *KeyError and not set.
	SetLeft(parent any) (null bool, err error)
	// UndoLeft makes the left key what it was before the last one was set.
	UndoLeft()
	// SetRight makes that of a child element the right key, as SetLeft does.
	SetRight(child any) (null bool, err error)
	// UndoRight makes the right key what it was before the last one was set.
	UndoRight()
	// Compare compares the left key with the right key, or where there is a reach says on which side of it the right key
	// is: below it (positive), within it (zero) or above (negative). It changes nothing.
	Compare() int
	// Add says that the element with the right key was added to the group of candidates.
	Add()
	// DropBelow returns how many elements at the front of the group are below the left key. The caller drops them,
	// and the edge forgets them.
	DropBelow(group []Element) (int, error)
	// LeftKey and RightKey return the keys that were set last; nil where there are none.
	LeftKey() any
	RightKey() any

	// The rest is for verdicts, and called where something does not match. Where keys isn't nil, it gets the keys that the
	// verdict is about.

	// Bypass says that the parent with the left key doesn't probe for candidates: it has no match at a child before
	// this one, or was itself passed over.
	Bypass()
	// Miss says that the parent with the left key has probed for candidates and found none, and returns why. above
	// says that the right key is above the left one; otherwise no right key is left.
	Miss(above bool, keys *Neighbours) Verdict
	// PassOver says that no parent probes for the child with the right key, and returns why: Gap, Behind, or
	// Incomplete where the parents next to it bypassed this edge.
	PassOver(keys *Neighbours) Verdict
	// NoteIncomplete says that a parent has probed for the child with the right key, and that this is itself incomplete.
	NoteIncomplete()
	// ResumeLeft and ResumeRight say that a run before has dealt with the element with the left or right key.
	ResumeLeft()
	ResumeRight()
	// Follow says that runs before have dealt with parents, or children, whose keys aren't known.
	Follow(parents, children bool)
}

// A KeyError says what is wrong with a key (R7).
type KeyError struct {
	// Right tells the right key from the left key.
	Right bool
	// Key is the key, and Previous the one before it; nil where they aren't known.
	Key, Previous any
	// Err is the cause where the key couldn't be computed; nil where it decreases or repeats.
	Err error
	// Unique says that the key repeats although it was promised not to.
	Unique bool
	// By says that it is about the match keys, with Unique about both.
	By bool
}

// Window describes how masters are grouped: exactly one of its fields is set.
type Window struct {
	// NewKey makes the function that tells whether an element's window key differs from the one of the element before.
	NewKey func() func(master any) (changed bool, err error)
	// Every is the width of windows by the clock, aligned to it.
	Every time.Duration
	// Count is the number of masters in a window.
	Count int
	// Text describes the window in a plan.
	Text string
}

// A Policy says what becomes of an element or a call that fails.
type Policy struct {
	Kind PolicyKind
	// Attempts is how often a call is tried again, and Backoff the pause before the first time; it doubles with each.
	Attempts int
	Backoff  time.Duration
}

// PolicyKind is the kind of a Policy.
type PolicyKind int

// The kinds of policies.
const (
	Fail PolicyKind = iota
	Skip
	Retry
	DeadLetter
)

// past says what has become of what the policy was applied to.
func (p Policy) past() string {
	if p.Kind == DeadLetter {
		return "put aside as a dead letter"
	}
	return "skipped"
}

// A Failure is an element that a policy puts aside.
type Failure struct {
	Node     string
	Position broker.Position
	// Value is the element's record as it was read.
	Value []byte
	Err   error
}
