package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/leat-go/leat/broker"
)

// Positions are what is kept of how far a pipeline has come: where its next run goes on.
type Positions struct {
	// Name is the name under which they are kept, and KeptBy the storage that keeps them: kafka, postgres.
	Name   string `json:"name"`
	KeptBy string `json:"kept_by"`
	// Partitions has each partition that something is kept of.
	Partitions []PartitionPositions `json:"partitions"`
}

// PartitionPositions are those of one partition.
type PartitionPositions struct {
	Partition int `json:"partition"`
	// Sessions counts those that have ended.
	Sessions int64 `json:"sessions"`
	// Streams are the streams that are read, the master first; empty where no run has committed anything.
	Streams []StreamPosition `json:"streams"`
}

// A StreamPosition is where a stream is read on.
type StreamPosition struct {
	Name string `json:"name"`
	// Offset is that of the first record that is needed again, and Behind says that it was dealt with. Where the storage
	// has no offsets that last, At holds the values that the record is found by: a table's order columns.
	Offset int64    `json:"offset"`
	At     []string `json:"at,omitempty"`
	Behind bool     `json:"behind"`
	// Fresh says that the stream can be read once only, and that its session has ended: the next run is given another one.
	Fresh bool `json:"fresh,omitempty"`
	// NextSession says that the session ended before the stream had: the next run passes over the rest of it.
	NextSession bool `json:"next_session,omitempty"`
	// Line and Byte are where reading goes on in a file, up to Offset without giving anything: the line, counted from one, and
	// the number of bytes before it.
	Line int   `json:"line,omitempty"`
	Byte int64 `json:"byte,omitempty"`
	// File is where Offset, Line and Byte are, of a stream of several files; Row is the row of a Parquet or an Avro file,
	// counted from one.
	File string `json:"file,omitempty"`
	Row  int64  `json:"row,omitempty"`
	// Sequence is the number of the message in the NATS stream that is named by Stream; zero before the first.
	Sequence int64  `json:"sequence,omitempty"`
	Stream   string `json:"stream,omitempty"`
	// Kept is what a storage keeps in place of an offset, as it keeps it.
	Kept string `json:"kept,omitempty"`

	element int64 // the offset at Line and Byte
	// atBeginning says that what is kept names a table or stream, and nothing that was read of it.
	atBeginning bool
	// change describes a place in the changes of a database's tables.
	change string
}

// Positions returns what is kept of how far the pipeline has come. It claims nothing, and may be called while the
// pipeline runs. Nothing is made that isn't there.
func (p *Pipeline) Positions(ctx context.Context, options Options) (_ *Positions, err error) {
	kept, err := p.mill.OpenKept(ctx, options.ofMill())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	all := &Positions{Name: p.mill.Name, KeptBy: kept.By, Partitions: []PartitionPositions{}}
	for partition := range kept.Input.Partitions() {
		progress, err := kept.Progress(ctx, partition)
		if err != nil {
			return nil, err
		}
		if progress.Sessions == 0 && len(progress.Nodes) == 0 {
			continue
		}
		of := PartitionPositions{Partition: partition, Sessions: progress.Sessions, Streams: []StreamPosition{}}
		for i := range progress.Nodes {
			of.Streams = append(of.Streams, streamPosition(&progress.Nodes[i]))
		}
		all.Partitions = append(all.Partitions, of)
	}
	return all, nil
}

