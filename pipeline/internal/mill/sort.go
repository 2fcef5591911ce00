package mill

import (
	"bytes"
	"slices"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/lateness"
	"github.com/leat-go/leat/pipeline/filesort"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// compileSort compiles how the node's stream is put in order, if it is.
func (n *Node) compileSort() error {
	s := n.Stream.Reading.Sort
	if s == nil {
		return nil
	}
	key, err := object.CompileKey(s.By.Value, n.records)
	if err != nil {
		return s.By.Locate(err, 0)
	}
	if err := key.CheckOrder(); err != nil {
		return s.By.Errorf("%v", err)
	}
	n.needed = append(n.needed, key.Members()...)
	spec := engine.SortSpec[expression.Key]{Compare: expression.Compare,
		AppendOrdered: func(dst []byte, k expression.Key) []byte { return k.AppendOrdered(dst) }}
	n.Sort = &engine.Sort{Text: "by " + s.By.Value, Whole: s.Within.Value == ""}
	if n.Sort.Whole {
		if !n.Stream.IsFile() && n.Stream.HasMarks() || n.Stream.Reading.Follow {
			return s.By.Errorf("the stream %s has no end by itself, so that it can't be sorted as a whole: say how far its "+
				"elements come late at most, as in sort: {by: %s, within: 5}", n.Name, words.YAML(s.By.Value))
		}
	} else {
		within, err := filesort.ParseLateness(s.Within.Value)
		if err != nil {
			return s.Within.Errorf("within: %v", err)
		}
		if err := within.Check(key.Program); err != nil {
			return s.Within.Errorf("%v", err)
		}
		n.Sort.Text += " within " + s.Within.Value
		spec.Below = func(k expression.Key) (expression.Key, error) { return within.Below(key.Program, k) }
	}
	n.Sort.NewKeys = func() engine.SortKeys {
		of := spec
		of.Key = sortKey(key)
		return engine.SortBy(of)()
	}
	n.order = func(elements []any) []int { return order(elements, sortKey(key), spec.Below) }
	n.newSorting = func() *Sorting { return &Sorting{sortKey(key), spec.Below} }
	return nil
}

// A Sorting is how a stream is put in order, for one goroutine.
type Sorting struct {
	// Key computes the sort key of an element. The error is engine.NullKey where it is null: the element then takes the
	// greatest key before it.
	Key func(element any) (expression.Key, error)
	// Below returns the key that lies the lateness below another. It is nil where the stream is sorted as a whole.
	Below func(expression.Key) (expression.Key, error)
}

// Sorting returns how the node's stream is put in order, for one goroutine; nil where it is in order.
func (n *Node) Sorting() *Sorting {
	if n.newSorting == nil {
		return nil
	}
	return n.newSorting()
}

// Order returns the indexes of elements, which lie side by side in the node's stream, in the order in which a run sees
// them. An element that is late, or has no key, stays where it is read.
//
// REQUIRES: the stream is put in order.
func (n *Node) Order(elements []any) []int { return n.order(elements) }

// order puts elements in the order of a key, with a lateness or, where below is nil, as a whole.
func order(elements []any, key func(any) (expression.Key, error),
	below func(expression.Key) (expression.Key, error)) (indexes []int) {
	if below == nil {
		return orderWhole(elements, key)
	}
	waiting := lateness.New[expression.Key, int](expression.Compare, below)
	release := func() {
		for i, ok := waiting.Next(); ok; i, ok = waiting.Next() {
			indexes = append(indexes, i)
		}
	}
	for i, e := range elements {
		k, err := key(e)
		late := err != nil
		if !late {
			late, err = waiting.Push(k, i)
		}
		if late || err != nil {
			indexes = append(indexes, i)
		}
		release()
	}
	waiting.End()
	release()
	return indexes
}

// orderWhole puts elements in the order of a key; those without one come last.
func orderWhole(elements []any, key func(any) (expression.Key, error)) (indexes []int) {
	ordered := make([][]byte, len(elements))
	for i, e := range elements {
		if k, err := key(e); err == nil {
			ordered[i] = k.AppendOrdered([]byte{0})
		} else {
			ordered[i] = []byte{1}
		}
		indexes = append(indexes, i)
	}
	slices.SortStableFunc(indexes, func(i, j int) int { return bytes.Compare(ordered[i], ordered[j]) })
	return indexes
}

// sortKey returns the sort key of elements, for one task.
func sortKey(key *object.MemberKey) func(element any) (expression.Key, error) {
	picker, of := key.Picker(), expression.Single(key.Program)
	return engine.Nullable(func(element any) (k expression.Key, err error) {
		env, err := picker.PickObject(element.(*object.Object))
		if err != nil {
			return k, err
		}
		return of(env)
	}, expression.Key.IsNull)
}
