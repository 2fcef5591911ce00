package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

type showCommand struct {
	File      string   `arg:"" help:"A pipeline file, or a file of elements; - is standard input."`
	Set       []string `sep:"none" placeholder:"PATH=VALUE" help:"Set a member of the pipeline file: streams.a.file=x.csv."`
	Stream    string   `placeholder:"NAME" help:"The stream of the pipeline file; the master if left out."`
	Limit     int      `short:"n" default:"10" placeholder:"N" help:"How many elements to show; 10 if left out."`
	Format    string   `enum:"auto,table,json,csv" default:"auto" help:"table, json (lines) or csv."`
	cellFlags `group:"How a text file is read"`
}

// Help is what is said of the command beside its flags.
func (c *showCommand) Help() string {
	return "For example: leat show orders.csv, or leat show join.yaml --stream orders. Below the table it says of each member " +
		"what its values lie between and whether they are in order, at both ends of the stream. Streams are shown as they " +
		"lie there, before they are sorted or filtered."
}

// Run shows the head of a stream.
func (c *showCommand) Run(ctx context.Context, a *app) error {
	if c.Limit < 1 {
		return &usageError{fmt.Errorf("--limit %d: it must be above zero", c.Limit)}
	}
	p, err := c.load(a)
	if err != nil {
		return err
	}
	head, err := p.Head(ctx, a.options(a.stderr), c.Stream, c.Limit)
	if err != nil {
		return err
	}
	if c.isTable(a) {
		err = a.showTable(head)
	} else {
		err = head.WriteElements(ctx, a.stdout, c.Format == "csv")
	}
	if err != nil {
		return err
	}
	if len(head.Elements) == 0 && len(head.Problems) == 0 && !c.isTable(a) {
		fmt.Fprintln(a.stderr, "leat:", nothingIn(head))
	}
	if len(head.Problems) > 0 {
		return fmt.Errorf("leat: %s", strings.Join(head.Problems, "\n"))
	}
	return nil
}

func (c *showCommand) isTable(a *app) bool {
	return c.Format == "table" || c.Format == "auto" && a.results
}

// nothingIn says that a stream has no elements, and which columns it has all the same.
func nothingIn(h *pipeline.Head) string {
	text := fmt.Sprintf("%s%s%s: %s", h.File, h.Topic, h.Address, h.Extent())
	if len(h.Columns) == 0 {
		return text
	}
	var names []string
	for _, c := range h.Columns {
		names = append(names, printable(c.Name))
	}
	return text + "; columns: " + strings.Join(names, ", ")
}

// load returns the pipeline: that of a file of elements hands them on to standard output.
func (c *showCommand) load(a *app) (*pipeline.Pipeline, error) {
	if !isDataFile(c.File) {
		if cells := c.cells(); !cells.IsZero() {
			return nil, &usageError{fmt.Errorf("%s is for a file of elements: a pipeline file says csv at the stream, "+
				"or --set 'streams.NAME.csv=%v'", cells.Flags(reading), cells)}
		}
		return load(c.File, c.Set...)
	}
	if c.Stream != "" || len(c.Set) > 0 {
		return nil, &usageError{fmt.Errorf("--stream and --set are for a pipeline file, and %s is a file of elements", c.File)}
	}
	return pipeline.Copy(pipeline.File{Path: c.File, Cells: c.guessed(a), Prefix: reading}, pipeline.File{Path: "-"})
}

// guessed returns how a text file holds its cells: as is said, or as it seems, which is told. Where something else is said, only
// what is between the cells is guessed.
func (c *showCommand) guessed(a *app) pipeline.Cells {
	said, seems := c.cells(), pipeline.Cells{}
	if c.File != "-" && said.Delimiter == nil {
		seems = pipeline.Sniff(c.File)
	}
	if !said.IsZero() {
		seems = pipeline.Cells{Delimiter: seems.Delimiter}
	}
	if seems.IsZero() {
		return said
	}
	fmt.Fprintf(a.stderr, "leat: %s seems to need %s, or csv: %v in a pipeline file\n", c.File, seems.Flags(reading), seems)
	if said.IsZero() {
		return seems
	}
	said.Delimiter = seems.Delimiter
	return said
}

// showTable shows a head as a table, with what is known of the members below it.
func (a *app) showTable(h *pipeline.Head) error {
	if len(h.Elements) == 0 {
		_, err := fmt.Fprintln(a.stdout, nothingIn(h))
		return err
	}
	g, kinds := grid{}, map[string]string{}
	for i := range h.Columns {
		kinds[h.Columns[i].Name] = h.Columns[i].Kind()
	}
	for _, element := range h.Elements {
		g.add(element)
	}
	fmt.Fprintf(a.stdout, "%s%s%s: %s\n\n", h.File, h.Topic, h.Address, h.Extent())
	if err := g.print(a.stdout, kinds, a.width()); err != nil {
		return err
	}
	rows := columnRows(h.Columns)
	if len(h.Keys) > 0 {
		rows = append(rows, nil)
		for i, row := range columnRows(h.Keys) {
			row[0] = "key " + h.Keys[i].Name
			rows = append(rows, row)
		}
	}
	fmt.Fprintln(a.stdout)
	for _, line := range aligned(rows) {
		if width := a.width(); width > 0 {
			line = fit(line, width+1)
		}
		if _, err := fmt.Fprintln(a.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

// columnRows says what is known of each column.
func columnRows(columns []pipeline.Column) (rows [][]string) {
	for i := range columns {
		c := &columns[i]
		between := ""
		if c.Range != nil {
			between = printable(c.Range.String())
		}
		var absent []string
		if c.Nulls > 0 {
			absent = append(absent, fmt.Sprintf("%d null", c.Nulls))
		}
		if c.Missing > 0 {
			absent = append(absent, fmt.Sprintf("missing in %d", c.Missing))
		}
		rows = append(rows, []string{printable(c.Name), c.Kind(), between, strings.Join(absent, ", "), c.Order()})
	}
	return rows
}
