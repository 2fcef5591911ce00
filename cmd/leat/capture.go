package main

import (
	"context"
	"fmt"
)

type captureCommand struct {
	pipelineFile
	Dir  string `arg:"" help:"The directory to save to: empty, or not there yet."`
	From string `required:"true" placeholder:"K" help:"The least key of the masters, as explain takes it."`
	To   string `required:"true" placeholder:"K" help:"The greatest."`
	JSON bool   `name:"json" help:"Print what was saved as JSON."`
}

// Run saves a range of the streams.
func (c *captureCommand) Run(ctx context.Context, a *app) error {
	p, err := c.load()
	if err != nil {
		return err
	}
	captured, err := p.Capture(ctx, c.From, c.To, c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, captured)
	}
	for _, slice := range captured.Slices {
		for _, s := range slice.Streams {
			elements := "elements"
			if s.Elements == 1 {
				elements = "element"
			}
			fmt.Fprintf(a.stdout, "%s: %d %s of %s", s.File, s.Elements, elements, s.Name)
			if s.Neighbours > 0 {
				fmt.Fprintf(a.stdout, ", and %d beside them", s.Neighbours)
			}
			fmt.Fprintln(a.stdout)
		}
		if _, err := fmt.Fprintf(a.stdout, "run it: leat run %s\n", slice.File); err != nil {
			return err
		}
	}
	return nil
}
