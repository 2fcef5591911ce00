package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/pipeline"
)

type explainCommand struct {
	pipelineFile
	Key     string `placeholder:"K" xor:"what" help:"The key, as 30, 12.5 or robot-7."`
	Element string `placeholder:"JSON" xor:"what" help:"An element, instead of a key."`
	Stream  string `placeholder:"NAME" help:"The stream whose key or element it is; the master if left out."`
	JSON    bool   `name:"json" help:"Print the explanation as JSON."`
}

// Help is what is said of the command beside its flags: the parser can't say that one of two is needed.
func (c *explainCommand) Help() string {
	return "For example: leat explain join.yaml --key 140. Either --key or --element is needed."
}

// Run explains what comes of a key.
func (c *explainCommand) Run(ctx context.Context, a *app) error {
	if c.Element == "" && c.Key == "" {
		return &usageError{errors.New("nothing to explain is given: name a key by --key K, or an element by --element JSON")}
	}
	p, err := c.load()
	if err != nil {
		return err
	}
	about := pipeline.About{Stream: c.Stream, Key: c.Key}
	if c.Element != "" {
		about.Element = []byte(c.Element)
	}
	explanation, err := p.Explain(ctx, a.options(a.stderr), about)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, explanation)
	}
	_, err = fmt.Fprint(a.stdout, explanation)
	return err
}
