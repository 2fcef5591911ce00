package leat

import (
	"context"

	"github.com/leat-go/leat/internal/call"
)

// A TypedFunc is a function for [New] that is called directly. Make one with [Typed]; the zero TypedFunc is none.
type TypedFunc struct{ fn call.Typed }

// Typed makes a function for [New] that gets one struct, which mirrors the join tree, instead of parameters. It is
// called without reflection, and the struct is filled in place: this is the quickest form, and the one for deep trees.
//
//	type Input struct {
//		Location // the master element
//		Next []struct {
//			Location       // a match of it ...
//			Speeds []Speed // ... and the matches of that
//		}
//		Log *slog.Logger // injected
//	}
//
//	leat.New(leat.Typed(func(ctx context.Context, in *Input) (Speed, error) { ... }), ...)
//
// The fields of In must be exported. What they get is by their types:
//
//	M, *M           the master element, embedded or not; where that is all, In may be M itself
//	[]R, []*R       the matches of the master at a stream that is joined to it
//	[]struct{...}   the same as structs that are like In: an element, embedded or not, beside lists of its matches
//	leat.Record     the record of the element beside it, in the structs of lists, too
//	any other type  in In itself: a value of Provide or of a Container, or the *slog.Logger, as for parameters
//
// With a window, In has instead of the master and its matches one list, that of the masters: []M, []*M, or structs of M
// beside lists of its matches.
//
// Each list is a node of the join tree. It is called like its field, or by the field's tag `leat:"name"`; the master is
// called like its own field. So two fields of one type are two nodes, and self-joins and parallel streams need no
// further types:
//
//   - A join belongs to the list of its right type beside an element of its left type. Where there are several such
//     lists, [Named] says which, by name or by path ("Next.Speeds"); so does [Left] by that of the left node.
//   - A node reads the stream of its type that the broker declares under the node's name, upper and lower case being
//     equal, or else the one without a name; a node with a tag only reads the one of just that name. [Mill.Plan] shows
//     which it is.
//   - Positions are kept by the paths of the fields: who renames one must give the mill another name.
//
// Out is an element R, or *R, []R, iter.Seq[R] or iter.Seq2[R, error], as for other functions. With struct{} nothing is
// written.
//
// What In holds is valid until the function returns, and the function may change it: keep copies. What pointers to
// elements point to may be kept and must not be changed. With [Concurrency] calls that run at a time have an In each.
func Typed[In, Out any](fn func(ctx context.Context, in *In) (Out, error)) TypedFunc {
	return TypedFunc{call.NewTyped(fn)}
}
