package pipeline

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/leat-go/leat/pipeline/internal/diagnosis"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// String returns the report as text, in several lines: first what is wrong, then what was read, and what would join.
func (r *Report) String() string {
	var text strings.Builder
	list(&text, "problem", r.Problems)
	var findings []string
	for _, f := range r.Findings {
		findings = append(findings, strings.ReplaceAll(f.String(), "\n", "\n  "))
	}
	list(&text, "finding", findings)
	list(&text, "hint", r.Advice)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, s := range r.Streams {
		fmt.Fprintf(table, "stream %s\t%s\t%s\n", s.Name, s.File+s.Topic+s.Address, s.read())
		if s.Repeated != "" {
			fmt.Fprintf(table, "  %s\n", s.Repeated)
		}
	}
	for i := range r.Joins {
		r.Joins[i].write(table)
	}
	// A strings.Builder takes everything.
	_ = table.Flush()
	if len(r.Problems)+len(r.Findings) == 0 {
		text.WriteString("\nno problems found\n")
	}
	return text.String()
}

// list writes what was found.
func list(text *strings.Builder, what string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(text, "%s:\n", words.Count(len(items), what))
	for _, item := range items {
		fmt.Fprintf(text, "  %s\n", item)
	}
	fmt.Fprintln(text)
}

// write writes a join's part of the table.
func (j *JoinReport) write(table *tabwriter.Writer) {
	how := ""
	if j.How != "" {
		how = ", " + j.How
	}
	fmt.Fprintf(table, "\njoin %s with %s on %s%s\n", j.Left, j.Right, j.On, how)
	fmt.Fprintf(table, "  keys of %s\t%v%s%s\n", j.Left, j.LeftKeys, repeated(j.LeftPerKey), nulls(j.LeftNulls))
	fmt.Fprintf(table, "  keys of %s\t%v%s%s\n", j.Right, j.RightKeys, repeated(j.RightPerKey), nulls(j.RightNulls))
	fmt.Fprintf(table, "  in common\t%v\n", j.Common)
	expected, more := "expected matches", ""
	if j.Scattered {
		expected, more = "matches found", ": more match, since only a part was read of what is put in order as a whole"
	}
	fmt.Fprintf(table, "  %s\t%d of %s of %s%s\n", expected, j.Matched, words.Count(j.Comparable, "element"), j.Left, more)
	if j.How != "" {
		for _, side := range []struct {
			name      string
			distances *Distances
		}{{"nearest before", j.Before}, {"nearest after", j.After}} {
			if side.distances != nil {
				fmt.Fprintf(table, "  %s\t%v\n", side.name, side.distances)
			}
		}
	}
	for _, u := range j.Unmatched {
		fmt.Fprintf(table, "  %s\t%d: %s\n", diagnosis.UnmatchedWhere(u.Verdict), u.Count, u.Text)
	}
}

// nulls says how many elements have no key.
func nulls(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; 1 element has no key (null)"
	}
	return fmt.Sprintf("; %d elements have no key (null)", n)
}

func repeated(perKey float64) string {
	if perKey <= 1 {
		return ""
	}
	return fmt.Sprintf(", each %.3g times", perKey)
}

// read says what was read, and what where lets through of it.
func (s StreamReport) read() string {
	if s.LeftOut == 0 {
		return s.amount()
	}
	return fmt.Sprintf("%s; where lets %d of them through", s.amount(), s.Read+s.Tail-s.LeftOut)
}

func (s StreamReport) amount() string {
	elements := words.Count(s.Read, "element")
	in := ""
	if s.Partitions > 1 {
		in = fmt.Sprintf(" in %d partitions", s.Partitions)
	}
	switch {
	case s.Note != "":
		return s.Note
	case s.Whole && s.Read == 0:
		return "no elements" + in
	case s.Whole:
		return "all " + elements + in
	case s.Tail > 0 && s.Partitions > 1:
		return fmt.Sprintf("%d elements at the beginning and at the end of %d partitions", s.Read+s.Tail, s.Partitions)
	case s.Tail > 0:
		return fmt.Sprintf("the first %s and the last %d", elements, s.Tail)
	case s.Topic == "" && s.Read >= sample.Size:
		return "the first " + elements + "; not its end, which isn't to be had without reading all"
	}
	return "the first " + elements + in
}