// streamPosition makes a rewind point readable.
func streamPosition(r *broker.Rewind) StreamPosition {
	s := StreamPosition{Name: r.Node, Offset: r.Offset, Behind: r.Behind, NextSession: r.NextSession, Kept: r.Position}
	var ordered struct {
		At    []string `json:"at"`
		After bool     `json:"after"`
		// In names a table or stream; without a key there, the position is its beginning.
		In string `json:"in"`
		// From is of a file, and Fresh of what can be read once only, whose session has ended.
		From *struct {
			Element int64 `json:"element"`
			Line    int   `json:"line"`
			Byte    int64 `json:"byte"`
		} `json:"from"`
		Fresh bool `json:"fresh"`
		// Part is of a stream of several files, and Table of a file of rows.
		Part struct {
			File  string `json:"file"`
			First int64  `json:"first"`
		} `json:"part"`
		Table *struct{} `json:"table"`
		// LSN and Index are of changes: a commit, and the number of a change in it.
		LSN   string `json:"lsn"`
		Index int64  `json:"index"`
		// Stream and Sequence are of NATS.
		Stream   string `json:"stream"`
		Sequence int64  `json:"sequence"`
	}
	if err := json.Unmarshal([]byte(r.Position), &ordered); err == nil {
		s.At, s.Behind = ordered.At, s.Behind || ordered.After
		switch from := ordered.From; {
		case ordered.In != "" && ordered.At == nil, ordered.Stream != "" && ordered.Sequence == 0:
			s.atBeginning = true
		case ordered.Stream != "":
			s.Stream, s.Sequence = ordered.Stream, ordered.Sequence
		case ordered.Fresh:
			s.Fresh = true
		case ordered.LSN != "":
			s.change = changeAt(ordered.LSN, ordered.Index, s.Behind)
		case ordered.Table != nil:
			s.Offset, s.File = s.Offset-ordered.Part.First, ordered.Part.File
			s.Row = s.Offset + 1
		case from != nil:
			s.Offset, s.File = s.Offset-ordered.Part.First, ordered.Part.File
			s.Line, s.Byte, s.element = from.Line+1, from.Byte, from.Element
		}
	}
	return s
}

// changeAt describes the place of the change with an index in a commit, or behind it. Before all commits are the rows of a
// snapshot.
func changeAt(commit string, index int64, isBehind bool) string {
	if isBehind {
		index++
	}
	switch {
	case commit == "0/0" && index == 0:
		return "before the first change"
	case commit == "0/0":
		return fmt.Sprintf("behind row %d of the snapshot", index)
	case index == 0:
		return "at the commit " + commit
	}
	return fmt.Sprintf("behind change %d of the commit %s", index, commit)
}

// ResetPositions removes what is kept, so that the next run begins at the start of all streams. It fails with
// [broker.ErrHeld] where a run is known to be under way; one that isn't known ends with an error at its next commit.
func (p *Pipeline) ResetPositions(ctx context.Context, options Options) (err error) {
	kept, err := p.mill.OpenKept(ctx, options.ofMill())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	return kept.Remove(ctx, p.mill)
}

// String returns the positions as a table.
func (p *Positions) String() string {
	if len(p.Partitions) == 0 {
		return fmt.Sprintf("%s keeps no positions of %s: no run has committed anything\n", p.KeptBy, p.Name)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "positions of %s, kept by %s\n\n", p.Name, p.KeptBy)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "partition\tended sessions\tstream\tgoes on")
	for _, of := range p.Partitions {
		if len(of.Streams) == 0 {
			fmt.Fprintf(table, "%d\t%d\tall\tat the beginning\n", of.Partition, of.Sessions)
		}
		for _, s := range of.Streams {
			fmt.Fprintf(table, "%d\t%d\t%s\t%s\n", of.Partition, of.Sessions, s.Name, s.where())
		}
	}
	// A strings.Builder takes everything.
	_ = table.Flush()
	return text.String()
}

// where says where the stream is read on.
func (s *StreamPosition) where() string {
	preposition := "at"
	if s.Behind {
		preposition = "behind"
	}
	what := fmt.Sprintf("%s offset %d", preposition, s.Offset)
	switch {
	case s.Row > 0:
		what = fmt.Sprintf("%s row %d", preposition, s.Row)
	case s.At != nil:
		what = fmt.Sprintf("%s (%s)", preposition, strings.Join(s.At, ", "))
	case s.Fresh:
		return "at the beginning of what the next run is given"
	case s.Line > 0 && s.element == s.Offset:
		what += fmt.Sprintf(", line %d, byte %d", s.Line, s.Byte)
	case s.Line > 0:
		what += fmt.Sprintf(", up to %d elements behind line %d, byte %d", s.Offset-s.element, s.Line, s.Byte)
	case s.Stream != "":
		what = fmt.Sprintf("%s message %d of the stream %s", preposition, s.Sequence, s.Stream)
	case s.change != "":
		what = s.change
	case s.Kept == "{}" || s.atBeginning:
		what = "at the beginning"
	case s.Kept != "":
		what = preposition + " " + s.Kept
	}
	if s.File != "" {
		what += " of " + s.File
	}
	if s.NextSession {
		what += ", when the session there has ended"
	}
	return what
}
