package diagnosis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// interleaved says that elements of several things lie in both streams, and that the join takes those of one for those of
// another: each of 12 robots for the samples of all, say. It offers the match key that keeps them apart.
//
// A join of equal keys shows that by keys that both sides have several times: what belongs to each other is among pairs
// that don't then. With a reach any two streams make many pairs, and the values of a member tell: there are the same few
// names on both sides, and each element finds a match of its own name, too.
func (j *join) interleaved() []Finding {
	if len(j.relation.By) > 0 || j.asIs.matched < 5 {
		return nil
	}
	if j.relation.IsPoint() && (!j.hasManyToMany() || j.asIs.share() < middling) {
		return nil
	}
	var best *trial
	var found []string
	for _, c := range j.matchKeys() {
		t := j.try(c.remedy)
		if t != nil && j.keepsApart(t, c.values) && (best == nil || t.pairs < best.pairs) {
			best, found = t, c.values
		}
	}
	if best == nil {
		return nil
	}
	f := best.finding(j.child)
	f.Text = fmt.Sprintf("%s share both streams, %s and so on, and the join takes elements of one for those of another",
		words.Count(len(found), "value")+" of "+best.text, strings.Join(found[:2], ", "))
	f.Evidence = fmt.Sprintf("then %s, in %d pairs; as it is, %d of %d, in %d", best.result(j.child.Parent.Name), best.pairs,
		j.asIs.matched, j.asIs.comparable, j.asIs.pairs)
	return []Finding{f}
}

// hasManyToMany reports whether most keys that match are there several times on both sides.
func (j *join) hasManyToMany() bool {
	const several = 1.5
	m := j.asIs
	return float64(m.pairs) >= several*float64(m.matched) && float64(m.pairs) >= several*float64(m.used)
}

// A matchKey is a member that may be a match key, with the values that both sides have of it.
type matchKey struct {
	remedy
	values []string
}

// matchKeys returns the members of the same name on both sides that may be match keys: names, and numbers that are few.
func (j *join) matchKeys() (keys []matchKey) {
	left, right := j.scalars(func(v view) []any { return v.left.Elements }), j.scalars(func(v view) []any {
		return v.right.Elements
	})
	var members []string
	for member := range left {
		if right[member] != nil {
			members = append(members, member)
		}
	}
	slices.Sort(members)
	for _, member := range members[:min(len(members), mostMembers)] {
		values := left[member].common(right[member])
		if values == nil || !j.relation.IsPoint() && !left[member].areNames(member, right[member]) {
			continue
		}
		by := [2]string{j.child.Parent.Name + mill.Access(member), j.child.Name + mill.Access(member)}
		l, errLeft := expression.Compile(by[0], j.child.Parent.Scope())
		r, errRight := expression.Compile(by[1], j.child.Scope())
		if errLeft != nil || errRight != nil {
			continue
		}
		remedy := rewrite(MatchKey, member, j.child.Left.String(), j.child.Right.String())
		remedy.add = "by: " + words.Quoted(by[0]+" == "+by[1])
		remedy.change = func(relation *mill.Relation) { relation.By = append(relation.By, mill.MatchKey{Left: l, Right: r}) }
		keys = append(keys, matchKey{remedy, values})
	}
	j.decodeAgain(j.child.Parent, func(v view) *sample.Part { return v.left })
	j.decodeAgain(j.child, func(v view) *sample.Part { return v.right })
	return keys
}

// Scalars are the values that a member has along one side.
type scalars struct {
	values map[string]*scalar
	all    int
	// texts says that all are texts, and whole that all are whole numbers.
	texts, whole bool
}

// A scalar is one value: how often it comes, at which element last, and how far its elements lie apart, in elements.
type scalar struct {
	times, last      int
	apart, apartSqrd float64
}

func (s *scalar) add(element int) {
	if s.times++; s.times > 1 {
		gap := float64(element - s.last)
		s.apart, s.apartSqrd = s.apart+gap, s.apartSqrd+gap*gap
	}
	s.last = element
}

