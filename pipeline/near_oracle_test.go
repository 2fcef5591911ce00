package pipeline_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/pipeline"
)

// A nearTree is a random join tree of near keys, for the pipeline as for the oracle. The key of each element is its
// member t, a decimal or an instant, and the match key its member k.
type nearTree struct {
	drawnStreams
	parent   []int // -1 for the master
	edges    []nearEdge
	instants bool
	emit     bool
}

// A nearEdge is what a join says.
type nearEdge struct {
	// before and after are counts of the keys' smallest steps; anyBefore and anyAfter say that there is no such bound, and
	// equal that there is no reach.
	before, after       int64
	anyBefore, anyAfter bool
	isEqual             bool
	take, need          string
	by, unequal         bool
	swapped             bool
}

func drawNearTree(t *rapid.T) *nearTree {
	r := &nearTree{instants: rapid.Bool().Draw(t, "instants"), emit: rapid.Bool().Draw(t, "emit")}
	base := rapid.SampledFrom([]string{"0", "-2", "9007199254740993", "1700000000.1234567890123456789"}).Draw(t, "base")
	for i := range rapid.IntRange(2, 4).Draw(t, "nodes") {
		r.names = append(r.names, string(rune('a'+i)))
		r.elements = append(r.elements, r.drawElements(t, base))
		if i == 0 {
			r.parent, r.edges = append(r.parent, -1), append(r.edges, nearEdge{})
			continue
		}
		r.parent = append(r.parent, rapid.IntRange(0, i-1).Draw(t, "parent"))
		r.edges = append(r.edges, drawNearEdge(t))
	}
	return r
}

// drawNearEdge draws what a join may say that isn't refused.
func drawNearEdge(t *rapid.T) nearEdge {
	e := nearEdge{
		take: rapid.SampledFrom([]string{"all", "all", "first", "last", "nearest"}).Draw(t, "take"),
		need: rapid.SampledFrom([]string{"one", "optional", "optional", "absent"}).Draw(t, "need"),
		by:   rapid.Bool().Draw(t, "by"), swapped: rapid.Bool().Draw(t, "swapped"),
		isEqual: rapid.IntRange(0, 4).Draw(t, "equal keys") == 0,
	}
	if e.need == "absent" {
		e.take = "all"
	}
	if e.isEqual {
		return e
	}
	e.before = int64(rapid.IntRange(-2, 4).Draw(t, "before"))
	e.after = max(-e.before, int64(rapid.IntRange(-2, 4).Draw(t, "after")))
	e.unequal = (e.before != 0 || e.after != 0) && rapid.IntRange(0, 2).Draw(t, "unequal") == 0
	e.anyBefore = (e.take != "all" || e.need == "absent") && rapid.IntRange(0, 2).Draw(t, "any before") == 0
	e.anyAfter = (e.take == "first" || e.take == "nearest") && !e.by && rapid.IntRange(0, 2).Draw(t, "any after") == 0
	return e
}

// drawElements draws a stream, along which t grows unless it is null.
func (r *nearTree) drawElements(t *rapid.T, base string) (elements []string) {
	at := int64(0)
	for id := range rapid.IntRange(0, 8).Draw(t, "elements") {
		at += rapid.SampledFrom([]int64{0, 0, 1, 1, 2, 5}).Draw(t, "step")
		key := r.drawKey(t, at, base)
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			key = "null"
		}
		match := rapid.SampledFrom([]string{`"x"`, `"x"`, `"y"`, "null"}).Draw(t, "match key")
		elements = append(elements, fmt.Sprintf(`{"id":%d,"t":%s,"k":%s}`, id, key, match))
	}
	return elements
}

// drawKey writes a key so many steps above the base: of 0.1, or of a nanosecond.
func (r *nearTree) drawKey(t *rapid.T, steps int64, base string) string {
	if r.instants {
		zone := time.FixedZone("", 3600*rapid.IntRange(0, 2).Draw(t, "zone"))
		return fmt.Sprintf("%q", time.Unix(1700000000, steps).In(zone).Format(time.RFC3339Nano))
	}
	x, ok := new(big.Rat).SetString(base)
	if !ok {
		panic("no number")
	}
	return x.Add(x, big.NewRat(steps, 10)).FloatString(20)
}

