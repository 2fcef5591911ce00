package jointree_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/jointree"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/internal/signature"
)

type (
	Audio struct{ Time int }
	Video struct{ Time int }
	Box   struct{ Frame int }
	Text  struct{ Text string }
	Loose struct{ Info any }
)

// A side is a side of a join: an element type and the name of a node.
type side struct {
	t    reflect.Type
	name string
}

func of[T any](name ...string) side { return side{reflect.TypeFor[T](), strings.Join(name, "")} }

// join returns a join that mistakes call like its sides.
func join(left, right side) *declaration.Join {
	j := &declaration.Join{Left: left.t, Right: right.t, Name: right.name, LeftName: left.name, HasLeft: left.name != ""}
	j.Option = declaration.Many(left.t.Name()+left.name+"-"+right.t.Name()+right.name, nil)
	return j
}

// declared has streams of all types, and one of boxes named back.
func declared(joins ...*declaration.Join) *jointree.Declared {
	return &jointree.Declared{Joins: joins, Source: true, Inputs: declaration.Streams{
		broker.NewStream[Audio]("audio"), broker.NewStream[Video]("video"), broker.NewStream[Box]("boxes"),
		named(broker.NewStream[Box]("back-boxes"), "back"), broker.NewStream[Loose]("loose"),
	}}
}

func named(s broker.Stream, name string) broker.Stream {
	s.As = name
	return s
}

// treeText writes a tree as its nodes below one another: Audio(Video(Box), Box/back).
func treeText(t *jointree.Tree, n *jointree.Node) string {
	text := t.NameOf(n)
	var children []string
	for _, c := range n.Children {
		children = append(children, treeText(t, c))
	}
	if len(children) > 0 {
		text += "(" + strings.Join(children, ", ") + ")"
	}
	return text
}

func ofJoins(joins ...*declaration.Join) (*jointree.Tree, mistake.List) {
	return jointree.OfJoins(reflect.TypeFor[Audio](), "parameter 1", declared(joins...))
}

