package main

import (
	"fmt"

	"github.com/leat-go/leat/pipeline"
)

// cellFlags say how a text file holds its cells, each as the member of csv in a pipeline file that has its name.
type cellFlags struct {
	Delimiter *string  `placeholder:"C" help:"What is between cells: a character, tab, or space for any run of blanks."`
	Columns   []string `placeholder:"NAME,..." help:"The names of the columns, where no line of the file has them."`
	Comment   *string  `placeholder:"TEXT" help:"What lines begin with that are passed over, as #."`
	Null      []string `placeholder:"CELL,..." help:"The cells that are null, as NA; empty ones if left out."`
	Decimal   *string  `placeholder:"C" help:"What is before a number's decimals: a comma, or the usual point."`
	Ragged    bool     `help:"Take rows with too few cells, which are null, and with too many, which are passed over."`
	Text      []string `placeholder:"NAME,..." help:"Columns of texts, also where these look like numbers."`
}

// writtenCells are those about a file that is written.
type writtenCells struct {
	Delimiter *string  `placeholder:"C" help:"What is between cells: a character, tab, or space."`
	Columns   []string `placeholder:"NAME,..." help:"The columns that are written, in this order."`
	Comment   *string  `placeholder:"TEXT" help:"What begins a comment: a row that begins so is put in quotes."`
	Null      *string  `placeholder:"CELL" help:"What is written for null; an empty cell if left out."`
	Decimal   *string  `placeholder:"C" help:"What is before a number's decimals: a comma, or the usual point."`
}

// cells returns what the flags say.
func (f writtenCells) cells() pipeline.Cells {
	c := pipeline.Cells{Delimiter: f.Delimiter, Columns: f.Columns, Comment: f.Comment, Decimal: f.Decimal}
	if f.Null != nil {
		c.Null = []string{*f.Null}
	}
	return c
}

// reading is the prefix of flags about what is read, and writing that of those about what is written.
const (
	reading = "--"
	writing = "--to-"
)

// cells returns what the flags say.
func (f cellFlags) cells() pipeline.Cells { return pipeline.Cells(f) }

// hinted adds to an error how a file seems to hold its cells, where nothing says how. It isn't taken for granted, as where a
// file is only shown: a wrong guess would be a wrong file.
func (f cellFlags) hinted(path string, err error) error {
	if err == nil || !f.cells().IsZero() {
		return err
	}
	if seems := pipeline.Sniff(path); !seems.IsZero() {
		return fmt.Errorf("%w; %s seems to need %s", err, path, seems.Flags(reading))
	}
	return err
}

// warnOfNames says that the first line of a file was taken for one of names, where nothing says what it is and it seems to
// hold values.
func (f cellFlags) warnOfNames(a *app, path string) {
	if seems := pipeline.Sniff(path); f.cells().IsZero() && len(seems.Columns) > 0 {
		fmt.Fprintf(a.stderr, "leat: warning: the first line of %s was taken for the names of its columns, and seems to have "+
			"values: say %s, with the right names\n", path, seems.Flags(reading))
	}
}