// steps returns a bound as the pipeline file has it.
func (r *nearTree) steps(n int64, isAny bool) string {
	switch {
	case isAny:
		return "any"
	case r.instants:
		return fmt.Sprintf("%dns", n)
	}
	return big.NewRat(n, 10).FloatString(1)
}

func (r *nearTree) yaml() string {
	var text strings.Builder
	text.WriteString("streams:\n  out: {file: out.jsonl}\n")
	for _, name := range r.names {
		fmt.Fprintf(&text, "  %s: {file: %s.jsonl}\n", name, name)
	}
	text.WriteString("master: a\noutput: out\njoin:\n")
	for i, e := range r.edges[1:] {
		left, right := r.names[r.parent[i+1]], r.names[i+1]
		sides := [2]string{left + ".t", right + ".t"}
		if r.instants {
			sides = [2]string{"date(" + sides[0] + ")", "date(" + sides[1] + ")"}
		}
		if e.swapped {
			sides[0], sides[1] = sides[1], sides[0]
		}
		fmt.Fprintf(&text, "  - {left: %s, right: %s, on: \"%s == %s\", need: %s", left, right, sides[0], sides[1], e.need)
		if e.need != "absent" {
			fmt.Fprintf(&text, ", take: %s", e.take)
		}
		if e.by {
			fmt.Fprintf(&text, ", by: [%s.k == %s.k]", right, left)
		}
		if !e.isEqual {
			fmt.Fprintf(&text, ", within: {before: %s, after: %s}", r.steps(e.before, e.anyBefore), r.steps(e.after, e.anyAfter))
		}
		fmt.Fprintf(&text, ", equal: %v}\n", !e.unequal)
	}
	if r.emit {
		text.WriteString("emit:\n  id: a.id\n")
		for i := range r.names {
			if r.isEmitted(i) {
				fmt.Fprintf(&text, "  %s: '%s'\n", r.names[i], r.form(i))
			}
		}
	}
	return text.String()
}

// key returns the key of an element in steps; nil for null.
func (r *nearTree) key(element map[string]any) *big.Rat {
	switch t := element["t"].(type) {
	case json.Number:
		x, ok := new(big.Rat).SetString(t.String())
		if !ok {
			panic("no number")
		}
		return x.Mul(x, big.NewRat(10, 1))
	case string:
		at, err := time.Parse(time.RFC3339Nano, t)
		if err != nil {
			panic(err)
		}
		return big.NewRat(at.UnixNano(), 1)
	}
	return nil
}

// candidate is a complete element within reach, written with its matches, and its distance from the left key.
type candidate struct {
	text     string
	id       int64
	distance *big.Rat
}

// candidates returns the candidates of an element at a child, in stream order (R2).
func (r *nearTree) candidates(child int, element map[string]any) (found []candidate) {
	e, left := r.edges[child], r.key(element)
	for _, text := range r.elements[child] {
		other := parse(text)
		right := r.key(other)
		if left == nil || right == nil || e.by && (element["k"] == nil || element["k"] != other["k"]) {
			continue
		}
		distance := new(big.Rat).Sub(right, left)
		if !e.anyBefore && distance.Cmp(big.NewRat(-e.before, 1)) < 0 ||
			!e.anyAfter && distance.Cmp(big.NewRat(e.after, 1)) > 0 || e.unequal && distance.Sign() == 0 {
			continue
		}
		if joined, complete := r.joined(child, text); complete {
			id, err := other["id"].(json.Number).Int64()
			if err != nil {
				panic(err)
			}
			found = append(found, candidate{joined, id, distance})
		}
	}
	return found
}

// taken returns those candidates that are matches (R2).
func (e *nearEdge) taken(all []candidate) []candidate {
	if len(all) == 0 {
		return nil
	}
	switch e.take {
	case "first":
		return all[:1]
	case "last":
		return all[len(all)-1:]
	case "nearest":
		best := 0
		for i := range all {
			order := new(big.Rat).Abs(all[i].distance).Cmp(new(big.Rat).Abs(all[best].distance))
			// Of equal keys below the left one, or at it, the last is nearest, and of those above it the first.
			if order < 0 || order == 0 && all[i].distance.Sign() <= 0 {
				best = i
			}
		}
		return all[best : best+1]
	}
	return all
}

