package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/lookup"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/words"
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

// Capture saves what the masters with keys between from and to, both included, need of all streams, down the tree, as
// JSON files in a directory, with a pipeline file that runs on them: its results are those of a run in which the master
// has these elements only. Keys are written as for [About]. The directory must be empty, or not there yet; of a topic
// with several partitions each has a directory in it, "partition-3". What is saved must fit into memory. It joins no
// group and changes no stream. An [*ArgumentError] says that there can't be such keys, or that there are none.
func (p *Pipeline) Capture(ctx context.Context, from, to, dir string) (*Captured, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, lookup.WrongArgument("the directory %s is not empty: give another, which is made where it isn't there",
			dir)
	}
	m, err := p.ownMill()
	if err != nil {
		return nil, err
	}
	for _, n := range m.Master.All() {
		if n.AsksRecords() {
			return nil, lookup.WrongArgument("expressions ask for the records of %s, and what is captured are elements without "+
				"theirs", n.Name)
		}
	}
	streams, err := lookup.Open(ctx, m, nil)
	if err != nil {
		return nil, err
	}
	defer streams.Close()
	masters, err := streams.MastersBetween(ctx, from, to)
	if err != nil {
		return nil, err
	}
	c := &capture{m, dir, &Captured{By: masters.By, From: masters.From, To: masters.To, Slices: []CapturedSlice{}}}
	for partition := range streams.Partitions {
		saved := CapturedSlice{Partition: partition}
		if streams.Partitions > 1 {
			saved.File = fmt.Sprintf("partition-%d", partition)
		}
		saved.File = filepath.Join(dir, saved.File, m.Name+".yaml")
		if err := masters.Needs(ctx, partition, saved.save); err != nil {
			return nil, err
		}
		if len(saved.Streams) == 0 {
			continue
		}
		c.captured.Slices = append(c.captured.Slices, saved)
		if err := os.WriteFile(saved.File, c.pipelineFile(&saved), 0o666); err != nil {
			return nil, err
		}
	}
	if len(c.captured.Slices) == 0 {
		return nil, lookup.WrongArgument("%s has no element with %s from %v to %v", m.Master.Name, masters.By, masters.From,
			masters.To)
	}
	return c.captured, nil
}

// A capture is under way.
type capture struct {
	mill     *mill.Mill
	dir      string
	captured *Captured
}

// save saves what is needed of one stream beside the pipeline file.
func (s *CapturedSlice) save(n *lookup.Needed) error {
	dir := filepath.Dir(s.File)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("the directory to save to can't be made: %w", err)
	}
	file := filepath.Join(dir, s.fileName(n.Node.Name))
	s.Streams = append(s.Streams, CapturedStream{n.Node.Name, file, n.Elements, n.Neighbours})
	return os.WriteFile(file, lines(n.Records), 0o666)
}

// lines returns records, one a line.
func lines(records [][]byte) []byte {
	var text bytes.Buffer
	for _, record := range records {
		text.Write(bytes.Map(func(c rune) rune {
			if c == '\n' || c == '\r' {
				return ' '
			}
			return c
		}, record))
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

// whereOf writes which elements of a node's stream take part, as a member behind others: what a run stops at is saved,
// too, as one of which that can't be told.
func whereOf(n *mill.Node) string {
	if where := n.Stream.Reading.Where; where != nil {
		return ", where: " + words.Quoted(where.Value)
	}
	return ""
}

// handlingOf writes which results are written and what becomes of what fails. What was put aside is passed over: that is
// seen in the original.
func handlingOf(m *mill.Mill) string {
	var text strings.Builder
	h := m.Handling()
	if h.Where != nil {
		fmt.Fprintf(&text, "where: %s\n", words.Quoted(h.Where.Value))
	}
	for _, p := range []description.Policy{h.OnDisorder, h.OnUndecodable, h.OnError} {
		if p.Kind != engine.Fail {
			fmt.Fprintf(&text, "%s: skip\n", p.Name.Value)
		}
	}
	return text.String()
}

// pipelineFile writes the pipeline as a file that runs on what was saved.
func (c *capture) pipelineFile(saved *CapturedSlice) []byte {
	m, what := c.mill, c.captured
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Captured from %s: what the elements of %s with %s from %v to %v need.\nstreams:\n",
		filepath.Base(m.File), m.Master.Name, what.By, what.From, what.To)
	for i, n := range m.Master.All() {
		s := saved.Streams[i]
		fmt.Fprintf(&text, "  %s: {file: %s%s}\n", s.Name, filepath.Base(s.File), whereOf(n))
	}
	fmt.Fprintf(&text, "  %s: {file: %s}\nmaster: %s\n", m.OutputName, saved.fileName(m.OutputName), m.Master.Name)
	fmt.Fprintln(&text, "join:")
	for _, n := range m.Master.All()[1:] {
		fmt.Fprintf(&text, "  - {left: %s, right: %s, on: %s", n.Parent.Name, n.Name, words.Quoted(n.Join.On.Value))
		text.WriteString(n.Join.Members() + "}\n")
	}
	switch w := m.Window; {
	case w == nil:
	case w.Key != nil:
		fmt.Fprintf(&text, "window: %s\n", words.Quoted(w.Key.Value))
	case w.Every > 0:
		fmt.Fprintf(&text, "window: {every: %v}\n", w.Every)
	default:
		fmt.Fprintf(&text, "window: {count: %d}\n", w.Count)
	}
	fmt.Fprintf(&text, "output: %s\n%s", m.OutputName, handlingOf(m))
	if len(m.Emit) > 0 {
		fmt.Fprintln(&text, "emit:")
	}
	for _, member := range m.Emit {
		fmt.Fprintf(&text, "  %s: %s\n", words.Quoted(member.Name), words.Quoted(member.Program.String()))
	}
	return text.Bytes()
}
