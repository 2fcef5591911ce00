// Package filesort puts the elements of a file in order: joins need streams whose keys don't decrease.
//
// A file is sorted as a whole, in bounded memory and with a temporary file where it doesn't fit; or with a lateness, as
// it is read, where its elements come late by a bounded distance only. Both are stable: elements with equal keys stay
// in their order. Keys are those of pipeline files: exact numbers of any length, texts byte by byte, instants,
// durations, truth values; all of one kind.
//
// Elements whose key is null come last where a file is sorted as a whole, as DuckDB and PostgreSQL have it. With a
// lateness they can't: they take no part in the order (R7a), and go out as soon as they are read.
//
// Files are read and written as package file has it: what the names' ends say, compressed or not, and standard input
// and output. An object is written as it stood, but that one of several lines gets a line of its own. Cells are written as they
// lie in the file that is read, to a file whose name ends as its name does, and to standard output. An output file
// appears when it is complete, or not at all, so that it may be the input, too.
package filesort

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/extsort"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/objectfile"
)

// An Order is what elements are put in order by. It is safe for concurrent use.
type Order struct {
	key *object.MemberKey
	// lateness is valid where within isn't empty.
	lateness Lateness
	within   string
}

// Compile returns the order by an expression over the members of an element, such as time, or floor(at / 1000). within
// is a lateness: a number for keys that are numbers, a duration such as 10ms for instants and durations; where it is
// empty, files are sorted as a whole. An error says what is wrong with either.
func Compile(by, within string) (*Order, error) {
	key, err := object.CompileMemberKey(by)
	if err != nil {
		return nil, fmt.Errorf("by: %w", err)
	}
	if err := key.CheckOrder(); err != nil {
		return nil, fmt.Errorf("by: %w", err)
	}
	o := &Order{key: key, within: within}
	if within == "" {
		return o, nil
	}
	if o.lateness, err = ParseLateness(within); err != nil {
		return nil, fmt.Errorf("within: %w", err)
	}
	return o, nil
}

// Options are the options of [Order.Sort]. The zero value is good for use, but for the paths "-".
type Options struct {
	// Memory is how many bytes of elements are held in memory; zero is 256 MiB. With a lateness, more elements than that
	// can't wait, and are an error.
	Memory int64
	// SkipDisorder leaves out elements that are late, and those whose key can't be computed; each is logged and counted.
	// Otherwise the first one is an error (R7).
	SkipDisorder bool
	// Cells says how a text file that is read holds its cells; nil for as its name says.
	Cells *file.Dialect
	// Stdin and Stdout are what the path "-" stands for.
	Stdin  io.Reader
	Stdout io.Writer
	// Logger gets what is skipped; nil for nobody.
	Logger *slog.Logger
	// Monitor shows how far the sort has come; nil where nobody looks.
	Monitor *Monitor
}

// A Report says what was sorted.
type Report struct {
	// Elements is how many were written.
	Elements int64
	// Disordered is how many of them came behind one with a greater key.
	Disordered int64
	// Null is how many have a null key.
	Null int64
	// Skipped is how many were left out.
	Skipped int64
	// Spilled is how many bytes went through a temporary file.
	Spilled int64
	// Warning says what is wrong with what was read though nothing has failed: that the file grew meanwhile, for example.
	Warning string
}

// Sort reads the file at one path and writes its elements, in order, to another one. Errors about an element name its
// location. When it returns, everything temporary is gone.
func (o *Order) Sort(ctx context.Context, from, to string, options Options) (_ Report, err error) {
	if options.Memory <= 0 {
		options.Memory = extsort.DefaultMemory
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Monitor == nil {
		options.Monitor = &Monitor{}
	}
	objects, err := objectfile.Open(ctx, "sort", from, options.Cells, options.Stdin)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, objects.Close()) }()
	out, err := openWriter(ctx, outputOf(from, to, options.Cells), options.Stdout, options.Monitor)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	s := &sorting{Order: o, Options: &options, path: from, objects: objects, out: out}
	out.carriage = file.Carry(objects.Reader, out.output)
	if o.within == "" {
		err = s.whole(ctx)
	} else {
		err = s.late(ctx)
	}
	s.report.Warning = objects.Warning() // before the output may take the place of what was read
	if err == nil && s.report.Elements == 0 {
		err = out.name(ctx, objects.Columns())
	}
	if err == nil {
		err = out.complete(ctx)
	}
	return s.report, err
}

// sorting is one call of Sort.
type sorting struct {
	*Order
	*Options
	path    string
	objects *objectfile.Reader
	out     *writer

	kind   expression.Kind // of the keys; Unknown before the first
	report Report
}
