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

// Unique promises that the right stream has at most one element per key, so that its match is certain as soon as it
// arrives and a live result need not wait for the element after it. A second one is disorder (see [OnDisorder]).
func Unique() JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.Unique = true })
}

// Named names the right node of a join, where several are of one element type. It belongs to the stream that the broker
// declares under the same name, for example with file.Named. The matches of all of them come in one list, in the
// order of the joins. With a [Typed] function it is the name, or the path, of the right node's field.
func Named(name string) JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.Name, j.HasName = name, true })
}

// Left tells which node is the left one of a join, by its name, where several nodes are of its element type. Without
// it, it is the one that has no name. With a [Typed] function it is the name, or the path, of the left node's field.
func Left(name string) JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.LeftName, j.HasLeft = name, true })
}

// Join joins each element of the left type with the elements of the right type whose key is equal. The left type is
// that of the master or the right one of another join; either may be a struct or a pointer to one. Along its stream a
// key must not decrease. Key functions are called once for each element and must not change it.
//
// Keys are numbers, texts or times, of these types or others that are made of them, or pointers to such. A time.Time is
// an instant: in another time zone, or read from another clock, it is the same key. A nil pointer is null: it matches
// nothing, not even another nil, and takes no part in the order; its element is unmatched with the verdict [Null].
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

// JoinFunc joins by a comparison instead of keys: compare tells whether the key of the left element is below
// (negative), equal to (zero) or above (positive) that of the right one. It must not decrease along the left stream,
// nor increase along the right one. An element that can't be compared has no null to say so: leave it out before, or
// use [Join].
//
// Whether a stream is out of order shows only by the comparison: it is called with each element and the one at hand of
// the other stream, with those around it that were told apart before, and for a left element with each of the matches
// that the one before has left. Where that contradicts what it has said, the element at hand goes by [OnDisorder]: a
// right element that comes too late for a left one whose matches were complete, for example. A comparison can't show
// that two elements are out of order between which no element of the other stream lies: that changes no match, but the
// order in which they come. Where both streams are out of order at one place, the one may hide what the other would
// show, and a match. Nor does it show what of the two is wrong: the element that is read then is what the policy is
// about. And a run that goes on after another one doesn't know what was said before the elements that it begins with.
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
