package pipeline

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/leat-go/leat/pipeline/internal/description"
)

// A Draft is a pipeline file that joins two streams, as far as their contents tell how.
type Draft struct {
	// Text is the pipeline file.
	Text string
	// Notes say what was found, and what was guessed, a sentence each.
	Notes []string
	// Joins are the conditions that would join something, the best one first; Text has that one.
	Joins []string
}

// draftSize is how many elements of each stream are looked at.
const draftSize = 10_000

// draftSorted is how many elements are read of a file that must be put in order for a join, for each join that is tried.
const draftSorted = 200_000

// A draftKey is a member by which a stream may be joined: expr is its key for elements of that name, and plain for sort.
type draftKey struct {
	column      *Column
	expr, plain string
	kind        string
	isTime      bool
	// layouts are those that a time may have as text, of which the first is taken.
	layouts []string
}

// NewDraft looks at two sources and returns a pipeline file for a directory that joins the second one to the first. Results
// go to output, a path relative to it, or from topics to a topic. choice is the number of the join that is taken, from zero,
// of those that a draft names. The parts are those that the pipeline file may name, as for [Load]. It is an error if nothing
// of them would join.
func NewDraft(ctx context.Context, dir string, sources [2]Source, output string, choice int, parts ...Part) (*Draft, error) {
	maker := &drafter{dir, parts}
	if err := sameStorage(sources[0], sources[1]); err != nil {
		return nil, &ArgumentError{Err: err}
	}
	var streams [2]*drafted
	for i, source := range sources {
		s, err := maker.lookAt(ctx, source)
		if err != nil {
			return nil, err
		}
		streams[i] = s
	}
	nameStreams(streams[0], streams[1])
	joins, err := maker.joins(ctx, streams[0], streams[1])
	if err != nil {
		return nil, err
	}
	if len(joins) == 0 {
		return nil, nothingJoins(streams[0], streams[1])
	}
	d := &Draft{}
	for _, j := range joins {
		d.Joins = append(d.Joins, j.String())
	}
	best := joins[max(0, min(choice, len(joins)-1))]
	if best, err = maker.withMatchKey(ctx, best); err != nil {
		return nil, err
	}
	for _, s := range streams {
		d.Notes = append(d.Notes, s.note())
	}
	d.Notes = append(d.Notes, best.note())
	for _, problem := range best.problems {
		d.Notes = append(d.Notes, "a run would stop: "+problem)
	}
	d.Text = best.text(output)
	return d, nil
}

// nothingJoins says that there is no join, and what stands in its way where it is only the order of topics.
func nothingJoins(left, right *drafted) error {
	for _, s := range []*drafted{left, right} {
		for by, order := range s.orders {
			if order.never {
				return fmt.Errorf("nothing of %v joins with %v as far as they were looked at: %v isn't in the order of %s, as a "+
					"join needs it, and comes too late to be put in order as it is read; write it to another topic in that order",
					left.Source, right.Source, s.Source, by)
			}
		}
	}
	return fmt.Errorf("nothing of %v joins with %v as far as they were looked at: no two of their members are of one "+
		"kind and have values in common; leat show tells what they have", left.Source, right.Source)
}

// keysOf returns the members that may be keys.
func (s *drafted) keysOf() (keys []draftKey) {
	for i := range s.head.Columns {
		c := &s.head.Columns[i]
		if c.Range == nil || c.Missing > 0 {
			continue
		}
		member, plain := memberOf(s.name, c.Name), c.Name
		if !isIdentifier(plain) {
			plain = memberOf("$env", plain)
		}
		key := draftKey{column: c, expr: member, plain: plain, kind: c.Types[0]}
		if c.Types[0] == "text" {
			if layouts := layoutsOf(s.head.Elements, c.Name); len(layouts) > 0 {
				key.isTime, key.kind, key.layouts = true, "time", layouts
				with := ""
				if layouts[0] != "" {
					with = fmt.Sprintf(", %q", layouts[0])
				}
				key.expr, key.plain = "date("+member+with+")", "date("+plain+with+")"
			}
		}
		keys = append(keys, key)
	}
	return keys
}

// memberOf returns how an expression names a member of something.
func memberOf(of, name string) string {
	if isIdentifier(name) {
		return of + "." + name
	}
	return of + "[" + strconv.Quote(name) + "]"
}

// isIdentifier reports whether a name is one in expressions as it is.
func isIdentifier(name string) bool {
	for i, c := range name {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return false
		}
	}
	return name != "" && !description.IsReserved(name)
}

// note says what was found in a stream.
func (s *drafted) note() string {
	var columns []string
	for i := range s.head.Columns {
		columns = append(columns, s.head.Columns[i].Name+" "+s.head.Columns[i].Kind())
	}
	text := fmt.Sprintf("%v: %s; %s", s.Source, s.head.Extent(), strings.Join(columns, ", "))
	if !s.cells.IsZero() {
		text += "; csv: " + s.cells.String()
	}
	if s.format != "" {
		text += "; format: " + s.format
	}
	return text
}
