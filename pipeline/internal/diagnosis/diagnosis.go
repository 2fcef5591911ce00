// Package diagnosis finds out from samples what a join gives, and, where that is little, which mistake is behind it and
// what would mend it. Remedies are expressions: each is tried on the samples before it is offered.
package diagnosis

import (
	"slices"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
)

// A Result is what the samples tell of one join.
type Result struct {
	Left, Right *KeyStats
	// Common is what both sides' keys lie between; nil where there is nothing.
	Common *Range
	// Comparable counts the left elements that can't find a match in what wasn't read of the right stream, and Matched
	// those of them that find one; Unmatched says why the others don't.
	Comparable, Matched int
	Unmatched           []Unmatched
	Findings            []Finding
	// Problems are what would stop a run.
	Problems []string
	// Used is the share of the right elements that some left one finds.
	Used float64
	// Scattered says that a side is put in order as a whole and was read in part only: more match than Matched.
	Scattered bool
	// Before and After say how far the nearest right elements are on each side; nil where there are none, or keys have no
	// distances.
	Before, After *Distances
	// Missing is the first left element that finds no match; nil if there is none.
	Missing any
}

// Of compares the keys of a child's samples with those of its parent's, partition by partition.
func Of(child *mill.Node, left, right []*sample.Sample) *Result {
	j := &join{child: child, relation: child.Relation(), partitions: min(len(left), len(right)), left: &KeyStats{},
		right: &KeyStats{}}
	for i := range j.partitions {
		if left[i].Unread || right[i].Unread {
			j.unread = true
			continue
		}
		j.scattered = j.scattered || left[i].Scattered || right[i].Scattered
		leftKey, rightKey := expression.PairOf(child.Left, child.Right)
		j.left.add(left[i], child.Left, leftKey, false)
		j.right.add(right[i], child.Right, rightKey, child.Join.Unique)
		j.views = append(j.views, viewsOf(left[i], right[i])...)
	}
	j.asIs = matchOf(j.views, j.relation)
	d := &Result{
		Left: j.left, Right: j.right, Common: j.common(),
		Comparable: j.asIs.comparable, Matched: j.asIs.matched, Unmatched: j.unmatched(), Missing: j.missing(),
		Problems: slices.Concat(j.left.problems, j.right.problems),
	}
	d.Before, d.After = j.asIs.distances()
	d.Used = float64(j.asIs.used) / float64(max(1, j.asIs.rights))
	switch {
	case j.unread:
	case j.scattered:
		d.Scattered, d.Unmatched, d.Missing, d.Before, d.After = true, nil, nil, nil, nil
		d.Findings = j.disorders(nil)
	default:
		d.Findings = j.findings()
	}
	return d
}
