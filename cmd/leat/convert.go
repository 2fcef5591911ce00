package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/pipeline"
)

type convertCommand struct {
	From      string `arg:"" help:"A file of elements; - is standard input."`
	To        string `arg:"" help:"The file to write; - is standard output."`
	Quiet     bool   `short:"q" help:"Print neither progress nor summary."`
	cellFlags `group:"How a text file is read"`
	Writes    writtenCells `embed:"" prefix:"to-" group:"How a text file is written"`
}

// Help is what is said of the command beside its flags.
func (c *convertCommand) Help() string {
	return "The ends of the names say the formats. For example: leat convert orders.csv orders.jsonl.gz. Elements stay in " +
		"their order, and numbers keep their digits, but in Parquet. The file appears when it is complete, or not at all."
}

// Run converts the file.
func (c *convertCommand) Run(ctx context.Context, a *app) error {
	p, err := pipeline.Copy(pipeline.File{Path: c.From, Cells: c.cells(), Prefix: reading},
		pipeline.File{Path: c.To, Cells: c.Writes.cells(), Prefix: writing})
	if err != nil {
		return err
	}
	shown, start := &pipeline.Monitor{}, time.Now()
	how := (&runCommand{Quiet: c.Quiet, Progress: "auto"}).show(a, p.WritesStdout())
	err = a.showing(shown.Snapshot, how, func(logs io.Writer) error {
		options := a.options(logs)
		options.Logger = slog.New(slog.DiscardHandler) // its warnings are told below
		options.Monitor = shown
		return p.Run(ctx, options)
	})
	if errors.Is(err, context.Canceled) {
		return &stoppedError{err, "nothing was written"}
	}
	if err != nil {
		return c.hinted(c.From, err)
	}
	progress := shown.Progress()
	for _, warning := range progress.Warnings {
		fmt.Fprintln(a.stderr, "leat: warning:", warning)
	}
	c.warnOfNames(a, c.From)
	if c.Quiet {
		return nil
	}
	out := a.stdout
	if p.WritesStdout() {
		out = a.stderr
	}
	elements := "elements"
	if progress.Results == 1 {
		elements = "element"
	}
	_, err = fmt.Fprintf(out, "%s %s, in %v\n", monitor.Grouped(progress.Results), elements,
		time.Since(start).Round(time.Millisecond))
	return err
}
