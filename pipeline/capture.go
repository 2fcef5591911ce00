package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/expression"
)

// Captured says what Capture has saved.
type Captured struct {
	// By is the expression of the masters' keys, and From and To are the range that was asked for.
	By   string         `json:"by"`
	From expression.Key `json:"from"`
	To   expression.Key `json:"to"`
	// Slices has one entry for each partition with such masters; files have one.
	Slices []CapturedSlice `json:"slices"`
}

// CapturedSlice is what was saved of one partition.
type CapturedSlice struct {
	Partition int `json:"partition"`
	// File is the path of the pipeline file that runs on it.
	File    string           `json:"file"`
	Streams []CapturedStream `json:"streams"`
}

// CapturedStream is what was saved of one stream. Elements counts those that the masters need, and Neighbours the ones
// beside them, which were saved as well, so that the run has the same gaps.
type CapturedStream struct {
	Name       string `json:"name"`
	File       string `json:"file"`
	Elements   int    `json:"elements"`
	Neighbours int    `json:"neighbours"`
}

// Capture saves what the masters with keys between from and to, both included, need of all streams, down the tree, as JSON
// files in a directory, with a pipeline file that runs on them: its results are those of a run in which the master has
// these elements only. Keys are written as for [About]. The directory must be empty, or not there yet; of a topic with
// several partitions each has a directory in it, "partition-3". What is saved must fit into memory. It joins no group and
// changes no stream. An [*ArgumentError] says that there can't be such keys, or that there are none.
func (p *Pipeline) Capture(ctx context.Context, from, to, dir string) (*Captured, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, wrongArgument("the directory %s is not empty: give another, which is made where it isn't there", dir)
	}
	p, err := p.again()
	if err != nil {
		return nil, err
	}
	streams, err := p.open(ctx)
	defer streams.close()
	if err != nil {
		return nil, err
	}
	names, err := p.naming(ctx, p.master, streams.shelves[p.master])
	if err != nil {
		return nil, err
	}
	c := &capture{library: streams, naming: names, dir: dir, captured: &Captured{By: names.String(), Slices: []CapturedSlice{}}}
	if err := c.understand(from, to); err != nil {
		return nil, err
	}
	for partition := range streams.partitions {
		if err := c.partition(ctx, partition); err != nil {
			return nil, err
		}
	}
	if len(c.captured.Slices) == 0 {
		return nil, wrongArgument("%s has no element with %s from %v to %v", p.master.name, names, c.captured.From, c.captured.To)
	}
	return c.captured, nil
}

// A capture is under way.
type capture struct {
	*library
	naming   *naming
	wanted   wanted
	dir      string
	captured *Captured
}

func (c *capture) understand(from, to string) (err error) {
	into := c.captured
	if into.From, err = c.naming.parse(from); err != nil {
		return err
	}
	if into.To, err = c.naming.parse(to); err != nil {
		return err
	}
	if expression.Compare(into.From, into.To) > 0 {
		return wrongArgument("no key lies between %v and %v: the first is above the second", into.From, into.To)
	}
	c.wanted, err = c.naming.wanted(into.From, into.To)
	return err
}

// partition saves what there is in one partition; nothing where it has no such master.
func (c *capture) partition(ctx context.Context, partition int) error {
	masters, err := c.lookUp(ctx, c.pipeline.master, c.wanted, c.naming.program(), partition)
	if err != nil || len(masters.items) == 0 {
		return err
	}
	dir := c.dir
	if c.partitions > 1 {
		dir = filepath.Join(dir, fmt.Sprintf("partition-%d", partition))
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("the directory to save to can't be made: %w", err)
	}
	saved := CapturedSlice{Partition: partition, File: filepath.Join(dir, c.pipeline.name+".yaml")}
	if err := c.save(ctx, &saved, dir, masters); err != nil {
		return err
	}
	c.captured.Slices = append(c.captured.Slices, saved)
	return os.WriteFile(saved.File, c.pipeline.captured(&saved, c.captured), 0o666)
}

