package leat

import (
	"go/token"
	"reflect"
	"testing"
	"text/scanner"

	"github.com/google/go-cmp/cmp"
)

// TestNodeNames checks that each node has a name of its own, by which its position is kept (R8).
func TestNodeNames(t *testing.T) {
	type Local struct{ A int }
	other := func() reflect.Type {
		type Local struct{ B int }
		return reflect.TypeFor[Local]()
	}
	nodes := []*node{
		{element: reflect.TypeFor[Record]()},
		{element: reflect.TypeFor[Letter]()},
		{element: reflect.TypeFor[Letter](), name: "back"},
		{element: reflect.TypeFor[token.Position]()},
		{element: reflect.TypeFor[scanner.Position]()},
		{element: reflect.TypeFor[Local]()},
		{element: other()},
		{element: other(), name: "back"},
		{element: reflect.TypeFor[struct{ A int }]()},
	}
	tree := &tree{master: nodes[0], nodes: nodes}
	var got []string
	for _, n := range nodes {
		got = append(got, tree.nameOf(n))
	}
	want := []string{"Record", "Letter", "Letter/back", "token.Position", "scanner.Position",
		"leat.Local", "leat.Local#2", "leat.Local/back", "struct { A int }"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
