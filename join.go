package leat

import (
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/internal/mistake"
)

// A JoinOption configures a single join.
type JoinOption interface {
	// DeclareJoin is called by [New].
	DeclareJoin(*declaration.Join)
}

// Unique promises that the right stream has at most one element per key. Its match is then certain as soon as it
// arrives, and a live result need not wait for the element after it. A second element with the key is disorder (see
// [OnDisorder]).
func Unique() JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.Unique = true })
}

// Named names the right node of a join, where several are of one element type. The node reads the stream that the
// broker declares under the same name, for example with file.Named. The matches of all of them come in one list, in the
// order of the joins. With a [Typed] function the name is that of the right node's field, or its path.
func Named(name string) JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.Name, j.HasName = name, true })
}

// Left names the left node of a join, where several nodes are of its element type. Without it the left node is the one
// that has no name. With a [Typed] function the name is that of the left node's field, or its path.
func Left(name string) JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.LeftName, j.HasLeft = name, true })
}

// Join joins each element of the left type with the elements of the right type whose key is equal. The left type is
// that of the master, or the right one of another join. Either may be a struct or a pointer to one. A key must not
// decrease along its stream. A key function is called once for each element and must not change it.
//
// A key is a number, a text, a time, of a type that is made of one of these, or a pointer to one. Times are compared as
// instants, whatever their zones. A nil pointer is null: it matches nothing, not even another nil, and takes no part in
// the order. An element whose key is null is unmatched with the verdict [Null].
func Join[L, R, K any](left func(L) K, right func(R) K, options ...JoinOption) Option {
	return declaration.Many("leat.Join", func(m *declaration.Mill, o *declaration.Option) {
		j := declaration.NewJoin[L, R](o)
		switch {
		case left == nil:
			m.Mistakes.Add("%s: the left key function is nil; a join needs one of each side's elements", o)
		case right == nil:
			m.Mistakes.Add("%s: the right key function is nil; a join needs one of each side's elements", o)
		default:
			j.On = keys.On(left, right)
			j.Edge = func() (func() engine.Edge, error) { return keys.Edge(left, right, j.Unique) }
		}
		declaration.AddJoin(m, j, options)
	})
}

// JoinFunc joins by a comparison instead of keys, for example of times with intervals. compare returns a negative
// number where the key of the left element is below that of the right one, zero where they match, and a positive number
// where it is above. The result must not decrease along the left stream, nor increase along the right one. There is no
// null: elements without a key must be left out before, or joined by [Join].
//
// Disorder shows only as far as comparisons can show it. Leat compares each element with the one at hand of the other
// stream, with the elements around that one, and with the matches that the left element before it has left. Where the
// results contradict each other, the element that was read last goes by [OnDisorder]; a right element that comes after
// the left one that it matches is an example. This is what comparisons can't show:
//
//   - two elements that are out of order with no element of the other stream between them. No match is missed, but the
//     matches come in the order of the stream;
//   - disorder of both streams at once, where one may hide the other, and a match;
//   - which of the two streams is wrong;
//   - disorder between the last element of one run and the first of the next.
func JoinFunc[L, R any](compare func(L, R) int, options ...JoinOption) Option {
	return declaration.Many("leat.JoinFunc", func(m *declaration.Mill, o *declaration.Option) {
		j := declaration.NewJoin[L, R](o)
		j.Compared = true
		if compare == nil {
			m.Mistakes.Add("%s: the comparison is nil; give one of a left with a right element", o)
		} else {
			j.On = mistake.KeyFunction(compare)
			j.Edge = func() (func() engine.Edge, error) { return keys.Comparison(compare, j.Unique), nil }
		}
		declaration.AddJoin(m, j, options)
	})
}
