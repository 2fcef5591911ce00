package topic

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/endmark"
)

// Dumped is what [Cluster.Dump] has done.
type Dumped struct {
	// Records is how many records were written, and Tombstones how many were passed over because they have no value.
	Records, Tombstones int
}

// DumpOptions are the options of [Cluster.Dump]. The zero value is good for use.
type DumpOptions struct {
	// UntilEnd waits in each partition for the first end-of-stream mark, and stops there. Without it, a dump stops where each
	// partition ends when it begins.
	UntilEnd bool
	// Format makes JSON of what records hold; its zero value takes it as JSON.
	Format Format
	// Records writes whole records, with their partition, time, key and headers, those without a value among them.
	Records bool
}

// Dump writes the values of a topic's committed records, each as a line of JSON, partition after partition. It
// doesn't write end-of-stream marks and records without a value.
func (c *Cluster) Dump(ctx context.Context, topic string, o DumpOptions, to io.Writer) (dumped Dumped, err error) {
	r, err := c.openReader(ctx, topic)
	if err != nil {
		return dumped, err
	}
	defer r.close()
	out := bufio.NewWriter(to)
	for p := range r.ends {
		err := r.each(ctx, p, 0, o.UntilEnd, func(record *kgo.Record) (bool, error) {
			if endmark.Is(record.Value) {
				return !o.UntilEnd, nil
			}
			if record.Value == nil && !o.Records {
				dumped.Tombstones++
				return true, nil
			}
			dumped.Records++
			return true, o.writeLine(out, record)
		}, out.Flush) // while it waits for a mark, the user sees what has come
		if err != nil {
			return dumped, err
		}
	}
	return dumped, out.Flush()
}

// writeLine writes a record in a line.
func (o *DumpOptions) writeLine(out *bufio.Writer, record *kgo.Record) error {
	line, err := o.Format.valueOf(record)
	if err == nil && o.Records {
		line, err = o.Format.appendWhole(nil, record, line)
	}
	if err != nil {
		return &broker.PositionError{
			Position: broker.Position{Stream: record.Topic, Partition: int(record.Partition), Offset: record.Offset},
			Err:      err,
		}
	}
	if _, err := out.Write(line); err != nil {
		return err
	}
	return out.WriteByte('\n')
}

// valueOf returns a record's value as JSON; nil for a tombstone.
func (f *Format) valueOf(record *kgo.Record) ([]byte, error) {
	value := record.Value
	switch {
	case value == nil:
		return nil, nil
	case f.Value != nil:
		var err error
		if value, err = f.Value(value); err != nil {
			return nil, fmt.Errorf("the value can't be decoded: %w", err)
		}
	case !json.Valid(value):
		hint := ""
		if value := record.Value; len(value) > 5 && value[0] == 0 {
			hint = "; it seems to begin with the id of a schema: give --format and --registry"
		}
		return nil, fmt.Errorf("the value is not JSON: %.40q%s", value, hint)
	}
	return oneLine(value), nil
}

// oneLine returns JSON without line breaks. JSON has none inside of strings, so all are white space.
func oneLine(value []byte) []byte {
	value = bytes.ReplaceAll(bytes.TrimSpace(value), []byte{'\n'}, []byte{' '})
	return bytes.ReplaceAll(value, []byte{'\r'}, []byte{' '})
}
