package description

import (
	"errors"

	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/instant"
)

// A Join joins the stream Right to the stream Left.
type Join struct {
	Left, Right Text
	// On is the condition, and By are the match keys.
	On Text
	By []Text
	// Within is the reach; nil where keys must be equal.
	Within *Within
	Take   engine.Take
	Need   engine.Need
	// Unequal says that equal keys are no match, and Unique that keys of the right stream don't repeat.
	Unequal, Unique bool
}

// A Within is a reach: from Before below the left key to After above it.
type Within struct {
	Before, After Bound
	// Unit is the kind of the bounds: a number or a duration; unknown where they don't tell.
	Unit expression.Kind
	// At is where the reach stands.
	At Text
}

// A Bound is an end of a reach.
type Bound struct {
	// Any says that there is none.
	Any      bool
	Distance expression.Distance
	text     Text
}

// HasReach reports whether keys that aren't equal may match.
func (j *Join) HasReach() bool {
	return j.Within != nil && !(j.Within.Before.isZero() && j.Within.After.isZero())
}

func (b Bound) isZero() bool { return !b.Any && b.Distance.IsZero() }

// isBounded reports whether the reach has an end below and above the left key.
func (w *Within) isBounded() (below, above bool) {
	return w == nil || !w.Before.Any, w == nil || !w.After.Any
}

func (s *source) joins(d *Description, node *yaml.Node) error {
	items, err := s.list(node, "join")
	if err != nil {
		return err
	}
	for _, item := range items {
		join, err := s.join(item)
		if err != nil {
			return err
		}
		d.Joins = append(d.Joins, join)
	}
	return nil
}

func (s *source) join(node *yaml.Node) (join Join, err error) {
	m, err := s.mapping(node, "a join", "left", "right", "on", "by", "within", "take", "equal", "need", "unique")
	if err != nil {
		return join, err
	}
	for _, part := range []struct {
		name string
		to   *Text
	}{{"left", &join.Left}, {"right", &join.Right}, {"on", &join.On}} {
		value := m.get(part.name)
		if value == nil {
			return join, s.errorAt(m.at, "the join has no member %q: it is given as "+
				`{left: STREAM, right: STREAM, on: "LEFT.time == RIGHT.time"}`, part.name)
		}
		if *part.to, err = s.text(value.value, part.name); err != nil {
			return join, err
		}
	}
	for _, part := range []struct {
		name string
		read func(*Join, *member) error
	}{
		{"by", s.by}, {"within", s.within}, {"take", s.take}, {"equal", s.equal}, {"need", s.need}, {"unique", s.unique},
	} {
		if value := m.get(part.name); value != nil {
			if err := part.read(&join, value); err != nil {
				return join, err
			}
		}
	}
	return join, join.check(m)
}

// by reads the match keys.
func (s *source) by(j *Join, m *member) error {
	items := []*yaml.Node{m.value}
	if m.value.Kind == yaml.SequenceNode {
		items = m.value.Content
	}
	if len(items) == 0 {
		return m.name.Errorf("by names no match key: leave it out, or give one, as in %q",
			j.Left.Value+".id == "+j.Right.Value+".id")
	}
	for _, item := range items {
		t, err := s.text(item, "by")
		if err != nil {
			return err
		}
		j.By = append(j.By, t)
	}
	return nil
}

// within reads the reach. One bound alone leaves the other at the left key.
func (s *source) within(j *Join, m *member) (err error) {
	w := &Within{At: m.name}
	if m.value.Kind != yaml.MappingNode {
		if w.Before, err = s.bound(m.value, "within"); err != nil {
			return err
		}
		w.After = w.Before
		w.Unit = w.Before.Distance.Kind()
		j.Within = w
		return nil
	}
	sides, err := s.mapping(m.value, "within", "before", "after")
	if err != nil {
		return err
	}
	if len(sides.members) == 0 {
		return s.errorAt(sides.at, "within has no bound: it is given as 5, 10ms, any, or {before: 5, after: 0}")
	}
	for _, side := range sides.members {
		to := &w.Before
		if side.name.Value == "after" {
			to = &w.After
		}
		if *to, err = s.bound(side.value, side.name.Value); err != nil {
			return err
		}
	}
	if w.Unit, err = expression.Unit(w.Before.Distance, w.After.Distance); err != nil {
		return w.After.text.Errorf("%v", err)
	}
	j.Within = w
	return nil
}

