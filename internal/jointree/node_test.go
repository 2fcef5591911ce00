package jointree_test

import (
	"go/token"
	"reflect"
	"testing"
	"text/scanner"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/jointree"
)

// TestNodeNames checks that each node has a name of its own, by which its position is kept (R8).
func TestNodeNames(t *testing.T) {
	type Local struct{ A int }
	other := func() reflect.Type {
		type Local struct{ B int }
		return reflect.TypeFor[Local]()
	}
	nodes := []*jointree.Node{
		{Element: reflect.TypeFor[leat.Record]()},
		{Element: reflect.TypeFor[leat.Letter]()},
		{Element: reflect.TypeFor[leat.Letter](), Name: "back"},
		{Element: reflect.TypeFor[token.Position]()},
		{Element: reflect.TypeFor[scanner.Position]()},
		{Element: reflect.TypeFor[Local]()},
		{Element: other()},
		{Element: other(), Name: "back"},
		{Element: reflect.TypeFor[struct{ A int }]()},
	}
	tree := &jointree.Tree{Master: nodes[0], Nodes: nodes}
	var got []string
	for _, n := range nodes {
		got = append(got, tree.NameOf(n))
	}
	want := []string{"Record", "Letter", "Letter/back", "token.Position", "scanner.Position",
		"jointree_test.Local", "jointree_test.Local#2", "jointree_test.Local/back", "struct { A int }"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
