package leat

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/observe"
)

// A Verdict says why an element was not handed to the function.
type Verdict = observe.Verdict

// The verdicts, as package observe describes them.
const (
	Gap         = observe.Gap
	Behind      = observe.Behind
	Ended       = observe.Ended
	Idled       = observe.Idled
	Incomplete  = observe.Incomplete
	Null        = observe.Null
	NotTaken    = observe.NotTaken
	Excluded    = observe.Excluded
	OutOfOrder  = observe.OutOfOrder
	Undecodable = observe.Undecodable
)

// An Unmatched is an element that was read and not handed to the function, with the reason. [OnUnmatched] and
// [WriteUnmatched] report them. In JSON it has the names given.
type Unmatched struct {
	// Node is the element's node in the join tree, as [Mill.Plan] names it.
	Node string `json:"node"`
	// Verdict says why the element was not handed over.
	Verdict Verdict `json:"verdict"`
	// Other is the node on the other side of the join that decided: for a master, or another element that is asked for
	// its matches, the node that it has none at; for an element that is matched to others, their node. It is empty for
	// OutOfOrder and Undecodable.
	Other string `json:"other,omitempty"`
	// Key is the element's key in that join. Before and After are the other side's next to it, below and above. They
	// are nil where there are none, as with Null, or where they aren't known, as with [JoinFunc]; an infinite number
	// is a text.
	Key    any `json:"key,omitempty"`
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
	// Distance is how far the nearest is, where the element lacks a match in a join with a reach, and all are too far.
	// Apart says what keeps it apart from those within reach: "match_key" or "equal_keys"; it is empty where there are
	// none.
	Distance *observe.Distance `json:"distance,omitempty"`
	Apart    observe.Apart     `json:"apart,omitempty"`
	// Error says what is wrong with an element that is OutOfOrder or Undecodable.
	Error string `json:"error,omitempty"`
	// Stream, Partition and Offset are the element's position.
	Stream    string `json:"stream"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
	// Line and Column are its location in a text, from one; zero for streams without lines.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// At holds the values that the element is found by where its offset is a number of this run only, those that a
	// table's rows are ordered by; empty elsewhere.
	At string `json:"at,omitempty"`
	// Element is the record as it was read, where it is JSON, and else a JSON string of its bytes.
	Element json.RawMessage `json:"element"`
	// Value is the element itself, a pointer to a copy of its own; nil for one that is Undecodable. It isn't encoded.
	Value any `json:"-"`
	// Time is when the verdict was reached.
	Time time.Time `json:"time"`
	// Cause is what an Incomplete follows from: the verdict about the counterpart, or about the element itself in
	// another join. It is nil where it isn't known.
	Cause *Unmatched `json:"cause,omitempty"`
}

// String says in words what was not handed over and why.
func (u Unmatched) String() string {
	var s strings.Builder
	at := broker.Position{Stream: u.Stream, Partition: u.Partition, Offset: u.Offset, At: u.At}
	fmt.Fprintf(&s, "%s %v: %s", u.Node, at, u.Verdict)
	if u.Error != "" {
		s.WriteString(": " + u.Error)
	}
	if u.Other != "" {
		s.WriteString(" at " + u.Other)
	}
	if u.Key != nil {
		fmt.Fprintf(&s, ", key %v", u.Key)
	}
	switch {
	case u.Before != nil && u.After != nil:
		fmt.Fprintf(&s, " between %v and %v", u.Before, u.After)
	case u.Before != nil:
		fmt.Fprintf(&s, " after %v", u.Before)
	case u.After != nil:
		fmt.Fprintf(&s, " before %v", u.After)
	}
	if u.Distance != nil {
		fmt.Fprintf(&s, ": %v", u.Distance)
	}
	switch u.Apart {
	case observe.ByMatchKey:
		s.WriteString(": those within reach have other match keys")
	case observe.ByEqualKeys:
		s.WriteString(": those within reach have the same key, which is no match")
	}
	if u.Cause != nil {
		fmt.Fprintf(&s, ", because of %v", *u.Cause)
	}
	return s.String()
}

// OnUnmatched calls fn for each element that was read and not handed to the function, with the reason.
//
// fn is called when the verdict is final: for an element in an open window when the window closes, for one that another
// master may still match when none can. The elements of one node and partition come in the order of their stream. Each
// partition calls fn from a goroutine of its own, and waits for it: fn must be quick, and safe for concurrent use where
// there are several partitions.
//
// After a kill the next run reports again what had not been committed. It doesn't report what the killed run had read
// ahead where the session ends before that is needed again. Where a join has a reach, the next run after any stop may report
// an element of it, or of a stream below it, that the one before handed over. Explaining an element takes about a quarter
// of a microsecond. Elements that match cost nothing.
func OnUnmatched(fn func(Unmatched)) Option {
	return declaration.Once("leat.OnUnmatched", func(m *declaration.Mill, o *declaration.Option) {
		if fn == nil {
			m.Mistakes.Add("%s: the function is nil; leave the option out", o)
			return
		}
		m.OnUnmatched = func(u *observe.Unmatched) { fn(*NewUnmatched(u)) }
	})
}

// WriteUnmatched writes each element that was read and not handed to the function to the sink's stream for [Unmatched].
// Declare one, for example file.At[leat.Unmatched]("unmatched.jsonl") or kafka.Topic[leat.Unmatched]("unmatched"). The
// elements are written in the commits of the results, with their guarantee: exactly once where the results are.
// [OnUnmatched] says when. Those in an open window stay in memory until it closes.
func WriteUnmatched() Option {
	return declaration.Once("leat.WriteUnmatched", func(m *declaration.Mill,
		o *declaration.Option) {
		m.WriteUnmatched = o
	})
}

// NewUnmatched makes the report about an element that was not handed over, as an observer or the engine has it.
func NewUnmatched(u *observe.Unmatched) *Unmatched {
	reported := &Unmatched{
		Node:      u.Node,
		Verdict:   u.Verdict,
		Other:     u.Other,
		Key:       encodable(u.Key),
		Before:    encodable(u.Before),
		After:     encodable(u.After),
		Apart:     u.Apart,
		Stream:    u.Stream,
		Partition: u.Partition,
		Offset:    u.Offset,
		Line:      u.Line,
		Column:    u.Column,
		At:        u.At,
		Element:   rawElement(u.Record),
		Value:     u.Value,
		Time:      u.Time,
	}
	if u.Distance != nil {
		distance := *u.Distance
		distance.By = encodable(distance.By)
		reported.Distance = &distance
	}
	if u.Err != nil {
		reported.Error = u.Err.Error()
	}
	if u.Cause != nil {
		reported.Cause = NewUnmatched(u.Cause)
	}
	return reported
}

// encodable returns a key, or a distance, as JSON can have it.
func encodable(key any) any {
	if d, ok := key.(time.Duration); ok {
		return d.String()
	}
	if v := reflect.ValueOf(key); v.IsValid() && v.CanFloat() && math.IsInf(v.Float(), 0) {
		return fmt.Sprint(key)
	}
	return key
}
