package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/leat-go/leat/pipeline"
)

// print prints the summary as a table.
func (s *summary) print(out io.Writer) {
	rows := [][]string{{"stream", "file", "read", "matched", "unmatched", "skipped"}}
	for _, stream := range s.Streams {
		switch {
		case stream.Topic != "":
			rows[0][1] = "topic"
		case stream.Storage != "":
			rows[0][1] = stream.Storage
		}
		address := stream.File + stream.Topic + stream.Address // one of them
		rows = append(rows, []string{stream.Name, address, fmt.Sprint(stream.Read), fmt.Sprint(stream.Matched),
			fmt.Sprint(stream.Unmatched), fmt.Sprint(stream.Skipped)})
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			gap := strings.Repeat(" ", width[i]-len([]rune(cell)))
			switch {
			case i == 0:
				fmt.Fprint(out, cell, gap)
			case i == 1:
				fmt.Fprint(out, "  ", cell, gap)
			default:
				fmt.Fprint(out, "  ", gap, cell)
			}
		}
		fmt.Fprintln(out)
	}
	for _, stream := range s.Streams {
		if stream.Tombstones > 0 {
			fmt.Fprintf(out, "%s: %s without a value passed over\n", stream.Name, count(int(stream.Tombstones), "record"))
		}
		if stream.Filtered > 0 {
			fmt.Fprintf(out, "%s: %s left out by where\n", stream.Name, count(int(stream.Filtered), "element"))
		}
		printSkipped(out, stream)
		printIdle(out, stream)
	}
	s.printResults(out)
	printExtents(out, s.Streams, s.Interrupted)
	for _, warning := range s.Warnings {
		fmt.Fprintln(out, "warning:", warning)
	}
}

// printResults says how many results there are, and what has become none.
func (s *summary) printResults(out io.Writer) {
	results := "results"
	if s.Results == 1 {
		results = "result"
	}
	took := time.Duration(s.Seconds * float64(time.Second))
	end := ""
	if s.Interrupted {
		end = ", then interrupted"
	}
	fmt.Fprintf(out, "%d %s in %v%s\n", s.Results, results, max(time.Millisecond, took.Round(time.Millisecond)), end)
	if s.FilteredResults > 0 {
		fmt.Fprintf(out, "%s not written, of which where isn't true\n", count(int(s.FilteredResults), "result"))
	}
	if s.Failed > 0 {
		fmt.Fprintf(out, "%s given up by on_error\n", count(int(s.Failed), "call"))
	}
}

// printSkipped says of a stream what a policy has put aside, and what still waits to be in order.
func printSkipped(out io.Writer, s pipeline.StreamProgress) {
	for _, skipped := range []struct {
		count int64
		why   string
	}{
		{s.Undecodable, "could not be read"},
		{s.Late, "came too late to be put in order"},
		{s.Skipped - s.Undecodable - s.Late, "out of order"},
	} {
		if skipped.count > 0 {
			fmt.Fprintf(out, "%s: %s skipped: %s\n", s.Name, count(int(skipped.count), "element"), skipped.why)
		}
	}
	if s.Waiting > 0 {
		fmt.Fprintf(out, "%s: %s left to the next run: something may come before\n", s.Name, count(s.Waiting, "element"))
	}
}

// printIdle says what went on without a stream that was idle, and what of it came too late for that.
func printIdle(out io.Writer, s pipeline.StreamProgress) {
	if s.Early > 0 {
		fmt.Fprintf(out, "%s: was idle: %s went on without waiting for it\n", s.Name, count(int(s.Early), "element"))
	}
	if s.Missed > 0 {
		fmt.Fprintf(out, "%s: %s came too late for some of those\n", s.Name, count(int(s.Missed), "element"))
	}
}

// printExtents says how far streams were read that were not read to their ends.
func printExtents(out io.Writer, streams []pipeline.StreamProgress, interrupted bool) {
	var silent []string
	for _, s := range streams {
		if s.TimedOut {
			silent = append(silent, s.Name)
		}
	}
	for _, s := range streams {
		if !s.Ended {
			fmt.Fprintln(out, extent(s, silent, interrupted))
		}
	}
}

// extent says how far a stream was read that was not read to its end. After a data timeout nobody knows whether there
// is more: silent names the streams that nothing has come of.
func extent(s pipeline.StreamProgress, silent []string, interrupted bool) string {
	at := ""
	switch {
	case s.Line > 0:
		at = fmt.Sprintf("up to line %d, ", s.Line)
	case s.Offset > 0:
		at = fmt.Sprintf("up to offset %d, ", s.Offset)
	}
	switch {
	case s.Verified:
	case interrupted && at == "":
		return fmt.Sprintf("%s was being read when the run was interrupted", s.Name)
	case interrupted:
		return fmt.Sprintf("%s was read %swhen the run was interrupted", s.Name, at)
	case s.TimedOut:
		return fmt.Sprintf("%s was read %suntil nothing more came", s.Name, at)
	case len(silent) > 0:
		return fmt.Sprintf("%s was read %suntil nothing more came of %s", s.Name, at, strings.Join(silent, ", "))
	}
	rest := "the rest was not needed, and not looked at"
	if s.Verified {
		rest = fmt.Sprintf("the rest was not needed, and its elements, %d, are sound", s.Beyond)
	}
	return fmt.Sprintf("%s was read %snot to its end: %s", s.Name, at, rest)
}
