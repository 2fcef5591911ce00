package diagnosis

import (
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A join is a join that is looked into. Every usual mistake that would explain why it matches little is tried on the
// samples: it counts if the join, mended so, matches.
type join struct {
	child *mill.Node
	// relation is what the join compares.
	relation    *mill.Relation
	views       []view
	left, right *KeyStats
	// asIs is what the join gives as it is written.
	asIs   *match
	unread bool
	// scattered says that a side is put in order as a whole and was read in part only, so that matches are missing.
	scattered  bool
	partitions int
}

// common returns what both sides' keys lie between; nil where there is nothing.
func (j *join) common() *Range { return j.left.Keys.common(j.right.Keys) }

// numeric returns the keys as they are, as ticks; nil where they can't be had so.
func (j *join) numeric() *numeric { return j.asIs.numeric() }
