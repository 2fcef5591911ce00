package signature_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/signature"
)

type (
	Loop struct {
		Video
		Loops []Loop
	}
	hidden struct{ Audio }
)

// readInput reads an input where an int can be injected, and nothing else.
func readInput(in any, change func(*signature.Facts)) (*signature.Input, []error) {
	f := facts()
	f.Inject = func(t reflect.Type) (reflect.Value, error) {
		if t != reflect.TypeFor[int]() {
			return reflect.Value{}, errors.New("nothing provides it")
		}
		return reflect.ValueOf(42), nil
	}
	change(f)
	return signature.ReadInput(reflect.TypeOf(in), f)
}

// TestInputs checks how the struct of a typed function is read: each row with its element, its records and lists.
func TestInputs(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     any
		change func(*signature.Facts)
		want   string
	}{
		{"the element itself", Audio{}, plain, "Audio@-1 copied"},
		{"embedded", struct{ Audio }{}, plain, "Audio:Audio@0 copied"},
		{"pointer", struct{ A *Audio }{}, plain, "A:Audio@0"},
		{"lists", struct {
			Audio
			Videos []Video
			More   []*Video `leat:"more"`
		}{}, plain, "Audio:Audio@0 copied [Videos:Video copied, more*:Video]"},
		{"rows", struct {
			Audio
			Videos []struct {
				Video
				Record Record
				Boxes  []*Box `leat:"back"`
			}
		}{}, plain, "Audio:Audio@0 copied [Videos:Video@0 copied records [1] [back*:Box]]"},
		{"record and value", struct {
			Record Record
			Audio  Audio
			Number int
		}{}, plain, "Audio:Audio@1 copied records [0] injected 2"},
		{"the blank field", struct {
			Audio
			_ int
		}{}, plain, "Audio:Audio@0 copied"},
		{"window", struct{ List []Audio }{}, windowed, "masters List:Audio copied"},
		{"window of rows", struct {
			N    int
			List []struct {
				Audio
				Videos []Video
			}
		}{}, windowed, "masters List:Audio@0 copied [Videos:Video copied] injected 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, mistakes := readInput(c.in, c.change)
			if len(mistakes) > 0 {
				t.Fatal(mistakes)
			}
			if got := inputText(in); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// inputText writes an input as the tables have it: nodes as name:type, a star behind the name of a tag, the field of a
// row's element behind @.
func inputText(in *signature.Input) string {
	var text string
	if in.Masters != nil {
		text = "masters " + listText(in.Masters)
	} else {
		text = rowText(in.Row)
	}
	for _, i := range in.Injected {
		text += fmt.Sprintf(" injected %d", i.Index)
	}
	return text
}

func listText(l *signature.List) string {
	if l.Row != nil {
		return rowText(l.Row)
	}
	return nodeText(l.Node, "")
}

func rowText(r *signature.Row) string {
	text := nodeText(r.Node, fmt.Sprintf("@%d", r.Element))
	if len(r.Records) > 0 {
		text += fmt.Sprintf(" records %v", r.Records)
	}
	var lists []string
	for _, l := range r.Lists {
		lists = append(lists, listText(l))
	}
	if len(lists) > 0 {
		text += " [" + strings.Join(lists, ", ") + "]"
	}
	return text
}

func nodeText(n signature.Node, at string) string {
	text := n.Element.Name() + at
	if n.Tagged {
		n.Name += "*"
	}
	if n.Name != "" {
		text = n.Name + ":" + text
	}
	if n.Copied {
		text += " copied"
	}
	return text
}

// TestInputMistakes checks what is said of each field that can't be filled.
func TestInputMistakes(t *testing.T) {
	const source = "the source has audio, video and boxes"
	for _, c := range []struct {
		name   string
		in     any
		change func(*signature.Facts)
		want   string
	}{
		{"nothing is known", struct{ Audio }{}, nothingKnown, ""},
		{"no struct", 1, plain, "the input (int) is no struct; make it one that holds the master element: struct{ M }"},
		{"an element with a window", Audio{}, windowed, "the input (signature_test.Audio) is an element, " +
			"but a window hands the masters over as a list; make it struct{ List []signature_test.Audio }"},
		{"no master", struct{ N int }{}, plain,
			"the input (struct{...}): it has no field for the master, which the joins start from; embed signature_test.Audio"},
		{"no master and no joins", struct{ N int }{}, unjoined,
			"the input (struct{...}): it has no field for the master element; embed one that has a stream: " + source},
		{"unknown master", struct{ Other }{}, unjoined,
			"field Other (signature_test.Other): the source has no stream of it; it has audio, video and boxes"},
		{"a list of masters", struct{ List []Audio }{}, plain, "field List ([]signature_test.Audio): " +
			"without a window each master comes " +
			"alone; make it signature_test.Audio, or add leat.Window, leat.WindowEvery or leat.WindowCount"},
		{"a list of rows of masters", struct{ List []struct{ Audio } }{}, plain,
			"field List ([]struct{...}): without a window each " +
				"master comes alone; put the fields of its structs into the input itself, or add leat.Window, " +
				"leat.WindowEvery or leat.WindowCount"},
		{"a list of others than the root", struct{ Videos []Video }{}, plain,
			"the input (struct{...}): it has no field for the master, which the joins start from; embed signature_test.Audio"},
		{"two roots", struct{ N int }{}, twoRoots,
			"the input (struct{...}): it has no field for the master element; embed one that has a stream: " + source},
		{"one master with a window", struct{ Audio }{}, windowed,
			"field Audio (signature_test.Audio): a window hands the masters over as a list; make it []signature_test.Audio"},
		{"one master and matches with a window", struct {
			Audio
			Videos []Video
		}{}, windowed, "field Audio (signature_test.Audio): a window hands the masters over as a list; " +
			"make it one of structs that hold " +
			"each master beside its matches: struct{ List []struct{ signature_test.Audio; Videos []signature_test.Video } }"},
		{"no list with a window", struct{ N int }{}, windowed,
			"the input (struct{...}): it has no field for the masters; add a list of elements that have a stream: " + source},
		{"two lists with a window", struct {
			List []Audio
			More []Video
		}{}, windowed, "field More ([]signature_test.Video): the masters come by field List ([]signature_test.Audio) " +
			"already; put the matches of each master beside it, into the structs of that list"},
		{"record with a window", struct {
			List   []Audio
			Record Record
		}{}, windowed, "field Record (signature_test.Record): with a window each master has a record; " +
			"put a leat.Record beside the master into the structs of its list"},
		{"two elements", struct {
			Audio
			Video Video
		}{}, plain, "field Video (signature_test.Video): the element beside it is field Audio (signature_test.Audio), " +
			"whose matches come as a list; make it []signature_test.Video"},
		{"structs without an element", struct {
			Audio
			Videos []struct{ Boxes []Box2 }
		}{}, plain, "field Videos ([]struct{...}): its structs have no field for the element whose matches they hold; " +
			"embed one that has a stream: " + source},
		{"pointers to structs", struct {
			Audio
			Videos []*struct{ Video }
		}{}, plain, "field Videos ([]*struct{...}): structs that hold elements come as values; make it []struct{...}"},
		{"a struct in itself", struct {
			Audio
			Loops []Loop
		}{}, plain, "field Loops.Loops ([]signature_test.Loop): it is in a signature_test.Loop itself, " +
			"but a join tree has an end; make a type for each level"},
		{"not exported", struct {
			Audio
			videos []Video
		}{}, plain, "field videos ([]signature_test.Video): it isn't exported, so that it can't be filled; make it Videos"},
		{"embedded and not exported", struct {
			Audio
			hidden
		}{}, plain, "field hidden (signature_test.hidden): it isn't exported, so that it can't be filled; give it a name: " +
			"Hidden signature_test.hidden"},
		{"pointer to a record", struct {
			Audio
			Record *Record
		}{}, plain, "field Record (*signature_test.Record): an element has one record, which comes as a value; " +
			"make it leat.Record"},
		{"a tag for no node", struct {
			Audio
			N int `leat:"n"`
		}{}, plain, "field N (int): the tag `leat:\"n\"` is for the node of a list, or of the master; leave it out"},
		{"a tag for the element of a list", struct {
			Audio
			Videos []struct {
				Video `leat:"v"`
			}
		}{}, plain, "field Videos.Video (signature_test.Video): the tag `leat:\"v\"` is for the node of a list, " +
			"or of the master; leave it out"},
		{"a value in a list", struct {
			Audio
			Videos []struct {
				Video
				N []Other
			}
		}{}, plain, "field Videos.N ([]signature_test.Other): only the fields of the input itself are injected; " +
			"move it there, or add a stream of signature_test.Other: " + source},
		{"context", struct {
			Audio
			Ctx context.Context
		}{}, plain, "field Ctx (context.Context): the context is the function's first parameter; leave the field out"},
		{"map", struct {
			Audio
			Boxes map[Video][]Box
		}{}, plain, "field Boxes (map[signature_test.Video][]signature_test.Box): " +
			"matches come as a list beside their element; " +
			"put []signature_test.Box into the struct that holds signature_test.Video"},
		{"a value that nothing provides, and another mistake", struct {
			Audio
			S string
			v int
		}{}, plain, "field v (int): it isn't exported, so that it can't be filled; make it V\n" +
			"field S (string): nothing provides it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, mistakes := readInput(c.in, c.change)
			if got := text(mistakes); got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
			if in != nil {
				t.Error("there is an input")
			}
		})
	}
}

// Box2 is no element.
type Box2 struct{ N int }

// TestTypedResults checks that struct{} writes nothing.
func TestTypedResults(t *testing.T) {
	if r := signature.ReadResult(reflect.TypeFor[struct{}](), facts()); r != nil {
		t.Errorf("got %v", r)
	}
	if r := signature.ReadResult(reflect.TypeFor[[]*Text](), facts()); r.Form != signature.Slice || !r.Pointer ||
		r.String() != "result 1 ([]*signature_test.Text)" {
		t.Errorf("got %+v", r)
	}
}
