package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/pipeline"
)

type runCommand struct {
	File   string `arg:"" help:"The pipeline file."`
	JSON   bool   `name:"json" xor:"form" help:"Print the summary as JSON."`
	Quiet  bool   `short:"q" xor:"form" help:"Print neither progress nor summary."`
	Verify bool   `help:"Read files to their ends when nothing more can be joined, and fail if they are damaged there."`
	// What shows a run while it goes on.
	Progress string `enum:"auto,plain" default:"auto" help:"auto redraws lines on a terminal; plain prints them."`
	Monitor  string `placeholder:"ADDRESS" help:"Show the run on a web page at an address such as localhost:8080."`
	// The options about Kafka.
	Instance  string `placeholder:"NAME" help:"This process's lasting name in Kafka's group; its restart takes over."`
	DemoKafka bool   `help:"Try the pipeline on a Kafka in this process, with the streams' files; print the results."`
}

// A summary is what a run says at its end. It is the form of run --json.
type summary struct {
	File string `json:"file"`
	pipeline.Progress
	// Seconds is how long the run took.
	Seconds float64 `json:"seconds"`
	// Hints says what may be wrong where nothing or little was joined.
	Hints []string `json:"hints,omitempty"`
	// Error is what stopped the run; empty after success.
	Error string `json:"error,omitempty"`
}

// Run runs the pipeline.
func (c *runCommand) Run(ctx context.Context, a *app) error {
	p, err := load(c.File)
	if err != nil {
		return err
	}
	if c.Instance != "" && !p.UsesKafka() && !c.DemoKafka {
		return &usageError{fmt.Errorf("--instance is a name in Kafka's group, but no stream of %s is a topic", c.File)}
	}
	if c.Quiet && c.Progress == "plain" {
		return &usageError{errors.New("--quiet and --progress plain can't be used together")}
	}
	toStdout := p.WritesStdout() || c.DemoKafka
	shown := &pipeline.Monitor{Watched: c.Monitor != ""}
	start := time.Now()
	err = a.paged(ctx, c.Monitor, shown, func() error {
		return a.showing(shown.Snapshot, c.show(a, toStdout), func(logs io.Writer) error {
			options := a.options(logs)
			options.Monitor, options.Instance, options.Verify = shown, c.Instance, c.Verify
			if c.DemoKafka {
				return p.Demo(ctx, options)
			}
			return p.Run(ctx, options)
		})
	})
	if errors.Is(err, context.Canceled) && !c.DemoKafka {
		err = &stoppedError{err, p.Stopped()}
	}
	s := summary{File: c.File, Progress: shown.Progress(), Seconds: time.Since(start).Seconds()}
	if err != nil {
		s.Error = err.Error()
	} else if s.little() && !c.Quiet && !(c.DemoKafka && p.ReadsKafka()) {
		s.Hints = a.hints(ctx, c.File, p)
	}
	out := a.stdout
	if toStdout {
		out = a.stderr
	}
	switch {
	case c.JSON:
		printed := printJSON(out, s)
		if err == nil {
			err = printed
		}
	case err == nil && !c.Quiet:
		s.print(out)
		for _, hint := range s.Hints {
			fmt.Fprintf(a.stderr, "leat: %s\n", hint)
		}
	}
	return err
}

// A stoppedError says what becomes of a run's results, which was interrupted.
type stoppedError struct {
	err   error
	after string
}

// Error says that the run was interrupted.
func (e *stoppedError) Error() string { return "interrupted: " + e.after }

// Unwrap returns the context's error.
func (e *stoppedError) Unwrap() error { return e.err }

// show says how the run shows how far it has come.
func (c *runCommand) show(a *app, toStdout bool) string {
	switch {
	case c.Progress == "plain":
		return showPlain
	// Lines that stay in place would get in the way of results on the same terminal.
	case c.Quiet || c.JSON || toStdout || !a.terminal || !movable():
		return showNothing
	}
	return showInPlace
}

// paged runs a function with a page that shows what it does, if there is an address for one.
func (a *app) paged(ctx context.Context, address string, shown *pipeline.Monitor, run func() error) error {
	if address == "" {
		return run()
	}
	at, err := monitor.ParseAddress(address)
	if err != nil {
		return &usageError{fmt.Errorf("--monitor: %w", err)}
	}
	server, err := monitor.Listen(ctx, at)
	if err != nil {
		return fmt.Errorf("leat: --monitor: %w", err)
	}
	fmt.Fprintf(a.stderr, "leat: %s shows the run\n", server.URL())
	return server.Watch(ctx, slog.New(slog.DiscardHandler), shown.Snapshot, run)
}

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
	}
	results := "results"
	if s.Results == 1 {
		results = "result"
	}
	took := time.Duration(s.Seconds * float64(time.Second))
	fmt.Fprintf(out, "%d %s in %v\n", s.Results, results, max(time.Millisecond, took.Round(time.Millisecond)))
	printExtents(out, s.Streams)
	for _, warning := range s.Warnings {
		fmt.Fprintln(out, "warning:", warning)
	}
}

// printExtents says how far streams were read that were not read to their ends.
func printExtents(out io.Writer, streams []pipeline.StreamProgress) {
	var silent []string
	for _, s := range streams {
		if s.TimedOut {
			silent = append(silent, s.Name)
		}
	}
	for _, s := range streams {
		if !s.Ended {
			fmt.Fprintln(out, extent(s, silent))
		}
	}
}

// extent says how far a stream was read that was not read to its end. After a data timeout nobody knows whether there
// is more: silent names the streams that nothing has come of.
func extent(s pipeline.StreamProgress, silent []string) string {
	at := ""
	switch {
	case s.Line > 0:
		at = fmt.Sprintf("up to line %d, ", s.Line)
	case s.Offset > 0:
		at = fmt.Sprintf("up to offset %d, ", s.Offset)
	}
	switch {
	case s.Verified:
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

func printJSON(out io.Writer, x any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(x)
}
