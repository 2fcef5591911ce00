package main

import (
	"context"
	"fmt"
)

type positionsCommand struct {
	File  string `arg:"" help:"The pipeline file."`
	JSON  bool   `name:"json" help:"Print the positions as JSON."`
	Reset bool   `help:"Remove them: the next run begins at the start of all streams."`
}

// Run shows the positions that are kept, and removes them if that is asked for.
func (c *positionsCommand) Run(ctx context.Context, a *app) error {
	p, err := load(c.File)
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
	fmt.Fprintf(a.stderr, "leat: these positions are removed: the next run of %s begins at the start of all streams, and "+
		"writes again what is there\n", positions.Name)
	return p.ResetPositions(ctx, options)
}
