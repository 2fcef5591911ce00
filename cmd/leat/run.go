package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/pipeline"
)

type runCommand struct {
	pipelineFile
	JSON   bool `name:"json" xor:"form" help:"Print the summary as JSON."`
	Quiet  bool `short:"q" xor:"form" help:"Print neither progress nor summary."`
	Verify bool `help:"Read files to their ends when nothing more can be joined, and fail if they are damaged there."`
	// How much is run, and in which form its results are shown.
	Limit  int64  `placeholder:"N" help:"End after N results. Where positions are kept it needs --dry-run."`
	DryRun bool   `help:"Write and keep nothing: run from the start of the streams and show the first results."`
	Format string `enum:"auto,table,json" default:"auto" help:"Of results on standard output: table or json."`
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
	// Interrupted says that the run was interrupted, and Error is what stopped it; empty after success.
	Interrupted bool   `json:"interrupted,omitempty"`
	Error       string `json:"error,omitempty"`
}

// Run runs the pipeline.
func (c *runCommand) Run(ctx context.Context, a *app) error {
	p, err := c.load()
	if err != nil {
		return err
	}
	if err := c.check(p); err != nil {
		return err
	}
	toStdout := p.WritesStdout() || c.DemoKafka || c.DryRun
	results := a.newResults(c, p)
	shown := &pipeline.Monitor{Watched: c.Monitor != ""}
	start := time.Now()
	err = c.start(ctx, a, p, shown, results)
	if shownErr := results.end(); err == nil {
		err = shownErr
	}
	switch {
	case errors.Is(err, context.Canceled) && c.DryRun:
		err = &stoppedError{err, "nothing was written"}
	case errors.Is(err, context.Canceled) && !c.DemoKafka:
		err = &stoppedError{err, p.Stopped()}
	}
	s := summary{File: c.File, Progress: shown.Progress(), Seconds: time.Since(start).Seconds()}
	if err != nil {
		s.Error, s.Interrupted = err.Error(), errors.Is(err, context.Canceled)
	} else if s.little() && !c.Quiet && !(c.DemoKafka && p.ReadsKafka()) {
		s.Hints = a.hints(ctx, c.File, p)
	}
	out := a.stdout
	if toStdout {
		out = a.stderr
	}
	if c.DryRun && err == nil && !c.Quiet {
		fmt.Fprintln(a.stderr, results.dryness(s.Results))
	}
	switch {
	case c.JSON:
		printed := printJSON(out, s)
		if err == nil {
			err = printed
		}
	case (err == nil || s.Interrupted) && !c.Quiet:
		s.print(out)
		for _, hint := range s.Hints {
			fmt.Fprintf(a.stderr, "leat: %s\n", hint)
		}
	}
	return err
}

// start runs the pipeline as the options say, and shows how far it has come.
func (c *runCommand) start(ctx context.Context, a *app, p *pipeline.Pipeline, shown *pipeline.Monitor,
	results *resultShow) error {
	return a.paged(ctx, c.Monitor, shown, func() error {
		return a.showing(shown.Snapshot, c.show(a, p.WritesStdout() || c.DemoKafka || c.DryRun), func(logs io.Writer) error {
			options := a.options(logs)
			options.Monitor, options.Instance, options.Verify = shown, c.Instance, c.Verify
			options.Stdout, options.Limit = results.to, c.Limit
			switch {
			case c.DemoKafka:
				return p.Demo(ctx, options)
			case c.DryRun:
				return p.DryRun(ctx, options, results.keep)
			}
			return p.Run(ctx, options)
		})
	})
}

// check refuses options that don't go together, or with the pipeline.
func (c *runCommand) check(p *pipeline.Pipeline) error {
	switch {
	case c.Instance != "" && !p.UsesKafka() && !c.DemoKafka:
		return &usageError{fmt.Errorf("--instance is a name in Kafka's group, but no stream of %s is a topic", c.File)}
	case c.Quiet && c.Progress == "plain":
		return &usageError{errors.New("--quiet and --progress plain can't be used together")}
	case c.Limit < 0:
		return &usageError{fmt.Errorf("--limit %d: it must be above zero", c.Limit)}
	case c.Limit > 0 && !c.DryRun && !c.DemoKafka && p.KeepsPositions():
		return &usageError{fmt.Errorf("--limit ends the session, and %s keeps positions, so that its next run would pass over "+
			"the rest of it: add --dry-run", c.File)}
	case c.DryRun && c.DemoKafka:
		return &usageError{errors.New("--dry-run and --demo-kafka can't be used together: a demonstration writes no file either")}
	case c.Format != "auto" && !c.DryRun && !c.DemoKafka && !p.WritesStdout():
		return &usageError{fmt.Errorf("--format is for results on standard output, but %s writes them elsewhere: "+
			"show them by leat show %[1]s --stream NAME, or by --dry-run", c.File)}
	}
	return nil
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

func printJSON(out io.Writer, x any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(x)
}
