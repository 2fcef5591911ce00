package pipeline_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A tree is a random join tree with its streams, for the pipeline as for the oracle.
type tree struct {
	drawnStreams
	parent []int // -1 for the master
	// left and right are the key expressions of the edge to the parent; nil for the master.
	left, right []*keyForm
	swapped     []bool
	window      string // a key expression of the master, or "" for none
	count       int    // of masters in a window, or 0
	emit        bool   // write ids, counts and sums instead of joined elements
}

// A keyForm is a key expression over one member, and what it means.
type keyForm struct {
	expression string // with %s for the member
	text       bool
	number     func(*big.Rat) *big.Rat
}

func numberForms() []*keyForm {
	ratio := big.NewRat
	return []*keyForm{
		{expression: "%s", number: func(x *big.Rat) *big.Rat { return x }},
		{expression: "%s + 1", number: func(x *big.Rat) *big.Rat { return new(big.Rat).Add(x, ratio(1, 1)) }},
		{expression: "-0.5 + %s", number: func(x *big.Rat) *big.Rat { return new(big.Rat).Sub(x, ratio(1, 2)) }},
		{expression: "2 * (%s - 1)", number: func(x *big.Rat) *big.Rat {
			return new(big.Rat).Mul(ratio(2, 1), new(big.Rat).Sub(x, ratio(1, 1)))
		}},
		{expression: "floor(%s / 3)", number: func(x *big.Rat) *big.Rat { return floorRat(new(big.Rat).Quo(x, ratio(3, 1))) }},
		{expression: "%s + 0.1", number: func(x *big.Rat) *big.Rat { return new(big.Rat).Add(x, ratio(1, 10)) }},
		{expression: "0.7 * %s", number: func(x *big.Rat) *big.Rat { return new(big.Rat).Mul(x, ratio(7, 10)) }},
		{expression: "%s / 0.3", number: func(x *big.Rat) *big.Rat { return new(big.Rat).Quo(x, ratio(3, 10)) }},
		{expression: "floor(%s / 0.1)", number: func(x *big.Rat) *big.Rat { return floorRat(new(big.Rat).Mul(x, ratio(10, 1))) }},
		{expression: "last(sort([%s, 0.5]))", number: func(x *big.Rat) *big.Rat {
			if x.Cmp(ratio(1, 2)) < 0 {
				return ratio(1, 2)
			}
			return x
		}},
		{expression: "%s / 4", number: func(x *big.Rat) *big.Rat { return new(big.Rat).Quo(x, ratio(4, 1)) }},
		{expression: "max([%s, 3])", number: func(x *big.Rat) *big.Rat {
			if x.Cmp(ratio(3, 1)) < 0 {
				return ratio(3, 1)
			}
			return x
		}},
	}
}

func floorRat(x *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Div(x.Num(), x.Denom()))
}

func textForms() []*keyForm {
	return []*keyForm{{expression: "%s", text: true}, {expression: "'x' + %s", text: true}}
}

// key computes the key of an element as a text that is equal for equal keys; nothing for null, which matches nothing
// (R7a).
func (f *keyForm) key(element map[string]any, member string) string {
	if element[member] == nil {
		return ""
	}
	if f.text {
		return f.expression + element[member].(string)
	}
	x, ok := new(big.Rat).SetString(element[member].(json.Number).String())
	if !ok {
		panic("not a number")
	}
	return f.number(x).String()
}