// scalars returns the values of the members of one side's elements that are texts and numbers in all of them.
func (j *join) scalars(side func(view) []any) map[string]*scalars {
	members := map[string]*scalars{}
	elements := 0
	for _, v := range j.views {
		for _, element := range side(v) {
			elements++
			var all map[string]json.RawMessage
			if json.Unmarshal(element.(*object.Object).Raw, &all) != nil {
				return nil
			}
			for name, value := range all {
				noteScalar(members, name, value, elements)
			}
		}
	}
	for name, s := range members {
		if s.all < elements {
			delete(members, name)
		}
	}
	return members
}

// noteScalar notes the value of a member of the element with the number given, where it is a text or a number.
func noteScalar(members map[string]*scalars, name string, value json.RawMessage, element int) {
	isText := value[0] == '"'
	if !isText && (value[0] != '-' && (value[0] < '0' || value[0] > '9')) {
		return
	}
	if members[name] == nil {
		members[name] = &scalars{values: map[string]*scalar{}, texts: true, whole: true}
	}
	s := members[name]
	s.texts, s.whole = s.texts && isText, s.whole && !isText && !bytes.ContainsAny(value, ".eE")
	s.all++
	if s.values[string(value)] == nil {
		s.values[string(value)] = &scalar{}
	}
	s.values[string(value)].add(element)
}

// common returns the values that both sides have of a member, in order; none where they aren't a few that come again and
// again on both sides, and mostly the same.
func (s *scalars) common(other *scalars) (values []string) {
	either := len(other.values)
	for value := range s.values {
		if other.values[value] != nil {
			values = append(values, value)
		} else {
			either++
		}
	}
	const most, same = 0.34, 0.8
	for _, side := range []*scalars{s, other} {
		if float64(len(side.values)) > most*float64(side.all) {
			return nil
		}
	}
	if len(values) < 2 || float64(len(values)) < same*float64(either) {
		return nil
	}
	slices.Sort(values)
	return values
}

// areNames reports whether the values of a member name things: several, of which none is most of all. Whole numbers do where the
// member is called an id, or where the elements of each come at even distances on one side, as those of 12 robots do that are
// asked in turn, and those of a grade of quality don't.
func (s *scalars) areNames(member string, other *scalars) bool {
	most := 0
	for _, value := range s.values {
		most = max(most, value.times)
	}
	lower := strings.ToLower(member)
	isName := s.texts || lower == "id" || strings.HasSuffix(lower, "_id") || strings.HasSuffix(member, "Id") ||
		strings.HasSuffix(member, "ID") || s.whole && other.whole && (s.areEven() || other.areEven())
	const share = 0.6
	return isName && len(s.values) >= 3 && float64(most) <= share*float64(s.all)
}

// areEven reports whether the elements of each value come at even distances: these vary by less than half of their mean,
// where they would by about all of it if the values were drawn.
func (s *scalars) areEven() bool {
	const few, even = 5, 0.5
	variance, gaps := 0.0, 0
	for _, value := range s.values {
		n := value.times - 1
		if n < few {
			continue
		}
		mean := value.apart / float64(n)
		variance += float64(n) * (value.apartSqrd/float64(n)/(mean*mean) - 1) // relative to the mean
		gaps += n
	}
	return 2*gaps > s.all && variance < even*even*float64(gaps)
}

// keepsApart reports whether a match key takes pairs away, and hardly a match.
func (j *join) keepsApart(t *trial, values []string) bool {
	const kept, nearlyOne = 0.95, 1.1
	if t.matched < 5 || t.share() < kept*j.asIs.share() {
		return false
	}
	if j.relation.IsPoint() {
		one := max(t.matched, t.used)
		return float64(t.pairs) <= nearlyOne*float64(one) && float64(t.used) >= kept*float64(j.asIs.used)
	}
	// Of n things each has about the n-th part of the pairs.
	return float64(t.pairs*len(values)) <= 2*float64(j.asIs.pairs)
}
