package keys

import (
	"errors"
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/engine"
)

// NoBound is the type of leat.Any, a bound that a reach doesn't have.
type NoBound string

// Any is the only one.
const Any NoBound = "leat.Any"

// Options are what a join says beside its keys. The zero Options join equal keys, take all matches and need one.
type Options struct {
	Unique, Unequal bool
	Take            engine.Take
	Need            engine.Need
	// Within is the reach, as the user gave it; nil for equal keys. IsNamed says that the user gave it.
	Within  *Within
	IsNamed bool
	By      []MatchKey
}

// Within is a reach: from Before below the left key to After above it. Each is a number, a time.Duration or a NoBound.
type Within struct{ Before, After any }

func (w *Within) String() string { return fmt.Sprintf("leat.Within(%v, %v)", w.Before, w.After) }

// isPoint reports whether only equal keys lie within. A nil Within is that, too.
func (w *Within) isPoint() bool { return w == nil || isZero(w.Before) && isZero(w.After) }

// HasReach reports whether keys that aren't equal may match.
func (o *Options) HasReach() bool { return !o.Within.isPoint() }

// HasOpenEnd reports whether the reach has no upper bound.
func (o *Options) HasOpenEnd() bool {
	_, above := o.Within.bounds()
	return !above
}

// bounds says which bounds the reach has. A nil Within has both.
func (w *Within) bounds() (below, above bool) {
	if w == nil {
		return true, true
	}
	_, noBefore := w.Before.(NoBound)
	_, noAfter := w.After.(NoBound)
	return !noBefore, !noAfter
}

// isPlain reports whether equal keys match with the options, and all of them.
func (o *Options) isPlain() bool {
	return o.Within == nil && o.Take == engine.TakeAll && !o.Unequal && len(o.By) == 0
}

// Check returns an error for options that contradict each other, or that leave a join that can't match, never hands
// anything over, or keeps a whole stream in memory.
func (o *Options) Check() error {
	below, above := o.Within.bounds()
	switch {
	case o.Need == engine.NeedAbsent && o.Take != engine.TakeAll:
		return fmt.Errorf("leat.Absent hands no match over, so that there is none to take; leave %s out", TakeOption(o.Take))
	case o.Need == engine.NeedAbsent && !above:
		return fmt.Errorf("%v with leat.Absent waits for the end of the stream, since a match may come until then; "+
			"give an end: leat.Within(%v, 0)", o.Within, o.Within.Before)
	case o.Need == engine.NeedAbsent:
	case o.Take == engine.TakeAll && !(below && above):
		return fmt.Errorf("%v takes all of a stream, which would have to be kept in memory or waited for; "+
			"give both bounds, or take one match by leat.Last, leat.First or leat.Nearest", o.Within)
	case o.Take == engine.TakeLast && !above:
		return fmt.Errorf("%v with leat.Last waits for the end of the stream; give an end: leat.Within(%v, 0)",
			o.Within, o.Within.Before)
	case o.Take != engine.TakeLast && len(o.By) > 0 && !above:
		return fmt.Errorf("%v with %s and leat.By waits for ever where no element with the match key comes any more; "+
			"give an end, such as leat.Within(%v, 10)", o.Within, TakeOption(o.Take), o.Within.Before)
	}
	if len(o.By) > 0 && !below && !o.IsNamed {
		return errors.New("with leat.By a reach without a bound keeps the last element of every match key, " +
			"however old it is, and a restart reads again from the oldest; give one by leat.Within, such as " +
			"leat.Within(10, 0), or say by leat.Within(leat.Any, 0) that this is meant")
	}
	return nil
}

// TakeOption returns the name of the option for a take.
func TakeOption(take engine.Take) string {
	return map[engine.Take]string{
		engine.TakeFirst: "leat.First", engine.TakeLast: "leat.Last", engine.TakeNearest: "leat.Nearest",
	}[take]
}

// String describes the options in a plan: "last within 2s before, by a == b, optional"; empty for the zero Options.
func (o *Options) String() string {
	var words []string
	take := map[engine.Take]string{
		engine.TakeFirst: "first", engine.TakeLast: "last", engine.TakeNearest: "nearest",
	}[o.Take]
	if o.Within != nil {
		take = strings.TrimSpace(take + " " + o.Within.describe())
	}
	if take != "" {
		words = append(words, take)
	}
	if o.Unequal {
		words = append(words, "not at equal keys")
	}
	for _, by := range o.By {
		words = append(words, "by "+by.Text)
	}
	switch o.Need {
	case engine.NeedNone:
		words = append(words, "optional")
	case engine.NeedAbsent:
		words = append(words, "absent")
	}
	if o.Unique {
		words = append(words, "unique")
	}
	return strings.Join(words, ", ")
}

// describe says in words where the reach is.
func (w *Within) describe() string {
	switch before, after := side(w.Before, "before"), side(w.After, "after"); {
	case w.isPoint():
		return ""
	case isZero(w.After):
		return "within " + before
	case isZero(w.Before):
		return "within " + after
	default:
		return "within " + before + " and " + after
	}
}

func side(bound any, word string) string {
	if _, ok := bound.(NoBound); ok {
		return "any time " + word
	}
	return fmt.Sprint(bound) + " " + word
}