// save saves a link, and what its items need further down.
func (c *capture) save(ctx context.Context, saved *CapturedSlice, dir string, at *link) error {
	file := filepath.Join(dir, saved.fileName(at.node.name))
	lines := at.lines()
	neighbours := 0
	if at.node.parent != nil {
		for _, beside := range []*item{at.below, at.above} {
			if beside != nil {
				neighbours++
				lines = append(lines, line{beside.offset, beside.element.Raw})
			}
		}
	}
	if err := os.WriteFile(file, join(lines), 0o666); err != nil {
		return err
	}
	saved.Streams = append(saved.Streams, CapturedStream{at.node.name, file, len(at.items), neighbours})
	for child, n := range at.node.children {
		below := &link{node: n, slice: &slice{}}
		if len(at.items) > 0 {
			var err error
			if below, err = c.below(ctx, at, child, saved.Partition); err != nil {
				return err
			}
		}
		if err := c.save(ctx, saved, dir, below); err != nil {
			return err
		}
	}
	return nil
}

// A line is a record to be saved.
type line struct {
	offset int64
	value  []byte
}

// lines returns the items of a link, and what a run stops at among them, so that the run of what is saved does, too.
func (k *link) lines() (lines []line) {
	for _, item := range k.items {
		lines = append(lines, line{item.offset, item.element.Raw})
	}
	for _, refused := range k.refused {
		lines = append(lines, line{refused.Offset, refused.Value})
	}
	return lines
}

// join returns records in their order, one a line.
func join(lines []line) []byte {
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.offset, b.offset) })
	var text bytes.Buffer
	for _, l := range lines {
		text.Write(bytes.Map(func(c rune) rune {
			if c == '\n' || c == '\r' {
				return ' '
			}
			return c
		}, l.value))
		text.WriteByte('\n')
	}
	return text.Bytes()
}

// fileName returns a name for a stream's file that no other has, also where capital letters don't count.
func (s *CapturedSlice) fileName(stream string) string {
	name := stream + ".jsonl"
	for i := 2; slices.ContainsFunc(s.Streams, func(other CapturedStream) bool {
		return strings.EqualFold(filepath.Base(other.File), name)
	}); i++ {
		name = fmt.Sprintf("%s-%d.jsonl", stream, i)
	}
	return name
}

// captured writes the pipeline as a file that runs on what was saved.
func (p *Pipeline) captured(saved *CapturedSlice, what *Captured) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Captured from %s: what the elements of %s with %s from %v to %v need.\nstreams:\n",
		filepath.Base(p.file), p.master.name, what.By, what.From, what.To)
	for _, s := range saved.Streams {
		fmt.Fprintf(&text, "  %s: {file: %s}\n", s.Name, filepath.Base(s.File))
	}
	fmt.Fprintf(&text, "  %s: {file: %s}\nmaster: %s\n", p.outputName, saved.fileName(p.outputName), p.master.name)
	fmt.Fprintln(&text, "join:")
	for _, n := range p.master.all()[1:] {
		fmt.Fprintf(&text, "  - {left: %s, right: %s, on: %s", n.parent.name, n.name, quoted(n.join.on.value))
		if n.join.unique {
			text.WriteString(", unique: true")
		}
		text.WriteString("}\n")
	}
	switch w := p.window; {
	case w == nil:
	case w.key != nil:
		fmt.Fprintf(&text, "window: %s\n", quoted(w.text.key.value))
	case w.text.every > 0:
		fmt.Fprintf(&text, "window: {every: %v}\n", w.text.every)
	default:
		fmt.Fprintf(&text, "window: {count: %d}\n", w.text.count)
	}
	fmt.Fprintf(&text, "output: %s\n", p.outputName)
	if len(p.emit) > 0 {
		fmt.Fprintln(&text, "emit:")
	}
	for _, m := range p.emit {
		fmt.Fprintf(&text, "  %s: %s\n", quoted(m.name), quoted(m.program.String()))
	}
	return text.Bytes()
}

// quoted writes a text as YAML and JSON have it.
func quoted(text string) string {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	// A string can always be encoded.
	_ = encoder.Encode(text)
	return strings.TrimSuffix(encoded.String(), "\n")
}
