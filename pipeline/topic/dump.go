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

// Dump writes the values of a topic's committed records, each as a line of JSON, partition after partition. It
// doesn't write end-of-stream marks and records without a value. With untilEnd, it waits in each partition for the
// first mark, and stops there. Without, it stops where each partition ends when Dump begins.
func (c *Cluster) Dump(ctx context.Context, topic string, untilEnd bool, to io.Writer) (dumped Dumped, err error) {
	r, err := c.openReader(ctx, topic)
	if err != nil {
		return dumped, err
	}
	defer r.close()
	out := bufio.NewWriter(to)
	for p := range r.ends {
		err := r.each(ctx, p, 0, untilEnd, func(record *kgo.Record) (bool, error) {
			if endmark.Is(record.Value) {
				return !untilEnd, nil
			}
			if record.Value == nil {
				dumped.Tombstones++
				return true, nil
			}
			dumped.Records++
			return true, writeLine(out, record)
		}, out.Flush) // while it waits for a mark, the user sees what has come
		if err != nil {
			return dumped, err
		}
	}
	return dumped, out.Flush()
}

// writeLine writes a record's value in a line.
func writeLine(out *bufio.Writer, record *kgo.Record) error {
	value := record.Value
	if !json.Valid(value) {
		return &broker.PositionError{
			Position: broker.Position{Stream: record.Topic, Partition: int(record.Partition), Offset: record.Offset},
			Err:      fmt.Errorf("the value is not JSON: %.40q", value),
		}
	}
	if _, err := out.Write(oneLine(value)); err != nil {
		return err
	}
	return out.WriteByte('\n')
}

// oneLine returns JSON without line breaks. JSON has none inside of strings, so all are white space.
func oneLine(value []byte) []byte {
	value = bytes.ReplaceAll(bytes.TrimSpace(value), []byte{'\n'}, []byte{' '})
	return bytes.ReplaceAll(value, []byte{'\r'}, []byte{' '})
}