// drawTree draws a join tree and its streams; with nulls some keys are null.
func drawTree(t *rapid.T, nulls bool) *tree {
	r := &tree{}
	nodes := rapid.IntRange(1, 6).Draw(t, "nodes")
	members := make([][]string, nodes) // of each node: the names and kinds of its keys
	for i := range nodes {
		r.names = append(r.names, string(rune('a'+i)))
		r.parent = append(r.parent, i-1)
		r.left, r.right = append(r.left, nil), append(r.right, nil)
		r.swapped = append(r.swapped, rapid.Bool().Draw(t, "swapped"))
		if i == 0 {
			continue
		}
		r.parent[i] = rapid.IntRange(0, i-1).Draw(t, "parent")
		forms, kind := numberForms(), "number"
		if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
			forms, kind = textForms(), "text"
		}
		r.left[i] = rapid.SampledFrom(forms).Draw(t, "left")
		r.right[i] = rapid.SampledFrom(forms).Draw(t, "right")
		if kind == "text" || rapid.Bool().Draw(t, "alike") {
			r.right[i] = r.left[i]
		}
		members[i] = append(members[i], "up "+kind)
		members[r.parent[i]] = append(members[r.parent[i]], "down_"+r.names[i]+" "+kind)
	}
	base, ok := new(big.Rat).SetString(rapid.SampledFrom([]string{"0", "0", "9007199254740992", "-3", "1700000000", "1e40"}).Draw(t, "base"))
	if !ok {
		panic("no number")
	}
	unit := rapid.SampledFrom([]int{0, 1, 1, 9, 25}).Draw(t, "decimals")
	for i := range nodes {
		r.elements = append(r.elements, drawElements(t, members[i], base, unit, nulls))
	}
	r.emit = rapid.Bool().Draw(t, "emit")
	switch rapid.IntRange(0, 3).Draw(t, "window") {
	case 0:
		r.window = "floor(a.id / 3)"
	case 1:
		r.count = rapid.IntRange(1, 3).Draw(t, "count")
	}
	return r
}

// drawElements draws the elements of a stream, along which every key grows.
func drawElements(t *rapid.T, members []string, base *big.Rat, decimals int, nulls bool) []string {
	at := make([]int64, len(members))
	var elements []string
	for id := range rapid.IntRange(0, 9).Draw(t, "elements") {
		parts := []string{fmt.Sprintf(`"id":%d`, id)}
		for i, member := range members {
			at[i] += rapid.SampledFrom([]int64{0, 0, 1, 1, 2, 5}).Draw(t, "step")
			name, kind, _ := strings.Cut(member, " ")
			value := fmt.Sprintf(`"k%02d"`, at[i])
			if kind == "number" {
				value = drawNumber(t, at[i], base, decimals)
			}
			if nulls && rapid.IntRange(0, 7).Draw(t, "null") == 0 {
				value = "null"
			}
			parts = append(parts, fmt.Sprintf("%q:%s", name, value))
		}
		space := rapid.SampledFrom([]string{"", " "}).Draw(t, "space")
		elements = append(elements, "{"+strings.Join(rapid.Permutation(parts).Draw(t, "members"), ","+space)+"}")
	}
	return elements
}

// drawNumber writes n above base, in units of the last of so many decimals, in one of the ways in which JSON can.
func drawNumber(t *rapid.T, n int64, base *big.Rat, decimals int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	x := new(big.Rat).SetFrac(big.NewInt(n), scale)
	x.Add(x, base)
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return x.FloatString(decimals + 2)
	case 1:
		return x.FloatString(decimals+1) + "e0"
	case 2:
		return new(big.Int).Div(new(big.Int).Mul(x.Num(), scale), x.Denom()).String() + fmt.Sprintf("E-%d", decimals)
	}
	return x.FloatString(decimals)
}

// yaml writes the tree as a pipeline file.
func (r *tree) yaml() string {
	var text strings.Builder
	text.WriteString("streams:\n  out: {file: out.jsonl}\n")
	for _, name := range r.names {
		fmt.Fprintf(&text, "  %s: {file: %s.jsonl}\n", name, name)
	}
	text.WriteString("master: a\noutput: out\n")
	for i := range r.names {
		if i == 0 {
			if len(r.names) > 1 {
				text.WriteString("join:\n")
			}
			continue
		}
		parent := r.names[r.parent[i]]
		sides := [2]string{
			fmt.Sprintf(r.left[i].expression, parent+".down_"+r.names[i]),
			fmt.Sprintf(r.right[i].expression, r.names[i]+".up"),
		}
		if r.swapped[i] {
			sides[0], sides[1] = sides[1], sides[0]
		}
		fmt.Fprintf(&text, "  - {left: %s, right: %s, on: \"%s == %s\"}\n", parent, r.names[i], sides[0], sides[1])
	}
	if r.window != "" {
		fmt.Fprintf(&text, "window: %s\n", r.window)
	}
	if r.count > 0 {
		fmt.Fprintf(&text, "window: {count: %d}\n", r.count)
	}
	if r.emit {
		text.WriteString("emit:\n  id: " + r.lists("a[0]", "a") + ".id\n")
		for _, list := range r.emitted() {
			fmt.Fprintf(&text, "  n_%[1]s: len(%[1]s)\n  s_%[1]s: sum(%[1]s, .id)\n  l_%[1]s: %[1]s[-1].id\n", list)
			fmt.Fprintf(&text, "  u_%[1]s: map(filter(%[1]s, .id > 2), .up ?? nil)\n", list)
		}
	}
	return text.String()
}

