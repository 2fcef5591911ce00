package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/objectfile"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// A Head is what lies at the beginning of a stream, and what is known of its members. It is of the stream as it lies in
// its storage: before it is put in order, and with all of its elements.
type Head struct {
	StreamReport
	// Elements are the first ones, JSON objects as they are written.
	Elements []json.RawMessage `json:"elements"`
	// Columns are the members that they have, in the order in which they come; of a file without elements those that its
	// columns would be.
	Columns []Column `json:"columns"`
	// Keys are the order keys that the pipeline file has of the stream; empty for a stream that isn't joined.
	Keys []Column `json:"keys,omitempty"`
	// Problems are what can't be read or decoded.
	Problems []string `json:"problems,omitempty"`
}

// A Column is a member of a stream's elements, or a key of theirs, as far as they were read: at the beginning and at the
// end of the stream.
type Column struct {
	Name string `json:"name"`
	// Types are what its values are: number, text, true or false, list, object; without null.
	Types []string `json:"types"`
	// Nulls counts the elements in which it is null, and Missing those that haven't got it.
	Nulls   int `json:"nulls,omitempty"`
	Missing int `json:"missing,omitempty"`
	// Range is what the values lie between; nil where they have no order, or are of several types.
	Range *KeyRange `json:"range,omitempty"`
	// InOrder says that they have an order and never decrease, and Decreases where they do first.
	InOrder   bool   `json:"in_order"`
	Decreases string `json:"decreases,omitempty"`
	// Wrong says why a key can't be computed; empty where it can.
	Wrong string `json:"wrong,omitempty"`
}

// Head reads the beginning of a stream, and its end for what its keys lie between: of the stream of that name, which may
// be the output, or of the master where it is empty. Elements has limit elements at most. Nothing is written, and no
// group joined. An unknown name is an [*ArgumentError].
func (p *Pipeline) Head(ctx context.Context, options Options, stream string, limit int) (*Head, error) {
	m, n, err := p.nodeOf(stream)
	if err != nil {
		return nil, err
	}
	if n.Stream.Stored != nil && n.Stream.IsReadOnce() {
		return nil, &ArgumentError{Err: fmt.Errorf("%s of %s can be read once only, so that they can't be shown",
			n.Stream.Stored.Called, n.Stream.Storage)}
	}
	samples, err := sample.ReadOne(ctx, m, n, limit, options.ofMill())
	if err != nil {
		return nil, err
	}
	h := &Head{StreamReport: streamReport(n, samples.Of[n]), Elements: []json.RawMessage{}, Problems: samples.Problems}
	columns := &columns{of: map[string]*column{}}
	for _, s := range samples.Of[n] {
		for _, part := range []*sample.Part{&s.Head, &s.Tail} {
			for i, element := range part.Elements {
				raw := element.(*object.Object).Raw
				if part == &s.Head && len(h.Elements) < limit {
					h.Elements = append(h.Elements, raw)
				}
				columns.add(raw, part.Location(i))
			}
			columns.restart()
		}
	}
	if h.Columns = columns.all(); len(h.Elements) == 0 {
		h.Columns = columnsWithout(samples.Of[n])
	}
	for _, key := range keysOf(n) {
		h.Keys = append(h.Keys, keyColumn(key, samples.Of[n]))
	}
	return h, nil
}

// columnsWithout returns the columns of a file that has no elements.
func columnsWithout(samples []*sample.Sample) []Column {
	columns := []Column{}
	for _, s := range samples {
		for _, name := range s.Columns {
			columns = append(columns, Column{Name: name, Types: []string{}})
		}
	}
	return columns
}

// nodeOf returns the node of a stream: of the pipeline's mill, or one that is made for it.
func (p *Pipeline) nodeOf(stream string) (*mill.Mill, *mill.Node, error) {
	m, err := p.ownMill()
	if err != nil || stream == "" {
		return m, m.Master, err
	}
	for _, n := range m.Master.All() {
		if n.Name == stream {
			return m, n, nil
		}
	}
	only := p.description.Only(stream)
	if only == nil {
		names := p.description.StreamNames()
		return nil, nil, &ArgumentError{Err: fmt.Errorf("there is no stream %q%s", stream, description.Suggest(stream, names))}
	}
	var kinds []Storage
	for _, kind := range p.storages {
		kinds = append(kinds, readable{kind})
	}
	m, err = mill.Build(only, kinds, p.formats)
	if err != nil {
		return nil, nil, err
	}
	return m, m.Master, nil
}

// A readable storage reads also what the pipeline file says how to write.
type readable struct{ Storage }

// Stream implements [Storage].
func (r readable) Stream(name string, section *description.Section) (*storage.Stream, error) {
	s, err := r.Storage.Stream(name, section)
	if err == nil {
		s.OnlyWritten = nil
	}
	return s, err
}

// keysOf returns the order keys of a node's elements, each once.
func keysOf(n *mill.Node) (keys []*expression.Program) {
	if n.Right != nil {
		keys = append(keys, n.Right)
	}
	for _, child := range n.Children {
		keys = append(keys, child.Left)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(keys, func(p *expression.Program) bool {
		again := seen[p.String()]
		seen[p.String()] = true
		return again
	})
}

// keyColumn says what the keys of a stream are.
func keyColumn(key *expression.Program, samples []*sample.Sample) Column {
	c := &column{Column: Column{Name: key.String()}}
	for _, s := range samples {
		for _, part := range []*sample.Part{&s.Head, &s.Tail} {
			for i, element := range part.Elements {
				k, err := key.Key(element)
				if err != nil {
					if c.Wrong == "" {
						c.Wrong = fmt.Sprintf("%s: %v", part.Location(i), err)
					}
					continue
				}
				c.addKey(k, nounOf(k.Kind()), part.Location(i))
			}
			c.last = expression.Key{}
		}
	}
	return c.finished()
}

// WriteElements writes the elements in a file's format: as rows of cells or, where that isn't asked for, a JSON object a
// line.
func (h *Head) WriteElements(ctx context.Context, out io.Writer, cells bool) error {
	stream := objectfile.Stream(mill.Standard)
	if cells {
		d := file.Dialect{}
		for _, c := range h.Columns {
			d.Columns = append(d.Columns, c.Name)
		}
		stream.Format = d
	}
	job := &broker.Job{Name: "show", Outputs: []broker.Stream{stream}, Logger: slog.New(slog.DiscardHandler)}
	output, err := file.New(file.Streams(stream), file.Stdout(out)).OpenSink(ctx, job)
	if err != nil {
		return err
	}
	commit := broker.Commit{End: true}
	for _, element := range h.Elements {
		commit.Results = append(commit.Results, broker.Result{Value: element})
	}
	if err := output.Commit(ctx, []broker.Commit{commit}); err != nil {
		_ = output.Close() // what it says is said
		return err
	}
	return output.Close()
}

// Order says in words whether the column's values are in order; nothing where they have no order.
func (c *Column) Order() string {
	switch {
	case c.Wrong != "":
		return c.Wrong
	case c.Range == nil:
		return ""
	case c.Decreases != "":
		return "not in order: it decreases at " + c.Decreases
	}
	return "in order"
}

// Kind names the column's types.
func (c *Column) Kind() string {
	if len(c.Types) == 0 {
		return "null"
	}
	return strings.Join(c.Types, " or ")
}

// Extent says how much of the stream was read: all 12 elements, or the first of them.
func (h *Head) Extent() string { return h.read() }
