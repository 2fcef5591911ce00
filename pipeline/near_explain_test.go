package pipeline_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// handedOver is the oracle for which elements reach the function, by stream and id.
func (r *nearTree) handedOver() map[string]bool {
	handed := map[string]bool{}
	var visit func(node int, element string)
	visit = func(node int, element string) {
		handed[fmt.Sprint(r.names[node], " ", parse(element)["id"])] = true
		for child := 1; child < len(r.names); child++ {
			if r.parent[child] != node || r.edges[child].need == "absent" {
				continue
			}
			for _, match := range r.edges[child].taken(r.candidates(child, parse(element))) {
				visit(child, r.elements[child][match.id])
			}
		}
	}
	for _, element := range r.elements[0] {
		if _, complete := r.joined(0, element); complete {
			visit(0, element)
		}
	}
	return handed
}

// verdicts runs the tree's pipeline, and returns what it says of the elements that it doesn't hand over, by stream and id.
func (r *nearTree) verdicts(t *rapid.T, dir string) map[string]*observe.Unmatched {
	d, err := description.Parse(filepath.Join(dir, "tree.yaml"), []byte(r.yaml()))
	if err != nil {
		t.Fatalf("%s%v", r.yaml(), err)
	}
	m, err := mill.Build(d, nil, nil)
	if err != nil {
		t.Fatalf("%s%v", r.yaml(), err)
	}
	spec := m.Spec(m.Layout(nil), &mill.Options{Logger: quiet().Logger})
	told := map[string]*observe.Unmatched{}
	spec.OnUnmatched = func(u *observe.Unmatched) { told[fmt.Sprint(u.Node, " ", u.Offset)] = u }
	if err := engine.Run(t.Context(), spec, &engine.Stats{}); err != nil {
		t.Fatalf("%s%v", r.yaml(), err)
	}
	return told
}

// explained asks for an element, and returns what is said of its partition.
func (r *nearTree) explained(t *rapid.T, p *pipeline.Pipeline, node int, element string) *pipeline.PartitionExplanation {
	e, err := p.Explain(t.Context(), quiet(), pipeline.About{Stream: r.names[node], Element: []byte(element)})
	if err != nil {
		t.Fatalf("%s%v%s: %v", r.yaml(), r, element, err)
	}
	return &e.Partitions[0]
}

// TestExplainRandomTreesOfNearKeys: of each element explain says what a run does with it: whether it is handed over, and
// of a master why not.
func TestExplainRandomTreesOfNearKeys(t *testing.T) {
	eachTree(t, drawNearTree, func(t *rapid.T, r *nearTree, dir string) {
		r.emit = false
		p, err := pipeline.Parse(filepath.Join(dir, "tree.yaml"), []byte(r.yaml()))
		if err != nil {
			t.Fatalf("%s%v", r.yaml(), err)
		}
		told, handed := r.verdicts(t, dir), r.handedOver()
		for node, elements := range r.elements {
			for _, element := range elements {
				at := fmt.Sprint(r.names[node], " ", parse(element)["id"])
				said := r.explained(t, p, node, element)
				if got := said.Joined == 1; got != handed[at] {
					t.Fatalf("%s%v%s is handed over: %v, but explain says %+v", r.yaml(), r, at, handed[at], said)
				}
				if u := told[at]; u != nil && node == 0 {
					r.checkCause(t, at, u, said)
				}
			}
		}
	})
}

// checkCause compares the cause that explain names of a master with the verdict of a run. A run says that what it has is
// incomplete, and explain what is missing there. A run that ends since a needed stream has ended reads no more of the streams
// above it: of a master that looks there it may know only that the session has ended, while later ones have matches that are
// incomplete among what was read.
func (r *nearTree) checkCause(t *rapid.T, at string, u *observe.Unmatched, said *pipeline.PartitionExplanation) {
	if said.Cause == nil {
		t.Fatalf("%s%v%s: %v, and explain names no cause: %+v", r.yaml(), r, at, u.Verdict, said)
	}
	if u.Verdict == observe.Ended && u.Apart == "" && u.Distance == nil && r.needsBelow(u.Other) {
		return
	}
	want := said.Cause.Verdict
	for node, name := range r.names {
		if name == said.Cause.Stream && r.parent[node] > 0 {
			want = observe.Incomplete
		}
	}
	if u.Verdict != want {
		t.Fatalf("%s%v%s: a run says %v, explain %+v\n%+v", r.yaml(), r, at, u, want, said)
	}
}

// needsBelow reports whether a stream's elements need others.
func (r *nearTree) needsBelow(name string) bool {
	for node := 1; node < len(r.names); node++ {
		if r.edges[node].need == "one" && r.names[r.parent[node]] == name {
			return true
		}
	}
	return false
}
