package leat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync/atomic"

	"github.com/leat-go/leat/internal/build"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/observe"
)

// A Mill runs a function over joined streams. Make one with [New]. Several mills may run side by side; a single one
// runs once at a time, and may run again for the next session. Its methods are safe for concurrent use. The zero Mill
// can't run.
type Mill struct {
	spec    *engine.Spec
	running atomic.Bool
}

// New makes a mill of a function, or of what [Typed] has made of one. The function's signature says what is joined and
// written, as the package's documentation shows. The options say by which keys, and from where. New reads no stream.
//
// New returns an error for every mismatch. The error names the function, quotes the parameter, result or option, and
// says what would be right. It lists all mistakes at once.
func New(fn any, options ...Option) (*Mill, error) {
	m := declaration.New(public(), options)
	if typed, ok := fn.(TypedFunc); ok {
		if typed.fn == nil {
			return nil, errors.New("leat.New: a function is needed, got an empty leat.TypedFunc; make one by leat.Typed")
		}
		fn = typed.fn
	}
	spec, err := build.Spec(fn, m)
	if err != nil {
		return nil, err
	}
	return &Mill{spec: spec}, nil
}

// public has the types of this package that the rooms beneath it need.
func public() declaration.Public {
	return declaration.Public{
		Record:       reflect.TypeFor[Record](),
		Letter:       reflect.TypeFor[Letter](),
		Unmatched:    reflect.TypeFor[Unmatched](),
		FillRecord:   fillRecord,
		NewLetter:    func(f engine.Failure) any { return NewLetter(f.Position, f.Value, f.Err) },
		NewUnmatched: func(u *observe.Unmatched) any { return NewUnmatched(u) },
	}
}

// Run runs the mill and returns nil when no further call is possible: when the master has ended, or another stream has
// and the master is past everything that could match it. The function ends the run earlier by [EndOfStream].
//
// When ctx ends, Run finishes the call at hand, commits what is finished, and returns ctx's error. The next run goes on
// there, where the storage keeps positions. Other errors come from the brokers, from elements and from the function.
// Those of the latter two wrap their cause and a broker.PositionError, which has the stream, partition and offset.
func (m *Mill) Run(ctx context.Context) error {
	if mistake.IsNil(ctx) {
		return errors.New("leat: the context is nil; context.Background() is one that doesn't end")
	}
	if m.spec == nil {
		return errors.New("leat: this mill has no function; make mills with leat.New")
	}
	if !m.running.CompareAndSwap(false, true) {
		return fmt.Errorf("leat: mill %q is running already; wait for that run, or make another mill with leat.New",
			m.spec.Name)
	}
	defer m.running.Store(false)
	stats := &engine.Stats{}
	err := engine.Run(ctx, m.spec, stats)
	snapshot := stats.Snapshot()
	if err == nil && len(snapshot.Tasks) > 0 && snapshot.Totals()[0].Read > 0 && snapshot.Calls == 0 {
		m.spec.Logger.Warn("nothing joined: no element of the master has a match in every stream; do the keys have the same "+
			"unit, and the fields the names that the records have? leat.OnUnmatched tells why for each element",
			why(&snapshot)...)
	}
	return err
}

// why returns what a run knows of its masters without a match: how many there are of each verdict, and the keys that
// were read last of each stream beside the one they were compared with.
func why(s *observe.Snapshot) []any {
	master := s.Totals()[0]
	attributes := []any{"master", s.Nodes[0].Name, "read", master.Read}
	for _, verdict := range observe.Verdicts() {
		if n := master.Unmatched[verdict]; n > 0 {
			attributes = append(attributes, string(verdict), n)
		}
	}
	for i := range s.Nodes {
		if n := &s.Tasks[0].Nodes[i]; s.Nodes[i].Parent >= 0 && n.Key != "" {
			attributes = append(attributes, slog.Group(s.Nodes[i].Name, "key", n.Key, "compared_with", n.ParentKey))
		}
	}
	return attributes
}
