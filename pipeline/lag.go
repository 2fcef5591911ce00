package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/suggest"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Lag is how far a pipeline has come with its streams: on Kafka its group, and elsewhere what goes by its name.
type Lag struct {
	Group   string      `json:"group"`
	Streams []StreamLag `json:"streams"`
	// Hint says what may be wrong where the group has no position at all.
	Hint string `json:"hint,omitempty"`
}

// StreamLag is how far the group has come with one partition of a stream.
type StreamLag struct {
	Name string `json:"name"`
	// Topic is the topic, or Storage the storage that the stream lies in, and Address what it is there; the others are
	// empty.
	Topic     string `json:"topic,omitempty"`
	Storage   string `json:"storage,omitempty"`
	Address   string `json:"address,omitempty"`
	Partition int    `json:"partition"`
	// Begun says that the group has a position. Where it has none, the other members are about the partition's beginning.
	Begun bool `json:"begun"`
	// Position is the offset to go on from: of the first record that the join still needs. End is the offset behind the
	// last committed record.
	Position int64 `json:"position"`
	End      int64 `json:"end"`
	// Behind is the distance from Position to End. Offsets of transactions' own records and of marks count, too; and as
	// long as records are needed for what may come, it isn't zero. Of a NATS subject only its own messages count, where
	// others lie between. AtLeast says that there are more: of tables no more than a million rows are counted. It is -1
	// where records can't be counted without reading them, and Log is there.
	Behind  int64 `json:"behind"`
	AtLeast bool  `json:"at_least,omitempty"`
	// Withheld is how many records, about, lie behind End: a transaction of another producer is open there, and they can't
	// be read before it ends. One of a moment ago is nothing unusual.
	Withheld int64 `json:"withheld"`
	// Key is the join key of the first record that is still to be joined, for the master that of its first join; nil where
	// there is no such record or join.
	Key *expression.Key `json:"key"`
	// At is what a storage finds the position by: the values of a table's order columns, where Position and End are numbers
	// of this answer only, or the line and byte of a file. EndAt holds such values of the last record there is; it is empty
	// where there is none, and where End is an offset that lasts.
	At    string `json:"at,omitempty"`
	EndAt string `json:"end_at,omitempty"`
	// Log says how far behind the changes of a database's tables are.
	Log *LogLag `json:"log,omitempty"`
}

// A LogLag is how far behind the reader of a database's log is.
type LogLag struct {
	// From is the place in the log up to which everything was dealt with, and End where the log ends; both are empty where
	// nothing reads it yet. Bytes is the distance between them, with what others have written.
	From  string `json:"from,omitempty"`
	End   string `json:"end,omitempty"`
	Bytes int64  `json:"bytes"`
	// RetainedBy is what keeps the database from removing the log, and RetainedBytes how much of it.
	RetainedBy    string `json:"retained_by,omitempty"`
	RetainedBytes int64  `json:"retained_bytes"`
	// Through is when the last change was committed that was dealt with; nil where that isn't known.
	Through *time.Time `json:"through,omitempty"`
}

