package fieldpath_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/codec/internal/fieldpath"
)

func TestPaths(t *testing.T) {
	var element *fieldpath.Path
	deep := element
	for range 100_000 {
		deep = deep.Member("a")
	}
	for want, path := range map[string]*fieldpath.Path{
		"":                                   element,
		"pose.x":                             element.Member("pose").Member("x"),
		"tags[3].name":                       element.Member("tags").Item(3).Member("name"),
		"tags[]":                             element.Member("tags").Item(-1),
		`a["b.c"].d`:                         element.Member("a").Member("b.c").Member("d"),
		`[""]`:                               element.Member(""),
		"[0][1]":                             element.Item(0).Item(1),
		"étude.n_1.x-y":                      element.Member("étude").Member("n_1").Member("x-y"),
		"a" + strings.Repeat(".a", 31) + "…": deep,
	} {
		if got := path.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