// bound reads a bound of a reach.
func (s *source) bound(node *yaml.Node, what string) (b Bound, err error) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() == "!!null" {
		return b, s.errorAt(s.locationOf(node), "%s must be a number, a duration or any, but this is %s", what, kindOf(node))
	}
	if b.text, err = s.text(node, what); err != nil {
		return b, err
	}
	text := b.text.Value
	if text == "any" {
		b.Any = true
		return b, nil
	}
	b.Distance, err = expression.ParseDistance(text)
	_, isNumber := expression.ParseNumber(text)
	switch {
	case err == nil:
		return b, nil
	case isNumber:
		return b, b.text.Errorf("%v", err)
	case errors.Is(err, instant.ErrDurationForm):
		return b, b.text.Errorf("%q is no distance: give a number in the keys' units, a duration such as 10ms or 1d where "+
			"they are times, or any for no bound", text)
	}
	return b, b.text.Errorf("%q is no distance: %v", text, err)
}

func (s *source) take(j *Join, m *member) (err error) {
	j.Take, err = word(s, m, map[string]engine.Take{
		"all": engine.TakeAll, "first": engine.TakeFirst, "last": engine.TakeLast, "nearest": engine.TakeNearest,
	}, "all", "first", "last", "nearest")
	return err
}

func (s *source) need(j *Join, m *member) (err error) {
	j.Need, err = word(s, m, map[string]engine.Need{
		"one": engine.NeedOne, "optional": engine.NeedNone, "absent": engine.NeedAbsent,
	}, "one", "optional", "absent")
	return err
}

// word returns what one of several words stands for.
func word[T any](s *source, m *member, meanings map[string]T, words ...string) (meaning T, err error) {
	t, err := s.text(m.value, m.name.Value)
	if err != nil {
		return meaning, err
	}
	meaning, ok := meanings[t.Value]
	if !ok {
		return meaning, t.Errorf("%s can't be %q%s", m.name.Value, t.Value, Suggest(t.Value, words))
	}
	return meaning, nil
}

func (s *source) equal(j *Join, m *member) error {
	equal, err := s.boolean(m.value, "equal")
	j.Unequal = !equal
	return err
}

func (s *source) unique(j *Join, m *member) (err error) {
	j.Unique, err = s.boolean(m.value, "unique")
	return err
}

// check returns an error for members that contradict each other, or leave a join that can't match, never hands anything
// over, or keeps a whole stream in memory. They are those of package keys, in the words of the file.
func (j *Join) check(m *mapping) error {
	at := func(name string) Text { return m.get(name).name }
	below, above := j.Within.isBounded()
	switch {
	case j.Unequal && !j.HasReach():
		return at("equal").Errorf("equal: false leaves out equal keys, and without a reach no others match: " +
			"give one, as in within: {before: 5}")
	case below && above && j.Within != nil && j.Within.isEmpty():
		return j.Within.At.Errorf("the reach begins above its end, so nothing lies in it: before counts down from the " +
			"left key and after up, and a negative number to the other side")
	case j.Need == engine.NeedAbsent && m.get("take") != nil:
		return at("take").Errorf("need: absent hands no match over, so that there is none to take: leave take out")
	case j.Need == engine.NeedAbsent && !above:
		return j.Within.After.text.Errorf("need: absent without a bound above waits for the end of the stream, since a " +
			"match may come until then: give one, as in after: 3600, or after: 1h where keys are times")
	case j.Need == engine.NeedAbsent:
		return nil
	case j.Take == engine.TakeAll && !(below && above):
		return j.Within.unbounded().Errorf("all matches of a reach without a bound would be all of a stream, which would " +
			"have to be kept in memory or waited for: give both bounds, or take one match by take: last, first or nearest")
	case j.Take == engine.TakeLast && !above:
		return j.Within.After.text.Errorf("take: last without a bound above waits for the end of the stream: " +
			"give one, as in after: 0")
	case j.Take != engine.TakeLast && len(j.By) > 0 && !above:
		return j.Within.After.text.Errorf("with by, this waits for ever where no element with the match key comes any " +
			"more: give a bound above, as in after: 10, or after: 10s where keys are times")
	}
	return nil
}

// isEmpty reports whether nothing lies in a reach that has both bounds.
func (w *Within) isEmpty() bool {
	return expression.CompareDistances(w.Before.Distance.Negated(), w.After.Distance) > 0
}

// unbounded returns the bound that isn't there.
func (w *Within) unbounded() Text {
	if w.Before.Any {
		return w.Before.text
	}
	return w.After.text
}
