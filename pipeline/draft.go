package pipeline

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-go/leat/pipeline/internal/description"
)

// A Draft is a pipeline file that joins two files of elements, as far as their contents tell how.
type Draft struct {
	// Text is the pipeline file.
	Text string
	// Notes say what was found, and what was guessed, a sentence each.
	Notes []string
	// Joins are the conditions that would join something, the best one first; Text has that one.
	Joins []string
}

// draftSize is how many elements of each file are looked at.
const draftSize = 10_000

// A drafted stream is a file of a draft.
type drafted struct {
	name, path, csv string
	head            *Head
	keys            []draftKey
}

// A draftKey is a member by which a stream may be joined: expr is its key for elements of that name, and plain for sort.
type draftKey struct {
	column      *Column
	expr, plain string
	kind        string
	isTime      bool
	// layouts are those that a time may have as text, of which the first is taken.
	layouts []string
}

// NewDraft looks at two files and returns a pipeline file for dir that joins the second one to the first, and writes to
// output, a path relative to it. choice is the number of the join that is taken, from zero, of those that a draft names. It
// is an error if nothing of them would join.
func NewDraft(ctx context.Context, dir string, files [2]string, output string, choice int) (*Draft, error) {
	var streams [2]*drafted
	for i, path := range files {
		s, err := lookAt(ctx, path)
		if err != nil {
			return nil, err
		}
		if s.path, err = relative(dir, path); err != nil {
			return nil, err
		}
		streams[i] = s
	}
	nameStreams(streams[0], streams[1], files)
	joins, err := draftJoins(ctx, dir, streams[0], streams[1])
	if err != nil {
		return nil, err
	}
	if len(joins) == 0 {
		return nil, fmt.Errorf("nothing of %s joins with %s as far as they were looked at: no two of their members are of one "+
			"kind and have values in common; leat show tells what they have", files[0], files[1])
	}
	d := &Draft{}
	for _, j := range joins {
		d.Joins = append(d.Joins, j.String())
	}
	best := joins[max(0, min(choice, len(joins)-1))]
	if best, err = best.withMatchKey(ctx, dir); err != nil {
		return nil, err
	}
	for _, s := range streams {
		d.Notes = append(d.Notes, s.note())
	}
	d.Notes = append(d.Notes, best.note())
	d.Text = best.text(output)
	return d, nil
}

// lookAt reads the head of a file, after it has found out how its cells lie.
func lookAt(ctx context.Context, path string) (*drafted, error) {
	s := &drafted{csv: Sniff(path)}
	p, err := Copy(File{Path: path, CSV: s.csv}, File{Path: "-"})
	if err != nil {
		return nil, err
	}
	quietly := Options{Logger: slog.New(slog.DiscardHandler), Stdout: io.Discard}
	if s.head, err = p.Head(ctx, quietly, "", draftSize); err != nil {
		return nil, err
	}
	switch {
	case len(s.head.Problems) > 0:
		return nil, fmt.Errorf("%s", strings.Join(s.head.Problems, "\n"))
	case len(s.head.Elements) == 0:
		return nil, fmt.Errorf("%s has no elements, so that nothing can be told of it", path)
	}
	return s, nil
}

// relative returns a path as seen from a directory.
func relative(dir, path string) (string, error) {
	if filepath.IsAbs(path) != filepath.IsAbs(dir) {
		var err error
		if dir, err = filepath.Abs(dir); err != nil {
			return "", err
		}
		if path, err = filepath.Abs(path); err != nil {
			return "", err
		}
	}
	return filepath.Rel(dir, path)
}

// nameStreams names two streams after their files, so that expressions can use the names and no element has such a member.
func nameStreams(left, right *drafted, files [2]string) {
	taken := func(name string) bool {
		isMember := slices.ContainsFunc(left.head.Columns, func(c Column) bool { return c.Name == name })
		return name == left.name || name == "joined" || description.IsReserved(name) || left.name != "" && isMember
	}
	for i, s := range []*drafted{left, right} {
		base, _, _ := strings.Cut(filepath.Base(files[i]), ".")
		name := strings.Trim(strings.Map(func(c rune) rune {
			if description.IsName("a" + string(c)) {
				return c
			}
			return '_'
		}, base), "_")
		if !description.IsName(name) {
			name = "stream_" + name
		}
		unique := name
		for n := 2; taken(unique); n++ {
			unique = fmt.Sprintf("%s_%d", name, n)
		}
		s.name = unique
		s.keys = s.keysOf()
	}
}

// keysOf returns the members that may be keys.
func (s *drafted) keysOf() (keys []draftKey) {
	for i := range s.head.Columns {
		c := &s.head.Columns[i]
		if c.Range == nil || c.Missing > 0 {
			continue
		}
		member, plain := s.name+"."+c.Name, c.Name
		if !description.IsName(c.Name) || description.IsReserved(c.Name) {
			continue // sort and on couldn't name it without more ado
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

// note says what was found in a file.
func (s *drafted) note() string {
	var columns []string
	for i := range s.head.Columns {
		columns = append(columns, s.head.Columns[i].Name+" "+s.head.Columns[i].Kind())
	}
	text := fmt.Sprintf("%s: %s; %s", s.path, s.head.Extent(), strings.Join(columns, ", "))
	if s.csv != "" {
		text += "; csv: " + s.csv
	}
	return text
}
