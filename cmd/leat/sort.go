package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/pipeline/filesort"
)

type sortCommand struct {
	File       string `arg:"" help:"A file of elements; - is standard input."`
	By         string `required:"true" placeholder:"EXPR" help:"The key, as time or floor(at / 1000)."`
	Output     string `short:"o" default:"-" placeholder:"FILE" help:"Where to write; standard output if left out."`
	Within     string `placeholder:"D" help:"Elements come late by D at most, as 5 or 10ms: sort while reading."`
	Memory     string `default:"256MB" placeholder:"SIZE" help:"How much memory to take; 256MB if left out."`
	OnDisorder string `enum:"fail,skip" default:"fail" help:"Where a key is too late or has no order: fail or skip."`
	Quiet      bool   `short:"q" help:"Print neither progress nor summary."`
	cellFlags  `group:"How a text file is read"`
}

// Help is what is said of the command beside its flags.
func (c *sortCommand) Help() string {
	return "For example: leat sort trades.csv --by time -o sorted.csv. The sort is stable, and writes elements as " +
		"they are; those of a text file as cells, also on standard output. Null comes last. FILE may be the output, too: it is " +
		"replaced when all is sorted. What doesn't fit into memory goes to a temporary file in $TMPDIR."
}

// Run sorts the file.
func (c *sortCommand) Run(ctx context.Context, a *app) error {
	order, err := filesort.Compile(c.By, c.Within)
	if err != nil {
		return &usageError{fmt.Errorf("--%w", err)}
	}
	memory, err := parseSize(c.Memory)
	if err != nil {
		return &usageError{fmt.Errorf("--memory: %w", err)}
	}
	cells, err := c.cells().Dialect(reading)
	if err != nil {
		return err
	}
	if c.Within == "" {
		memory = divided(memory)
	}
	// A reader that has seen enough, as head has, would end the process with its temporary file still there.
	signal.Ignore(syscall.SIGPIPE)
	options := filesort.Options{
		Memory: memory, SkipDisorder: c.OnDisorder == "skip", Cells: cells, Stdin: a.stdin, Stdout: a.stdout,
		Monitor: &filesort.Monitor{},
	}
	start := time.Now()
	var report filesort.Report
	err = a.sorting(c.showsProgress(a), options.Monitor.Progress, func(logs io.Writer) error {
		options.Logger = a.options(logs).Logger
		report, err = order.Sort(ctx, c.File, c.Output, options)
		return err
	})
	if errors.Is(err, context.Canceled) {
		return &stoppedError{err, "nothing was written"}
	}
	if report.Warning != "" {
		fmt.Fprintln(a.stderr, "leat: warning:", report.Warning)
	}
	if err != nil {
		return c.hinted(c.File, err)
	}
	c.warnOfNames(a, c.File)
	if c.Quiet {
		return nil
	}
	out := a.stdout
	if c.Output == "-" {
		out = a.stderr
	}
	_, err = fmt.Fprintln(out, sortSummary(report, time.Since(start)))
	return err
}

// divided returns how much of the memory that the process may take is for what it sorts, and has the garbage collector run
// before there is much more: what reading and writing leave behind would come on top, as much again. The rest is for those,
// and the program itself.
func divided(memory int64) int64 {
	const rest, program = 64 << 20, 28 << 20
	sorted := max((memory-rest)/9*8, memory/2) // merging takes an eighth more
	if sorted < math.MaxInt64/2 {
		debug.SetMemoryLimit(sorted/8*9 + rest - program)
	}
	return sorted
}

// showsProgress reports whether a terminal shows how far the sort has come. A line that stays in place would take away
// lines of results that the same terminal shows.
func (c *sortCommand) showsProgress(a *app) bool {
	onResults := c.Output == "-" && a.results
	return !c.Quiet && !onResults && a.terminal && movable()
}

// sorting runs a sort and shows how far it has come.
func (a *app) sorting(shows bool, progress func() filesort.Progress, run func(logs io.Writer) error) error {
	if !shows {
		return run(a.stderr)
	}
	line := func(p filesort.Progress, width int) []string { return []string{fit(sortLine(p, width), width)} }
	return showingInPlace(a.stderr, progress, line, run)
}

// sortLine says how far a sort has come.
func sortLine(p filesort.Progress, width int) string {
	read := fmt.Sprintf("reading: %s elements", monitor.Grouped(p.Read))
	switch {
	case p.Written > 0 && p.BytesRead == p.BytesTotal:
		return fmt.Sprintf("writing: %s of %s elements", monitor.Grouped(p.Written), monitor.Grouped(p.Read))
	case p.BytesTotal > 0:
		return read + "  " + bar(monitor.View{BytesRead: p.BytesRead, BytesTotal: p.BytesTotal}, width-len(read)-2)
	}
	return read
}

// sortSummary says what was sorted.
func sortSummary(r filesort.Report, took time.Duration) string {
	parts := []string{monitor.Grouped(r.Elements) + " elements"}
	if r.Elements == 1 {
		parts[0] = "1 element"
	}
	switch r.Disordered {
	case 0:
		parts = append(parts, "all in order before")
	default:
		parts = append(parts, monitor.Grouped(r.Disordered)+" of them out of order before")
	}
	if r.Null > 0 {
		parts = append(parts, monitor.Grouped(r.Null)+" without a key (null)")
	}
	if r.Skipped > 0 {
		parts = append(parts, monitor.Grouped(r.Skipped)+" skipped")
	}
	return fmt.Sprintf("%s, in %v", strings.Join(parts, ", "), took.Round(time.Millisecond))
}

// units are those of sizes, by their names in lower case.
var units = map[string]float64{
	"": 1, "b": 1, "k": 1 << 10, "kb": 1e3, "kib": 1 << 10, "m": 1 << 20, "mb": 1e6, "mib": 1 << 20,
	"g": 1 << 30, "gb": 1e9, "gib": 1 << 30, "tb": 1e12, "tib": 1 << 40,
}

// parseSize reads a number of bytes, as 256MB or 1.5GiB.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(strings.ToLower(text), "bikmgt ")
	unit, known := units[strings.TrimSpace(strings.ToLower(text)[len(digits):])]
	n, err := strconv.ParseFloat(digits, 64)
	if size := n * unit; err == nil && known && size >= 1 && size < math.MaxInt64 {
		return int64(size), nil
	}
	return 0, fmt.Errorf("%q is no size, as 256MB or 1GiB is", text)
}
