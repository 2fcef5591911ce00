package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

type initCommand struct {
	Left   string `arg:"" help:"What the other one is joined to: a file, kafka:TOPIC, or URL#TABLE of a database."`
	Right  string `arg:"" help:"What is joined to it, of the same storage."`
	Output string `short:"o" default:"join.yaml" placeholder:"FILE" help:"The pipeline file to write; join.yaml if left out."`
	Yes    bool   `help:"Write what is most likely, without a question."`
	Force  bool   `help:"Write over a pipeline file that is there."`
	clusterFlags
	registryFlags
}

// Help is what is said of the command beside its flags.
func (c *initCommand) Help() string {
	return "For example: leat init orders.csv payments.csv --yes, then leat check join.yaml and leat run join.yaml. It looks " +
		"at both for their format, for times that are texts, for streams out of order and for keys that match. Topics are " +
		"kafka:orders, with --brokers, and tables postgres://user@host/shop#orders, mysql://user@host/shop#orders and " +
		"sqlite:shop.db#orders; postgres:orders and mysql:orders lie where the environment's PG… and MYSQL_… variables say. A " +
		"password is in $LEAT_PASSWORD, or in an address that a variable holds: '${DATABASE_URL}#orders', as it is."
}

// Run looks at both streams and writes a pipeline file.
func (c *initCommand) Run(ctx context.Context, a *app) error {
	if _, err := os.Lstat(c.Output); err == nil && !c.Force {
		return c.isThere()
	}
	if !c.Yes && !a.asks {
		return &usageError{errors.New("nobody can be asked whether the guess is right: add --yes")}
	}
	var sources [2]pipeline.Source
	for i, text := range []string{c.Left, c.Right} {
		var err error
		if sources[i], err = c.source(text); err != nil {
			return err
		}
	}
	dir := filepath.Dir(c.Output)
	draft, err := pipeline.NewDraft(ctx, dir, sources, "joined.jsonl", 0, parts()...)
	if err != nil {
		return err
	}
	if !c.Yes {
		choice, err := c.ask(ctx, a, draft)
		if err != nil {
			return err
		}
		if draft, err = pipeline.NewDraft(ctx, dir, sources, "joined.jsonl", choice, parts()...); err != nil {
			return err
		}
	}
	head := fmt.Sprintf("# Made by leat init. Look at it by leat check %[1]s, run it by leat run %[1]s.\n",
		filepath.Base(c.Output))
	for _, note := range draft.Notes {
		head += "# " + strings.ReplaceAll(printable(note), "\n", " ") + "\n"
		fmt.Fprintln(a.stderr, "leat:", printable(note))
	}
	if err := c.write(head + draft.Text); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%[1]s is written; look at it by  leat check %[1]s , run it by  leat run %[1]s\n", c.Output)
	return err
}

// shownJoins is how many ways to join are offered.
const shownJoins = 5

// ask asks which of the joins is meant.
func (c *initCommand) ask(ctx context.Context, a *app, draft *pipeline.Draft) (int, error) {
	joins := draft.Joins[:min(shownJoins, len(draft.Joins))]
	fmt.Fprintln(a.stderr, "They can be joined on")
	for i, join := range joins {
		fmt.Fprintf(a.stderr, "  %d  %s\n", i+1, printable(join))
	}
	fmt.Fprint(a.stderr, "Which one? [1] ")
	answer, err := bufio.NewReader(a.stdin).ReadString('\n')
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil && err != io.EOF:
		return 0, err
	}
	if answer = strings.TrimSpace(answer); answer == "" && err == nil {
		return 0, nil
	}
	n, err := strconv.Atoi(answer)
	if err != nil || n < 1 || n > len(joins) {
		return 0, errors.New("nothing was written: the answer is none of the numbers")
	}
	return n - 1, nil
}
