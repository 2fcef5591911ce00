package main

import (
	"context"
	"errors"
	"fmt"
)

type planCommand struct {
	pipelineFile
	Format string `enum:"text,mermaid,dot" default:"text" help:"The form: text, mermaid or dot."`
}

// Run draws the join tree.
func (c *planCommand) Run(a *app) error {
	p, err := c.load()
	if err != nil {
		return err
	}
	plan := p.Plan()
	switch c.Format {
	case "mermaid":
		_, err = fmt.Fprint(a.stdout, plan.Mermaid())
	case "dot":
		_, err = fmt.Fprint(a.stdout, plan.DOT())
	default:
		_, err = fmt.Fprint(a.stdout, plan)
	}
	return err
}

type checkCommand struct {
	pipelineFile
	JSON     bool   `name:"json" help:"Print the report as JSON."`
	Instance string `placeholder:"NAME" help:"The name that the run will have in Kafka's group."`
}

// errProblems says that a check has found what would stop a run. The report says what.
var errProblems = errors.New("problems found")

// Run checks the pipeline's streams.
func (c *checkCommand) Run(ctx context.Context, a *app) error {
	p, err := c.load()
	if err != nil {
		return err
	}
	if c.Instance != "" && !p.UsesKafka() {
		return &usageError{fmt.Errorf("--instance is a name in Kafka's group, but no stream of %s is a topic", c.File)}
	}
	options := a.options(a.stderr)
	options.Instance = c.Instance
	report, err := p.Check(ctx, options)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.stdout, report)
	} else {
		_, err = fmt.Fprint(a.stdout, report)
	}
	if err == nil && len(report.Problems) > 0 {
		err = errProblems
	}
	return err
}

type lagCommand struct {
	pipelineFile
	JSON bool `name:"json" help:"Print the lag as JSON."`
}

// Run shows how far the pipeline's group has come.
func (c *lagCommand) Run(ctx context.Context, a *app) error {
	p, err := c.load()
	if err != nil {
		return err
	}
	lag, err := p.Lag(ctx, a.options(a.stderr))
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, lag)
	}
	_, err = fmt.Fprint(a.stdout, lag)
	return err
}
