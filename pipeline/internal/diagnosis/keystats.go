package diagnosis

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// KeyStats are what is known of the keys along one stream of a join, over all partitions.
type KeyStats struct {
	Keys *Range
	// computed counts the keys, distinct the different ones, up and down the steps to a greater and to a lesser key.
	computed, distinct, up, down int
	// Nulls counts the elements whose key is null: they match nothing, and take no part in the order.
	Nulls int
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
func (k *KeyStats) isText() bool { return k.text > k.number }

// isDigits reports whether the keys are numbers written as text, and grow as numbers.
func (k *KeyStats) isDigits() bool {
	return k.digits > 0 && k.digits == k.computed && k.digitsDown == 0
}

// disorder says what order the keys of a stream have, which don't grow. mended says that they do when they are written
// otherwise.
func (k *KeyStats) disorder(n *mill.Node, key *expression.Program, mended bool) string {
	switch {
	case k.isDigits():
		return fmt.Sprintf("the keys of %s, %s, are numbers written as text: they grow as numbers, but as text "+
			"%v is above %v (%s)", n.Name, key, k.lowered[0], k.lowered[1], k.first)
	case mended:
		return fmt.Sprintf("the keys of %s, %s, grow by what they mean, but as text %v is above %v (%s)", n.Name, key,
			k.lowered[0], k.lowered[1], k.first)
	case k.up <= 1:
		return fmt.Sprintf("the keys of %s, %s, fall all along, and must grow: %s", n.Name, key,
			sortAdvice(n, key, "sort the stream the other way round"))
	}
	if k.unread {
		return fmt.Sprintf("the keys of %s, %s, are out of order: somewhere between %v and %v (%s) they fall; a run stops "+
			"there: %s", n.Name, key, k.lowered[0], k.lowered[1], k.first, sortAdvice(n, key, sortStream))
	}
	return fmt.Sprintf("the keys of %s, %s, are out of order: %s down among %d, the first from %v to %v (%s); "+
		"a run stops there: %s", n.Name, key, words.Count(k.down, "step"), k.up+k.down,
		k.lowered[0], k.lowered[1], k.first, sortAdvice(n, key, sortStream))
}

const sortStream = "sort the stream"

// sortAdvice says what would be right where keys are out of order: what is given, or, where the stream is put in order
// already, what to put it in order by.
func sortAdvice(n *mill.Node, key *expression.Program, unsorted string) string {
	sort := n.Stream.Reading.Sort
	switch {
	case sort == nil:
		return unsorted
	case sort.Within.Value != "" && slices.Contains(orders(n, key), sort.By.Value):
		return fmt.Sprintf("they come later than its sort allows, within: %s in line %d; give a larger one", sort.Within.Value,
			sort.Within.Line())
	}
	return fmt.Sprintf("the stream is put in order by %s, line %d, and the keys are in another order; sort it by what the "+
		"keys are made of", sort.By.Value, sort.By.Line())
}

// PerKey returns how many elements there are for a key, on average.
func (k *KeyStats) PerKey() float64 {
	if k.distinct == 0 {
		return 0
	}
	return float64(k.computed) / float64(k.distinct)
}

// add goes along a partition's sample. The first thing that a run would stop at is a problem; accepted computes keys as
// a run does, which refuses those of another kind than the ones before.
func (k *KeyStats) add(
	s *sample.Sample, key *expression.Program, accepted func(any) (expression.Key, error), unique bool,
) {
	a := &keyReader{KeyStats: k, unique: unique, key: key.Clone(), accepted: accepted}
	a.part(&s.Head)
	a.jump = true
	if s.Scattered {
		a.last = expression.Key{} // the end of what was read isn't behind its beginning
	}
	a.part(&s.Tail)
}

// keyReader is the way along one partition.
type keyReader struct {
	*KeyStats
	unique   bool
	key      *expression.Program
	accepted func(any) (expression.Key, error)
	last     expression.Key
	digit    *big.Rat
	reported bool
	// jump says that elements lie between the last and the next that weren't read.
	jump bool
}

func (r *keyReader) part(p *sample.Part) {
	for i, element := range p.Elements {
		if _, err := r.accepted(element); err != nil {
			r.problem(p, i, err)
		}
		switch next, err := r.key.Key(element); {
		case err != nil:
		case next.IsNull():
			r.Nulls++
		default:
			r.step(p, i, next)
		}
	}
}

func (r *keyReader) problem(p *sample.Part, i int, err error) {
	if !r.reported {
		r.problems = append(r.problems, fmt.Sprintf("%s: %v", p.Where(i), err))
	}
	r.reported = true
}

// step takes the next key.
func (r *keyReader) step(p *sample.Part, i int, next expression.Key) {
	r.count(next)
	order := expression.Compare(r.last, next)
	if r.last.Kind() == expression.Unknown {
		order = -1
	}
	switch {
	case order < 0:
		r.distinct++
		r.up++
	case order > 0:
		if r.down++; r.down == 1 {
			r.first, r.lowered, r.unread = p.Location(i), [2]expression.Key{r.last, next}, r.jump
		}
		r.distinct++
		comes := "comes after"
		if r.jump {
			comes = "comes somewhere behind"
		}
		r.problem(p, i, fmt.Errorf("key %v %s %v: keys must not decrease along a stream", next, comes, r.last))
	case order == 0 && r.unique && !r.jump:
		r.problem(p, i, fmt.Errorf("key %v repeats, but the join is declared unique", next))
	}
	r.last, r.jump = next, false
}

// count counts a key by its kind.
func (r *keyReader) count(next expression.Key) {
	r.computed++
	r.Keys = r.Keys.widen(&Range{next, next})
	switch next.Kind() {
	case expression.Number:
		r.number++
	case expression.Text:
		r.text++
		text, _ := next.Text()
		digit, ok := numberIn(text)
		if !ok {
			return
		}
		r.digits++
		if r.digit != nil && r.digit.Cmp(digit) > 0 {
			r.digitsDown++
		}
		r.digit = digit
	}
}