// joined is the oracle: it returns an element with its matches, as it is written; false for one that isn't complete.
func (r *nearTree) joined(node int, element string) (string, bool) {
	text := strings.TrimSuffix(element, "}")
	for child := 1; child < len(r.names); child++ {
		if r.parent[child] != node {
			continue
		}
		e := r.edges[child]
		matches := e.taken(r.candidates(child, parse(element)))
		switch {
		case e.need == "absent" && len(matches) > 0, e.need == "one" && len(matches) == 0:
			return "", false
		case e.need == "absent":
			continue
		}
		var texts []string
		for _, match := range matches {
			texts = append(texts, match.text)
		}
		joined := "[" + strings.Join(texts, ",") + "]"
		if e.take != "all" {
			joined = "null"
			if len(texts) > 0 {
				joined = texts[0]
			}
		}
		text += fmt.Sprintf(",%q:%s", r.names[child], joined)
	}
	return text + "}", true
}

// emitted is the oracle for emit.
func (r *nearTree) emitted(element string) string {
	members := parse(element)
	text := fmt.Sprintf(`{"id":%v`, members["id"])
	for child := range r.names {
		if r.isEmitted(child) {
			text += fmt.Sprintf(",%q:%d", r.names[child], r.value(child, members))
		}
	}
	return text + "}"
}

// isEmitted reports whether emit has a value of a child.
func (r *nearTree) isEmitted(child int) bool {
	return r.parent[child] == 0 && r.edges[child].need != "absent"
}

// value is the oracle for what emit has of a child.
func (r *nearTree) value(child int, master map[string]any) (value int64) {
	e := r.edges[child]
	matches := e.taken(r.candidates(child, master))
	switch {
	case e.take == "all":
		for _, match := range matches {
			value += match.id + 10
		}
	case len(matches) == 0:
		value = -1
	default:
		value = matches[0].id
	}
	return value
}

// form is the expression of that value.
func (r *nearTree) form(child int) string {
	if r.edges[child].take == "all" {
		return fmt.Sprintf("sum(%[1]s, .id) + 10 * len(%[1]s)", r.names[child])
	}
	return r.names[child] + "?.id ?? -1"
}

func (r *nearTree) results() (text string) {
	for _, element := range r.elements[0] {
		joined, complete := r.joined(0, element)
		switch {
		case !complete:
		case r.emit:
			text += r.emitted(element) + "\n"
		default:
			text += joined + "\n"
		}
	}
	return text
}

// TestRandomTreesOfNearKeys runs random join trees with reaches, takes, needs and match keys, over decimals and
// instants, and compares every byte with the oracle's (R2, R3, R7a).
func TestRandomTreesOfNearKeys(t *testing.T) {
	eachTree(t, drawNearTree, runTree)
}

// TestRehearsalsOfNearKeys has check give emit what a run gives it: of each master the expressions fail that find other
// matches than the oracle.
func TestRehearsalsOfNearKeys(t *testing.T) {
	eachTree(t, drawNearTree, func(t *rapid.T, r *nearTree, dir string) {
		r.emit = false
		text := r.yaml() + "emit:\n  id: a.id\n"
		for child := range r.names {
			if !r.isEmitted(child) {
				continue
			}
			var wanted []string
			for _, element := range r.elements[0] {
				wanted = append(wanted, fmt.Sprint(r.value(child, parse(element))))
			}
			text += fmt.Sprintf("  %s: '1 / ((%s) == [%s][a.id] ? 1 : 0)'\n", r.names[child], r.form(child),
				strings.Join(wanted, ", "))
		}
		p, err := pipeline.Parse(filepath.Join(dir, "tree.yaml"), []byte(text))
		if err != nil {
			t.Fatalf("%s%v", text, err)
		}
		report, err := p.Check(t.Context(), quiet())
		if err != nil || len(report.Problems) > 0 {
			t.Fatalf("%s%v\n%v, %v", text, r, report.Problems, err)
		}
	})
}
