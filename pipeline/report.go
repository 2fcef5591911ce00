package pipeline

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// String returns the report as text, in several lines.
func (r *Report) String() string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, s := range r.Streams {
		fmt.Fprintf(table, "stream %s\t%s\t%s\n", s.Name, s.File+s.Topic, s.read())
	}
	for _, j := range r.Joins {
		fmt.Fprintf(table, "\njoin %s with %s on %s\n", j.Left, j.Right, j.On)
		fmt.Fprintf(table, "  keys of %s\t%v\n", j.Left, j.LeftKeys)
		fmt.Fprintf(table, "  keys of %s\t%v\n", j.Right, j.RightKeys)
		fmt.Fprintf(table, "  in common\t%v\n", j.Common)
		fmt.Fprintf(table, "  expected matches\t%d of %s of %s\n", j.Matched, count(j.Comparable, "element"), j.Left)
		if j.Hint != "" {
			fmt.Fprintf(table, "  hint: %s\n", j.Hint)
		}
	}
	// A strings.Builder takes everything.
	_ = table.Flush()
	if len(r.Problems) == 0 {
		text.WriteString("\nno problems found\n")
		return text.String()
	}
	fmt.Fprintf(&text, "\n%s found:\n", count(len(r.Problems), "problem"))
	for _, problem := range r.Problems {
		fmt.Fprintf(&text, "  %s\n", problem)
	}
	return text.String()
}

func (s StreamReport) read() string {
	switch {
	case s.Note != "":
		return s.Note
	case s.Partitions > 1 && s.Whole:
		return fmt.Sprintf("all %s in %d partitions", count(s.Read, "element"), s.Partitions)
	case s.Partitions > 1:
		return fmt.Sprintf("%s at the beginning of %d partitions", count(s.Read, "element"), s.Partitions)
	case s.Whole:
		return fmt.Sprintf("all %s", count(s.Read, "element"))
	}
	return fmt.Sprintf("the first %s", count(s.Read, "element"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
