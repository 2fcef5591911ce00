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

// Any is a bound of [Within] that isn't there.
const Any = keys.Any

// Within has each element of the left type match those of the right type whose key lies within a reach of its own: from
// left - before to left + after, both inclusive. A bound is a number in the keys' units, a time.Duration where keys are
// times, or [Any]. A negative one is on the other side of the left key: Within(-1, 5) is from 1 to 5 after it.
//
// All right elements within the reach of the next left element are kept in memory, of which [Last], [First] and
// [Nearest] need fewer. Texts have no distances. Distances of floating keys are computed as such, all others exactly.
func Within(before, after any) JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.SetWithin(before, after) })
}

// Last takes one match in place of all: the last in the order of the stream. Its parameter may be an R or *R.
func Last() JoinOption { return take(engine.TakeLast) }

// First takes one match in place of all: the first in the order of the stream. Its parameter may be an R or *R. It is
// handed over as soon as it is there.
func First() JoinOption { return take(engine.TakeFirst) }

// Nearest takes one match in place of all: the one whose key is nearest to the left one. Of two that are as near as
// each other it is the one below, the last of those with its key; above the left key it is the first with its key. Its
// parameter may be an R or *R. It is handed over as soon as nothing nearer can come.
func Nearest() JoinOption { return take(engine.TakeNearest) }

func take(t engine.Take) JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.SetTake(t, keys.TakeOption(t)) })
}

// Unequal leaves out right elements whose key is equal to the left one.
func Unequal() JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.Unequal = true })
}

// By adds a match key: an element's matches are those for which right returns what left returns for the element, such
// as the ticker of a quote and a trade. Unlike the keys of the join it needs no order. Several may be given, of which
// all must be equal. What is equal is as with ==, but for times, which are compared as instants, and pointers, of which
// what they point to is compared. A nil pointer is null: it matches nothing, not even another nil. So is NaN.
//
// With [Last], [First] or [Nearest] one element is kept for each value within reach. A reach without a bound below,
// which must be asked for by [Within], keeps one for each value there ever was, and a restart reads again from the
// oldest of them.
func By[L, R any, K comparable](left func(L) K, right func(R) K) JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) {
		if left == nil || right == nil {
			j.Complain("leat.By: a function is nil; a match key needs one of each side's elements")
			return
		}
		j.AddMatchKey(keys.NewMatchKey(left, right))
	})
}

// Optional has an element complete without a match, too: a left join. The function then gets an empty list, or nil.
// A key that is null has no match.
func Optional() JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.SetNeed(engine.NeedNone, "leat.Optional") })
}

// Absent has an element complete only without a match: an anti join. The function gets nothing of the right type. An
// element that has a match is unmatched with the verdict [Excluded], and so is the match.
func Absent() JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) { j.SetNeed(engine.NeedAbsent, "leat.Absent") })
}

// Named names the right node of a join, where several are of one element type. The node reads the stream that the
// broker declares under the same name, for example with file.Named. The matches of all of them come in one list, in the
// order of the joins. With a [Typed] function the name is that of the right node's field, or its path.
//
// As an option of [Where], [Sort] or [Idle] it says which node that is for.
func Named(name string) NodeOption { return declaration.NodeName(name) }

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
		addJoin(m, declaration.NewJoin[L, R](o), left, right, options)
	})
}

// addJoin adds a join by keys, with its options.
func addJoin[L, R, K any](m *declaration.Mill, j *declaration.Join, left func(L) K, right func(R) K,
	options []JoinOption) {
	switch {
	case left == nil:
		m.Mistakes.Add("%s: the left key function is nil; a join needs one of each side's elements", j.Option)
	case right == nil:
		m.Mistakes.Add("%s: the right key function is nil; a join needs one of each side's elements", j.Option)
	default:
		j.On = keys.On(left, right)
		j.Edge = func() (func() engine.Edge, error) { return keys.Edge(left, right, &j.Options) }
	}
	declaration.AddJoin(m, j, options)
}

// AsOf joins each element of the left type with the last element of the right type whose key isn't above its own, such
// as a trade with the quote that was there before it. It is [Join] with Within(Any, 0) and Last(); a Within among the
// options sets another reach. Use [Unequal] for the last one below the key, and [Optional] for elements before the
// first.
func AsOf[L, R, K any](left func(L) K, right func(R) K, options ...JoinOption) Option {
	return declaration.Many("leat.AsOf", func(m *declaration.Mill, o *declaration.Option) {
		j := declaration.NewJoin[L, R](o)
		j.Within, j.Take = &keys.Within{Before: Any, After: 0}, engine.TakeLast
		addJoin(m, j, left, right, options)
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
