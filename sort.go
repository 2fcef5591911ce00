package leat

import (
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/keys"
)

// Sort puts the stream of an element type in order as it is read, before anything else sees it, for streams whose
// elements come late by a bounded distance. With [Named] among the options, the only one that it takes, it is about the
// node of that name; T is its element type, or a pointer to it.
//
// An element waits in memory until one was read whose key is the lateness or more above its own. Elements with equal keys
// stay in the order in which they came. One that comes after an element that was released, with a lower key, is late and
// goes by [OnDisorder], as does one whose key can't be computed. The lateness is a number in the keys' units, or a
// time.Duration where keys are times. With [Any] in its place a stream that has an end, such as a file, is sorted as a
// whole: 64 MiB of it are kept in memory, the rest lies in a temporary file. Other streams make [Mill.Run] fail then.
//
// Keys are those that [Join] takes. Texts have no distances, and can be sorted as a whole only. An element whose key is
// null, a nil pointer, stays behind the one with the highest key that was read before it; where the stream is sorted as a
// whole it comes last.
//
// The results are those of a run over the stream in order, after a crash, too: a restart reads again from the oldest
// element that hadn't reached the function, and computes the sort keys of those behind it again.
func Sort[T, K any](key func(T) K, lateness any, options ...JoinOption) Option {
	return declaration.Many("leat.Sort", func(m *declaration.Mill, o *declaration.Option) {
		if key == nil {
			m.Mistakes.Add("%s: the key function is nil; give one that returns what the stream is to be in the order of", o)
			return
		}
		s, err := keys.Sort(key, lateness)
		if err != nil {
			m.Mistakes.Add("%s: %w", o, err)
			return
		}
		declaration.AddSort[T](m, o, s, options)
	})
}
