package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

type positionsCommand struct {
	pipelineFile
	JSON  bool `name:"json" help:"Print the positions as JSON."`
	Reset bool `help:"Remove them, after a question: the next run begins at the start of all streams."`
	Yes   bool `help:"Remove them without a question."`
}

// Run shows the positions that are kept, and removes them if that is asked for.
func (c *positionsCommand) Run(ctx context.Context, a *app) error {
	if c.Yes && !c.Reset {
		return &usageError{errors.New("--yes goes with --reset: only that asks")}
	}
	p, err := c.load()
	if err != nil {
		return err
	}
	options := a.options(a.stderr)
	positions, err := p.Positions(ctx, options)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.stdout, positions)
	} else {
		_, err = fmt.Fprint(a.stdout, positions)
	}
	if err != nil || !c.Reset || len(positions.Partitions) == 0 {
		return err
	}
	if err := c.confirm(ctx, a, positions); err != nil {
		return err
	}
	if err := p.ResetPositions(ctx, options); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "leat: the positions are removed")
	return nil
}

// confirm says what a reset removes, and asks whether it may, unless that was said before.
func (c *positionsCommand) confirm(ctx context.Context, a *app, positions *pipeline.Positions) error {
	fmt.Fprintf(a.stderr, "leat: --reset removes these positions of %s from %s, not its results: the next run begins at the "+
		"start of all streams, and writes again what is there\n", positions.Name, positions.KeptBy)
	switch {
	case c.Yes:
		return nil
	case !a.asks:
		return &usageError{errors.New("nothing was removed, for nobody can be asked: add --yes")}
	}
	fmt.Fprint(a.stderr, "Remove them? [y/N] ")
	answer, err := bufio.NewReader(a.stdin).ReadString('\n')
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && err != io.EOF:
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was removed")
	}
	return nil
}