// Lag asks how far the pipeline has come. It joins no group, claims nothing, and may be called while the pipeline runs
// elsewhere. Where no positions are kept, from files to a file, it is an error.
func (p *Pipeline) Lag(ctx context.Context, options Options) (_ *Lag, err error) {
	m := p.mill
	if m.Master.Stream.Stored != nil {
		return p.lagOfStored(ctx, options)
	}
	if !m.ReadsTopics() {
		return p.lagOfFiles(ctx, options)
	}
	if m, err = p.ownMill(); err != nil {
		return nil, err
	}
	cluster, err := m.Cluster()
	if err == nil {
		err = m.Bind(ctx)
	}
	if err != nil {
		return nil, err
	}
	spec := m.Spec(m.Layout(cluster), options.ofMill())
	job := &broker.Job{Name: spec.Name, Outputs: spec.Outputs, Looking: true, Logger: spec.Logger}
	for _, n := range spec.Master.Nodes() {
		job.Inputs = append(job.Inputs, n.Stream)
	}
	input, err := spec.Source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	positions, err := rewinds(ctx, m, input)
	if err != nil {
		return nil, err
	}
	lag := &Lag{Group: m.Name, Streams: []StreamLag{}}
	if m.Kafka.Group != "" {
		lag.Group = m.Kafka.Group
	}
	for i, n := range m.Master.All() {
		if err := lag.add(ctx, cluster, n, positions[i]); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(lag.Streams, func(s StreamLag) bool { return s.Begun }) {
		lag.Hint = "no run of this group has committed anything" + suggest.Name(lag.Group, cluster.Groups(ctx))
	}
	return lag, nil
}

// rewinds returns where each node goes on in each partition; nil where the group has no position.
func rewinds(ctx context.Context, m *mill.Mill, input broker.Input) (rewinds [][]*broker.Rewind, err error) {
	nodes := m.Master.All()
	rewinds = make([][]*broker.Rewind, len(nodes))
	for partition := range input.Partitions() {
		progress, err := input.(broker.Keeper).Progress(ctx, partition)
		if err != nil {
			return nil, err
		}
		for i, n := range nodes {
			var rewind *broker.Rewind
			switch {
			case len(progress.Nodes) == 0:
			case len(progress.Nodes) != len(nodes) || progress.Nodes[i].Node != n.Name:
				return nil, fmt.Errorf("the group's positions in partition %d are those of another pipeline, with other "+
					"streams: give this one a group of its own", partition)
			default:
				rewind = &progress.Nodes[i]
			}
			rewinds[i] = append(rewinds[i], rewind)
		}
	}
	return rewinds, nil
}

// add adds the partitions of a node.
func (l *Lag) add(ctx context.Context, cluster *topic.Cluster, n *mill.Node, rewinds []*broker.Rewind) error {
	from := make([]topic.From, len(rewinds))
	for i, r := range rewinds {
		if r != nil {
			from[i] = topic.From{Offset: r.Offset, BehindMark: r.NextSession}
		}
	}
	heads, err := cluster.Heads(ctx, n.Stream.Name, from, 2, n.Stream.Tombstones())
	if err != nil {
		return err
	}
	for i, head := range heads[:min(len(heads), len(rewinds))] {
		s := StreamLag{Name: n.Name, Topic: n.Stream.Name, Partition: i, Position: head.Start, End: head.End,
			Withheld: head.Withheld}
		records := head.Records
		if r := rewinds[i]; r != nil {
			s.Begun, s.Position = true, r.Offset
			if r.NextSession && len(records) > 0 {
				s.Position = records[0].Offset
			}
			if r.Behind && len(records) > 0 && records[0].Offset == r.Offset {
				records = records[1:]
			}
		}
		s.Behind = max(s.End-s.Position, 0)
		if len(records) > 0 {
			s.Key = keyOf(n, &records[0], s.Partition)
		}
		l.Streams = append(l.Streams, s)
	}
	return nil
}

// keyOf returns a record's key at the node's join to its parent, of the master that at its first child; nil where it
// can't be computed.
func keyOf(n *mill.Node, record *broker.Record, partition int) *expression.Key {
	program := n.Right
	if n.Parent == nil {
		if len(n.Children) == 0 {
			return nil
		}
		program = n.Children[0].Left
	}
	element := &object.Object{}
	decode, err := n.Codec.Decoder(nil)
	if err != nil || decode(record.Value, element) != nil {
		return nil
	}
	n.CameIn(element, record, partition)
	key, err := expression.Single(program)(element)
	if err != nil {
		return nil
	}
	return &key
}

// write writes a row of the table.
func (s *StreamLag) write(table *tabwriter.Writer) {
	position, end, behind, key := "not begun", fmt.Sprint(s.End), fmt.Sprint(s.Behind), "none"
	if s.Begun {
		position = fmt.Sprint(s.Position)
	}
	if s.At != "" {
		position = s.At
	}
	if s.EndAt != "" {
		end = s.EndAt
	}
	if s.AtLeast {
		behind = "more than " + behind
	}
	if s.Key != nil {
		key = s.Key.String()
	}
	if s.Log != nil {
		end, behind, key = s.Log.End, byteCount(s.Log.Bytes)+" of the log", "unknown"
	}
	fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", s.Name, s.Topic+s.Address, s.Partition, position, end, behind, key)
}

// String returns the lag as a table.
func (l *Lag) String() string {
	var text strings.Builder
	where := "topic"
	for _, s := range l.Streams {
		where = cmp.Or(s.Storage, where)
	}
	fmt.Fprintf(&text, "group %s\n\n", l.Group)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "stream\t%s\tpartition\tposition\tend\tbehind\tkey\n", where)
	for i := range l.Streams {
		l.Streams[i].write(table)
	}
	// A strings.Builder takes everything.
	_ = table.Flush()
	for _, s := range l.Streams {
		if s.Withheld > 0 {
			fmt.Fprintf(&text, "\n%s, partition %d: about %d records behind its end can't be read before an open transaction "+
				"of another producer ends\n", s.Name, s.Partition, s.Withheld)
		}
	}
	for _, s := range l.Streams {
		if s.Log != nil {
			fmt.Fprintf(&text, "\n%s: %s\n", s.Name, s.Log)
		}
	}
	if l.Hint != "" {
		fmt.Fprintf(&text, "\n%s\n", l.Hint)
	}
	return text.String()
}

// String says what holds the log back.
func (l *LogLag) String() string {
	if l.RetainedBy == "" {
		return "nothing holds the database's log back before the first run"
	}
	text := fmt.Sprintf("%s holds back %s of the database's log", l.RetainedBy, byteCount(l.RetainedBytes))
	if l.Through != nil {
		text += ", and the last change that was dealt with is of " + l.Through.UTC().Format(time.RFC3339)
	}
	return text
}

// byteCount returns a number of bytes for people.
func byteCount(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
