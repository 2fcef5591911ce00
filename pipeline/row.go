package pipeline

import (
	"fmt"
	"math/big"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// A row is what is known of the keys along one stream of a join, over all partitions.
type row struct {
	keys *keyRange
	// computed counts the keys, distinct the different ones, up and down the steps to a greater and to a lesser key.
	computed, distinct, up, down int
	// nulls counts the elements whose key is null: they match nothing, and take no part in the order.
	nulls int
	// first says where the first step down is, and lowered are the keys on both of its sides; unread, that it is somewhere
	// between what was read of the beginning and of the end.
	first   string
	lowered [2]expression.Key
	unread  bool
	// number and text count the keys of these kinds, digits the texts that are numbers, and digitsDown the steps from one
	// to a lesser.
	number, text, digits, digitsDown int
	// problems has for each partition what a run would stop at first.
	problems []string
}

// isText reports whether most keys are text.
func (w *row) isText() bool { return w.text > w.number }

// isDigits reports whether the keys are numbers written as text, and grow as numbers.
func (w *row) isDigits() bool { return w.digits > 0 && w.digits == w.computed && w.digitsDown == 0 }

// disorder says what order the keys of a stream have, which don't grow. mended says that they do when they are written
// otherwise.
func (w *row) disorder(n *mill.Node, key *expression.Program, mended bool) string {
	switch {
	case w.isDigits():
		return fmt.Sprintf("the keys of %s, %s, are numbers written as text: they grow as numbers, but as text %v is above %v "+
			"(%s)", n.Name, key, w.lowered[0], w.lowered[1], w.first)
	case mended:
		return fmt.Sprintf("the keys of %s, %s, grow by what they mean, but as text %v is above %v (%s)", n.Name, key,
			w.lowered[0], w.lowered[1], w.first)
	case w.up <= 1:
		return fmt.Sprintf("the keys of %s, %s, fall all along, and must grow: sort the stream the other way round", n.Name, key)
	}
	if w.unread {
		return fmt.Sprintf("the keys of %s, %s, are out of order: somewhere between %v and %v (%s) they fall; a run stops "+
			"there: sort the stream", n.Name, key, w.lowered[0], w.lowered[1], w.first)
	}
	return fmt.Sprintf("the keys of %s, %s, are out of order: %s down among %d, the first from %v to %v (%s); a run stops "+
		"there: sort the stream", n.Name, key, words.Count(w.down, "step"), w.up+w.down, w.lowered[0], w.lowered[1], w.first)
}

func (w *row) perKey() float64 {
	if w.distinct == 0 {
		return 0
	}
	return float64(w.computed) / float64(w.distinct)
}

// add goes along a partition's sample. The first thing that a run would stop at is a problem; accepted computes keys as a
// run does, which refuses those of another kind than the ones before.
func (w *row) add(
	s *sample.Sample, key *expression.Program, accepted func(any) (expression.Key, error), unique bool,
) {
	a := &along{row: w, unique: unique, key: key.Clone(), accepted: accepted}
	a.part(&s.Head)
	a.jump = true
	a.part(&s.Tail)
}

// along is the way along one partition.
type along struct {
	*row
	unique   bool
	key      *expression.Program
	accepted func(any) (expression.Key, error)
	last     expression.Key
	digit    *big.Rat
	reported bool
	// jump says that elements lie between the last and the next that weren't read.
	jump bool
}

func (a *along) part(p *sample.Part) {
	for i, element := range p.Elements {
		if _, err := a.accepted(element); err != nil {
			a.problem(p, i, err)
		}
		switch next, err := a.key.Key(element); {
		case err != nil:
		case next.IsNull():
			a.nulls++
		default:
			a.step(p, i, next)
		}
	}
}

func (a *along) problem(p *sample.Part, i int, err error) {
	if !a.reported {
		a.problems = append(a.problems, fmt.Sprintf("%s: %v", p.Where(i), err))
	}
	a.reported = true
}

// step takes the next key.
func (a *along) step(p *sample.Part, i int, next expression.Key) {
	a.count(next)
	order := expression.Compare(a.last, next)
	if a.last.Kind() == expression.Unknown {
		order = -1
	}
	switch {
	case order < 0:
		a.distinct++
		a.up++
	case order > 0:
		if a.down++; a.down == 1 {
			a.first, a.lowered, a.unread = p.Location(i), [2]expression.Key{a.last, next}, a.jump
		}
		a.distinct++
		comes := "comes after"
		if a.jump {
			comes = "comes somewhere behind"
		}
		a.problem(p, i, fmt.Errorf("key %v %s %v: keys must not decrease along a stream", next, comes, a.last))
	case order == 0 && a.unique && !a.jump:
		a.problem(p, i, fmt.Errorf("key %v repeats, but the join is declared unique", next))
	}
	a.last, a.jump = next, false
}

// count counts a key by its kind.
func (a *along) count(next expression.Key) {
	a.computed++
	a.keys = a.keys.widen(&keyRange{next, next})
	switch next.Kind() {
	case expression.Number:
		a.number++
	case expression.Text:
		a.text++
		text, _ := next.Text()
		digit, ok := numberIn(text)
		if !ok {
			return
		}
		a.digits++
		if a.digit != nil && a.digit.Cmp(digit) > 0 {
			a.digitsDown++
		}
		a.digit = digit
	}
}