// TestTrees checks where joins hang their nodes.
func TestTrees(t *testing.T) {
	for _, c := range []struct {
		name, want string
		joins      []*declaration.Join
	}{
		{"no joins", "Audio", nil},
		{"star", "Audio(Video, Box)", []*declaration.Join{join(of[Audio](), of[Video]()), join(of[Audio](), of[Box]())}},
		{"chain", "Audio(Video(Box))", []*declaration.Join{join(of[Audio](), of[Video]()), join(of[Video](), of[Box]())}},
		{"chain, from its end", "Audio(Video(Box))",
			[]*declaration.Join{join(of[Video](), of[Box]()), join(of[Audio](), of[Video]())}},
		{"self-join", "Audio(Audio/next)", []*declaration.Join{join(of[Audio](), of[Audio]("next"))}},
		{"named", "Audio(Video(Box, Box/back))", []*declaration.Join{join(of[Audio](), of[Video]()),
			join(of[Video](), of[Box]()), join(of[Video](), of[Box]("back"))}},
		{"left", "Audio(Box(Text), Box/back(Video))", []*declaration.Join{join(of[Audio](), of[Box]()),
			join(of[Audio](), of[Box]("back")), join(of[Box]("back"), of[Video]()), join(of[Box](), of[Text]())}},
		{"the only one, though it has a name", "Audio(Box/back(Video))",
			[]*declaration.Join{join(of[Audio](), of[Box]("back")), join(of[Box](), of[Video]())}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, mistakes := ofJoins(c.joins...)
			if len(mistakes) > 0 {
				t.Fatal(mistakes)
			}
			if got := treeText(tree, tree.Master); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestTreeMistakes checks each rule that joins may break.
func TestTreeMistakes(t *testing.T) {
	const apart = "leave one out, or tell two streams of a type apart by leat.Named"
	for _, c := range []struct {
		name, want string
		joins      []*declaration.Join
	}{
		{"itself", "Audio-Audio: jointree_test.Audio is joined with itself; " +
			"a self-join needs a type of its own for each node: " +
			"type NextAudio Audio, or leat.Named", []*declaration.Join{join(of[Audio](), of[Audio]())}},
		{"master on the right", "Video-Audio: the master jointree_test.Audio is on the right of a join, " +
			"which makes a loop; the master " +
			"can be on the left only: swap the sides, or make jointree_test.Video the function's first element",
			[]*declaration.Join{join(of[Video](), of[Audio]())}},
		{"twice", "Audio-Video: jointree_test.Audio is joined with jointree_test.Video already, by Audio-Video; " + apart,
			[]*declaration.Join{join(of[Audio](), of[Video]()), join(of[Audio](), of[Video]())}},
		{"two parents", "Video-Box: jointree_test.Box has two parents, jointree_test.Video here and jointree_test.Audio " +
			"by Audio-Box; " +
			apart, []*declaration.Join{join(of[Audio](), of[Video]()), join(of[Audio](), of[Box]()),
			join(of[Video](), of[Box]())}},
		{"unknown left", "Text-Box: its left type jointree_test.Text is neither the master jointree_test.Audio nor on the " +
			"right of another join; the tree has jointree_test.Audio and jointree_test.Box",
			[]*declaration.Join{join(of[Text](), of[Box]())}},
		{"unknown left name", `Boxfront-Video: leat.Left("front") names no node; ` +
			`those of jointree_test.Box have no name and the name "back"`,
			[]*declaration.Join{join(of[Audio](), of[Box]()), join(of[Audio](), of[Box]("back")),
				join(of[Box]("front"), of[Video]())}},
		{"two lefts", `Box-Video: its left node may be jointree_test.Box named "a" and jointree_test.Box named "b"; ` +
			"say which by leat.Left(name)", []*declaration.Join{join(of[Audio](), of[Box]("a")), join(of[Audio](), of[Box]("b")),
			join(of[Box](), of[Video]())}},
		{"loop", "Video-Box: the joins make a loop: jointree_test.Box -> jointree_test.Video -> jointree_test.Box; " +
			"one of these must be joined to the master jointree_test.Audio", []*declaration.Join{join(of[Video](), of[Box]()),
			join(of[Box](), of[Video]())}},
		{"two mistakes", "Audio-Audio: jointree_test.Audio is joined with itself; " +
			"a self-join needs a type of its own for each node: type NextAudio Audio, or leat.Named\n" +
			"Audio-Video: jointree_test.Audio is joined with jointree_test.Video already, by Audio-Video; " + apart,
			[]*declaration.Join{join(of[Audio](), of[Audio]()), join(of[Audio](), of[Video]()), join(of[Audio](), of[Video]())}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, mistakes := ofJoins(c.joins...)
			if got := text(mistakes); got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
			if tree != nil {
				t.Error("there is a tree")
			}
		})
	}
}

// text returns mistakes without the places of options.
func text(mistakes []error) string {
	var words []string
	for _, m := range mistakes {
		words = append(words, m.Error())
	}
	return regexp.MustCompile(` \(\w+\.go:\d+\)`).ReplaceAllString(strings.Join(words, "\n"), "")
}

// row returns a row of a typed function's input.
func row[T any](path string, lists ...*signature.List) *signature.Row {
	return &signature.Row{Node: field[T](path), Lists: lists}
}

// list returns a list in a row, of elements or, where it has lists itself, of rows.
func list[T any](path string, lists ...*signature.List) *signature.List {
	l := &signature.List{Node: field[T](path)}
	if len(lists) > 0 {
		l.Row = row[T](path, lists...)
	}
	return l
}

func field[T any](path string) signature.Node {
	return signature.Node{Element: reflect.TypeFor[T](), Name: path[strings.LastIndexByte(path, '.')+1:], Path: path,
		Origin: "field " + path, Copied: true}
}

// TestInputTrees checks which field each join is for.
func TestInputTrees(t *testing.T) {
	av, vb, ab := join(of[Audio](), of[Video]()), join(of[Video](), of[Box]()), join(of[Audio](), of[Box]())
	called := func(j *declaration.Join, name, left string) *declaration.Join {
		c := *j
		c.Name, c.LeftName, c.HasLeft = name, left, left != ""
		return &c
	}
	for _, c := range []struct {
		name, want string
		row        *signature.Row
		joins      []*declaration.Join
	}{
		{"chain", "", row[Audio]("A", list[Video]("V", list[Box]("V.B"))), []*declaration.Join{av, vb}},
		{"by name", "", row[Audio]("A", list[Box]("B"), list[Box]("C")), []*declaration.Join{called(ab, "c", ""), called(ab,
			"B", "")}},
		{"by path", "", row[Audio]("A", list[Video]("V", list[Box]("V.B")), list[Video]("W", list[Box]("W.B"))),
			[]*declaration.Join{called(av, "V", ""), called(av, "W", ""), called(vb, "V.B", ""), called(vb, "", "w")}},
		{"no join", "field V: no join is for it; add leat.Join(func(jointree_test.Audio) K, func(jointree_test.Video) K)",
			row[Audio]("A", list[Video]("V")), nil},
		{"no join for one of two", "field C: no join is for it; add leat.Join(func(jointree_test.Audio) K, " +
			"func(jointree_test.Box) K, " +
			`leat.Named("C"))`, row[Audio]("A", list[Box]("B"), list[Box]("C")), []*declaration.Join{called(ab, "B", "")}},
		{"which", `Audio-Box: it may be for field B and field C; say which by leat.Named("B")`,
			row[Audio]("A", list[Box]("B"), list[Box]("C")), []*declaration.Join{ab}},
		{"unknown names", `Audio-Box: leat.Named("D") with leat.Left("E") fits none of the fields with the matches of ` +
			"jointree_test.Audio at jointree_test.Box, field B; a field is called by its name, " +
			"its path or its tag `leat:\"name\"`",
			row[Audio]("A", list[Box]("B")), []*declaration.Join{called(ab, "D", "E")}},
		{"two joins", "Audio-Box: field B has a join already, Audio-Box; leave one out",
			row[Audio]("A", list[Box]("B")), []*declaration.Join{ab, ab}},
		{"other parent", "Audio-Box: field V.B holds matches of jointree_test.Video, not of jointree_test.Audio; " +
			"move it, or give the " +
			"join a left function over jointree_test.Video", row[Audio]("A", list[Video]("V", list[Box]("V.B"))),
			[]*declaration.Join{av, ab}},
		{"no left", "Video-Box: the input holds neither jointree_test.Video nor matches of it; it has field A",
			row[Audio]("A"), []*declaration.Join{vb}},
		{"no field", "Audio-Video: no field takes the matches of jointree_test.Audio at jointree_test.Video; " +
			"add one of type " +
			"[]jointree_test.Video beside jointree_test.Audio, or leave the join out", row[Audio]("A"), []*declaration.Join{av}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, mistakes := jointree.OfInput(&signature.Input{Row: c.row}, declared(c.joins...))
			if got := text(mistakes); got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
			if (tree == nil) != (c.want != "") {
				t.Errorf("the tree is %v", tree)
			}
		})
	}
}

// TestStreams checks which stream a node reads.
func TestStreams(t *testing.T) {
	several := &jointree.Declared{Source: true, Inputs: declaration.Streams{
		broker.NewStream[Audio]("a"), broker.NewStream[Audio]("b"), named(broker.NewStream[Box]("c"), "front"),
	}}
	sourceless := &jointree.Declared{}
	for _, c := range []struct {
		name, node string
		tagged     bool
		element    reflect.Type
		declared   *jointree.Declared
		want       string
	}{
		{"by type", "", false, reflect.TypeFor[Audio](), declared(), "audio"},
		{"without a name", "", false, reflect.TypeFor[Box](), declared(), "boxes"},
		{"field with the name of a stream", "Back", false, reflect.TypeFor[Box](), declared(), "back-boxes"},
		{"field with another name", "Front", false, reflect.TypeFor[Box](), declared(), "boxes"},
		{"tag", "back", true, reflect.TypeFor[Box](), declared(), "back-boxes"},
		{"tag with another name", "front", true, reflect.TypeFor[Box](), declared(),
			"field front: the source has no stream of " +
				`jointree_test.Box named "front"; it has jointree_test.Box ("boxes") and jointree_test.Box named "back" ` +
				`("back-boxes"): ` +
				"declare one under that name"},
		{"no source", "", false, reflect.TypeFor[Audio](), sourceless, ""},
		{"none", "", false, reflect.TypeFor[Text](), several, "the input: the source has no stream of jointree_test.Text; " +
			"it has " +
			`jointree_test.Audio ("a"), jointree_test.Audio ("b") and jointree_test.Box named "front" ("c")`},
		{"several", "", false, reflect.TypeFor[Audio](), several, "the input: the source has several streams of " +
			"jointree_test.Audio, " +
			`jointree_test.Audio ("a") and jointree_test.Audio ("b"); ` +
			`give all but one a name, or a broker of its own to one that is ` +
			"to be written"},
		{"no master without a name", "", false, reflect.TypeFor[Box](), several, "the input: the source has no stream of " +
			`jointree_test.Box without a name; it has jointree_test.Box named "front" ("c"): declare the master's without`},
		{"field without its name", "Back", false, reflect.TypeFor[Box](), several,
			"field Back: the source has no stream of " +
				`jointree_test.Box without a name, nor one named "Back"; ` +
				`it has jointree_test.Box named "front" ("c"): tag the field with ` +
				"the name of one, as in `leat:\"front\"`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := signature.Node{Element: c.element, Name: c.node, Path: c.node, Tagged: c.tagged, Origin: "field " + c.node}
			if c.node == "" {
				n.Origin = "the input"
			}
			tree, mistakes := jointree.OfInput(&signature.Input{Row: &signature.Row{Node: n}}, c.declared)
			if len(mistakes) > 0 {
				t.Fatal(mistakes)
			}
			got := ""
			if err := tree.FindStream(tree.Master); err != nil {
				got = err.Error()
			} else {
				got = tree.Master.Stream.Name
			}
			if got != c.want || tree.Master.Stream.Type != c.element {
				t.Errorf("got\n\t%s, of %v\nwant\n\t%s", got, tree.Master.Stream.Type, c.want)
			}
		})
	}
}

// TestStreamsOfJoins checks what is said of a node whose stream has only a name that the join doesn't give.
func TestStreamsOfJoins(t *testing.T) {
	d := declared(join(of[Audio](), of[Box]()))
	d.Inputs = declaration.Streams{broker.NewStream[Audio]("audio"), named(broker.NewStream[Box]("c"), "front")}
	tree, mistakes := jointree.OfJoins(reflect.TypeFor[Audio](), "parameter 1", d)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	want := "Audio-Box: the source has no stream of jointree_test.Box without a name; " +
		"it has jointree_test.Box named \"front\" (\"c\"): take one by leat.Named"
	if got := text([]error{tree.FindStream(tree.Nodes[1])}); got != want {
		t.Errorf("got %s", got)
	}
}

// TestCompared checks that a comparison is of both of its nodes, and of no other.
func TestCompared(t *testing.T) {
	byComparison := join(of[Video](), of[Box]())
	byComparison.Compared = true
	tree, mistakes := ofJoins(join(of[Audio](), of[Video]()), byComparison)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	for i, want := range []bool{false, true, true} {
		if n := tree.Nodes[i]; n.Compared() != want {
			t.Errorf("%v: %v", n, !want)
		}
	}
}