// lists returns the first text for a pipeline with a window, the second for one without.
func (r *tree) lists(with, without string) string {
	if r.window != "" || r.count > 0 {
		return with
	}
	return without
}

// emitted returns the lists that emit has by their names: the windows, or else the children.
func (r *tree) emitted() []string {
	if r.lists("window", "") != "" {
		return []string{"a"}
	}
	var names []string
	for child := range r.names {
		if r.parent[child] == 0 {
			names = append(names, r.names[child])
		}
	}
	return names
}

// project is the oracle for emit: it makes of a joined element what is written.
func (r *tree) project(joined string) string {
	if !r.emit {
		return joined
	}
	members := parse(joined)
	var text strings.Builder
	if list, ok := members["a"].([]any); ok {
		fmt.Fprintf(&text, `{"id":%v`, list[0].(map[string]any)["id"])
	} else {
		fmt.Fprintf(&text, `{"id":%v`, members["id"])
	}
	for _, name := range r.emitted() {
		list := members[name].([]any)
		sum, last := int64(0), int64(0)
		var ups []string
		for _, item := range list {
			last, _ = item.(map[string]any)["id"].(json.Number).Int64()
			sum += last
			if last > 2 {
				up, err := json.Marshal(item.(map[string]any)["up"]) // a number as it is written
				if err != nil {
					panic(err)
				}
				ups = append(ups, string(up))
			}
		}
		fmt.Fprintf(&text, `,"n_%[1]s":%[2]d,"s_%[1]s":%[3]d,"l_%[1]s":%[4]d`, name, len(list), sum, last)
		fmt.Fprintf(&text, `,"u_%s":[%s]`, name, strings.Join(ups, ","))
	}
	return text.String() + "}"
}

func parse(element string) map[string]any {
	decoder := json.NewDecoder(strings.NewReader(element))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		panic(err)
	}
	return members
}

// joined is the oracle: nested loops over R2. It returns an element of a node with its matches, as it is written; false
// for one that isn't complete.
func (r *tree) joined(node int, element string) (string, bool) {
	text := strings.TrimSuffix(element, "}")
	members := parse(element)
	for child := range r.names {
		if child == 0 || r.parent[child] != node {
			continue
		}
		var matches []string
		key := r.left[child].key(members, "down_"+r.names[child])
		for _, candidate := range r.elements[child] {
			if key == "" || r.right[child].key(parse(candidate), "up") != key {
				continue
			}
			if match, complete := r.joined(child, candidate); complete {
				matches = append(matches, match)
			}
		}
		if len(matches) == 0 {
			return "", false
		}
		text += fmt.Sprintf(",%q:[%s]", r.names[child], strings.Join(matches, ","))
	}
	return text + "}", true
}

// results is the oracle for whole runs: R3 and R4.
func (r *tree) results() string {
	var results, open []string
	flush := func() {
		if len(open) > 0 {
			results = append(results, r.project(`{"a":[`+strings.Join(open, ",")+"]}"))
		}
		open = nil
	}
	last := int64(0)
	for _, element := range r.elements[0] {
		if r.window != "" {
			id, err := parse(element)["id"].(json.Number).Int64()
			if err != nil {
				panic(err)
			}
			if id/3 != last {
				flush()
			}
			last = id / 3
		}
		joined, complete := r.joined(0, element)
		switch {
		case !complete:
		case r.window == "" && r.count == 0:
			results = append(results, r.project(joined))
		default:
			open = append(open, joined)
			if len(open) == r.count {
				flush()
			}
		}
	}
	flush()
	if len(results) == 0 {
		return ""
	}
	return strings.Join(results, "\n") + "\n"
}

// TestRandomTrees runs random join trees from files to a file and compares every byte with the oracle's (R1 to R5).
func TestRandomTrees(t *testing.T) {
	eachTree(t, func(t *rapid.T) *tree { return drawTree(t, true) }, runTree)
}
