package jointree_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/jointree"
)

// chain is the tree Audio(Video(Box, Box/back)).
func chain(t *testing.T, change func(*jointree.Declared)) *jointree.Tree {
	t.Helper()
	d := declared(join(of[Audio](), of[Video]()), join(of[Video](), of[Box]()), join(of[Video](), of[Box]("back")))
	if change != nil {
		change(d)
	}
	tree, mistakes := jointree.OfJoins(reflect.TypeFor[Audio](), "parameter 1 (jointree_test.Audio)", d)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return tree
}

func windowed(d *jointree.Declared)   { d.Windowed = true }
func sourceless(d *jointree.Declared) { d.Source, d.Inputs = false, nil }

// TestMatches checks what a parameter that is a list gets, or what would be right.
func TestMatches(t *testing.T) {
	for _, c := range []struct {
		name   string
		list   any
		change func(*jointree.Declared)
		want   string
	}{
		{"children", []Video{}, nil, "[0]"},
		{"pointers", []*Video{}, nil, "[0]"},
		{"grandchildren", []Box{}, nil, "jointree_test.Box is joined to jointree_test.Video, not to the master; " +
			"make it map[jointree_test.Video][]jointree_test.Box"},
		{"with a window", []Video{}, windowed, "with a window the matches of each master are needed; " +
			"make it map[jointree_test.Audio][]jointree_test.Video"},
		{"masters", []*Audio{}, nil, "the masters come by parameter 1 (jointree_test.Audio) already; " +
			"for a self-join add a join with leat.Named, or give the right node a type of its own"},
		{"not joined", []Loose{}, nil, "no join has jointree_test.Loose on its right; " +
			"add leat.Join(func(jointree_test.Audio) K, func(jointree_test.Loose) K)"},
		{"not joined, with a window", []Loose{}, windowed, "no join has jointree_test.Loose on its right; add " +
			"leat.Join(func(jointree_test.Audio) K, func(jointree_test.Loose) K), " +
			"and make it map[jointree_test.Audio][]jointree_test.Loose"},
		{"without a stream", []Text{}, nil,
			"no join has jointree_test.Text on its right, and the source has no stream of it; add both"},
		{"without a source", []Text{}, sourceless, "no join has jointree_test.Text on its right; " +
			"add leat.Join(func(jointree_test.Audio) K, func(jointree_test.Text) K)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			children, got := chain(t, c.change).Matches(reflect.TypeOf(c.list))
			if got == "" {
				got = fmt.Sprint(children)
			}
			if got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
		})
	}
}

// TestMatchMaps checks what a parameter that is a map gets, or what would be right.
func TestMatchMaps(t *testing.T) {
	loose := func(d *jointree.Declared) {
		d.Joins = []*declaration.Join{join(of[Audio](), of[Loose]()), join(of[Loose](), of[Box]())}
	}
	for _, c := range []struct {
		name   string
		m      any
		change func(*jointree.Declared)
		want   string
	}{
		{"master", map[Audio][]Video{}, nil, "[{[] [0]}]"},
		{"below, from two streams", map[*Video][]Box{}, nil, "[{[0] [0 1]}]"},
		{"with a window", map[Audio][]*Video{}, windowed, "[{[] [0]}]"},
		{"no list", map[Audio]Video{}, nil, "an element is joined with any number of matches, which come as a list; " +
			"make it map[jointree_test.Audio][]jointree_test.Video"},
		{"no list, of another parent", map[Audio]*Box{}, nil, "an element is joined with any number of matches, " +
			"which come as a list; make it map[jointree_test.Video][]*jointree_test.Box"},
		{"the other way round", map[Box][]Video{}, nil, "jointree_test.Video is joined to jointree_test.Audio, not to " +
			"jointree_test.Box; make it map[jointree_test.Audio][]jointree_test.Video"},
		{"the master as a match", map[Video][]Audio{}, nil, "jointree_test.Video is joined to jointree_test.Audio, " +
			"not the other way round; make it map[jointree_test.Audio][]jointree_test.Video"},
		{"not joined", map[Video][]Loose{}, nil, "no join has jointree_test.Loose on its right; add " +
			"leat.Join(func(jointree_test.Video) K, func(jointree_test.Loose) K)"},
		{"interfaces in keys", map[Loose][]Box{}, loose, "jointree_test.Loose can't be the key of a map, " +
			"for what Info holds may not be comparable; make it map[*jointree_test.Loose][]jointree_test.Box"},
		{"pointers to such", map[*Loose][]Box{}, loose, "[{[0] [0]}]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lefts, listed, got := chain(t, c.change).MatchMap(reflect.TypeOf(c.m))
			if got == "" {
				got = fmt.Sprint(lefts)
				if want := reflect.TypeOf(c.m).Elem().Elem(); listed.Element != want && reflect.PointerTo(listed.Element) != want {
					t.Errorf("the lists are of %v", listed)
				}
			}
			if got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
		})
	}
}

// TestMisfits checks what is said of parameters that can't be had in any tree.
func TestMisfits(t *testing.T) {
	tree := chain(t, nil)
	for _, c := range []struct{ got, want string }{
		{tree.Misfit(reflect.TypeFor[*Audio]()), "the master comes by parameter 1 (jointree_test.Audio) already; " +
			"leave one out"},
		{tree.Misfit(reflect.TypeFor[*Video]()),
			"an element is joined with any number of matches, which come as a list; make it []*jointree_test.Video"},
		{tree.Misfit(reflect.TypeFor[Box]()), "an element is joined with any number of matches, which come as a list; " +
			"make it map[jointree_test.Video][]jointree_test.Box"},
		{tree.Misfit(reflect.TypeFor[Loose]()), "an element is joined with any number of matches, which come as a list; " +
			"make it []jointree_test.Loose, and add leat.Join(func(jointree_test.Audio) K, func(jointree_test.Loose) K), " +
			"since no join has it on its right"},
		{tree.MisfitVariadic(reflect.TypeFor[[]Video]()), "a variadic parameter can't be joined; " +
			"make it []jointree_test.Video"},
	} {
		if c.got != c.want {
			t.Errorf("got\n\t%s\nwant\n\t%s", c.got, c.want)
		}
	}
}

// TestUnused checks that each node's elements must reach the function.
func TestUnused(t *testing.T) {
	tree := chain(t, nil)
	want := "Audio-Video: no parameter takes jointree_test.Video; " +
		"add one of type []jointree_test.Video, or leave the join out\n" +
		"Video-Box: no parameter takes jointree_test.Box; add one of type map[jointree_test.Video][]jointree_test.Box, " +
		"or leave the join out\n" +
		`Video-Boxback: no parameter takes jointree_test.Box named "back"; ` +
		`add one of type map[jointree_test.Video][]jointree_test.Box, ` +
		"or leave the join out"
	if got := text(tree.Unused()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// A map takes the elements of its keys, too.
	if _, _, wrong := tree.MatchMap(reflect.TypeFor[map[Video][]Box]()); wrong != "" {
		t.Fatal(wrong)
	}
	if got := text(tree.Unused()); got != "" {
		t.Errorf("got %s", got)
	}
}
