package diagnosis

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// mostMembers is how many members of a stream's elements are tried as keys.
const mostMembers = 40

// otherMember is the remedy for a join that names another member than the one that holds the keys: the member of either
// side's elements that fits the other side's keys best, where chance doesn't make it fit.
func (j *join) otherMember() *trial {
	var best *trial
	for _, left := range []bool{true, false} {
		tries := j.replacements(left)
		for _, r := range tries {
			t := j.try(r)
			if t != nil && j.convinces(t) && t.isNoChance(math.Log(float64(len(tries)))-alike(t)) &&
				(best == nil || t.beats(best)) {
				best = t
			}
		}
	}
	return best
}

// alike is how much likelier, as a logarithm, a member is that has the name of the other side's.
func alike(t *trial) float64 {
	_, left, _ := strings.Cut(t.lhs, ".")
	_, right, _ := strings.Cut(t.rhs, ".")
	if left == right {
		return 4
	}
	return 0
}

// replacements returns the remedies that take other members for the key of one side.
func (j *join) replacements(left bool) (remedies []remedy) {
	n, key, other := j.child, j.child.Right, j.left
	side := func(v view) *sample.Part { return v.right }
	if left {
		n, key, other = j.child.Parent, j.child.Left, j.right
		side = func(v view) *sample.Part { return v.left }
	}
	example := j.firstElement(side)
	if example == nil {
		return nil
	}
	path, _, err := n.SoleMember(key)
	if err != nil {
		return nil
	}
	for _, member := range membersOf(example, other.isText()) {
		if len(path) == 1 && path[0] == member {
			continue
		}
		named := n.Name + mill.Access(member)
		text := replaceMember(key.String(), n.Name, path, named)
		if _, err := expression.Compile(text, n.Scope()); err != nil {
			continue
		}
		what := fmt.Sprintf("%s doesn't hold the keys of %s, but %s does", key, j.child.Parent.Name, named)
		r := rewrite(Field, what, j.child.Left.String(), text)
		if left {
			r.text = fmt.Sprintf("%s doesn't hold the keys of %s, but %s does", key, j.child.Name, named)
			r.lhs, r.rhs = text, j.child.Right.String()
		}
		remedies = append(remedies, r)
	}
	j.decodeAgain(n, side)
	return remedies
}

func (j *join) firstElement(side func(view) *sample.Part) *object.Object {
	for _, v := range j.views {
		if elements := side(v).Elements; len(elements) > 0 {
			return elements[len(elements)/2].(*object.Object)
		}
	}
	return nil
}

// decodeAgain decodes the elements of one side once more, for the members that expressions have named since.
func (j *join) decodeAgain(n *mill.Node, side func(view) *sample.Part) {
	for _, v := range j.views {
		for _, element := range side(v).Elements {
			o := element.(*object.Object)
			// What could be decoded can be decoded again.
			_ = n.Codec.Decode(o, o.Raw)
		}
	}
}

// membersOf returns the names of an element's members that are texts, or those that are numbers, in their order.
func membersOf(o *object.Object, text bool) (names []string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(o.Raw, &members) != nil {
		return nil
	}
	for name, value := range members {
		isText := value[0] == '"'
		isNumber := value[0] == '-' || value[0] >= '0' && value[0] <= '9'
		if text && isText || !text && isNumber {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), mostMembers)]
}

// replaceMember writes a key with another member instead of the one at a path; the member alone where the key isn't
// made of one that it names so.
func replaceMember(key, stream string, path []string, named string) string {
	if len(path) == 0 {
		return named
	}
	for _, written := range []string{stream + "." + strings.Join(path, "."), stream + "[" + words.Quoted(path[0]) + "]"} {
		if before, after, ok := strings.Cut(key, written); ok && !goesOn(after) {
			return before + named + after
		}
	}
	return named
}

func isNoLetter(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }

// goesOn reports whether the text behind a name makes it a longer one, or a step on the way to another member.
func goesOn(after string) bool {
	c, _ := utf8.DecodeRuneInString(after)
	return after != "" && (!isNoLetter(c) || strings.ContainsRune(".[(?", c))
}

// isNoChance reports whether a remedy matches more than members do that have nothing to do with each other: numbers
// that are dense match anyhow, unless they are in a range where few would be. tries is the logarithm of how many were
// tried.
func (t *trial) isNoChance(tries float64) bool {
	n := t.numeric()
	if n == nil {
		return t.matched >= 5
	}
	likely := 0.0
	for _, v := range n.views {
		if len(v.right) > 0 {
			likely = max(likely, math.Log(n.farthest/float64(v.right[len(v.right)-1]-v.right[0]+1)))
		}
	}
	right := n.all((*numericView).rightTicks)
	return likely+surprise(t.matched, t.comparable, density(right, 1))-tries > sure
}
