package parquet_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
	"github.com/leat-go/leat/codec"
)

// TestConformance runs the suite of package brokertest. Records of columns become elements by themselves, and the suite
// decodes bytes, so that the codec is one of its own.
func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{OneSession: true, New: storage})
}

func storage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	dir := t.TempDir()
	options := []file.Option{parquet.Files()}
	declare := func(name string, i int) broker.Stream {
		stream := broker.NewStream[brokertest.Element](filepath.Join(dir, fmt.Sprint(name, i, ".parquet")))
		stream.Codec = bytesCodec{stream.Codec}
		options = append(options, file.Streams(stream))
		return stream
	}
	for i, stream := range setup.Inputs {
		input := declare("input", i)
		input.Format = parquet.Options{Columns: columns, RowGroup: 100}
		var values []string
		for _, e := range stream[0][0].Elements {
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, string(text))
		}
		if err := writeTo(t, input, values...); err != nil {
			t.Fatal(err)
		}
	}
	outputs := make([]broker.Stream, setup.Outputs)
	for i := range outputs {
		outputs[i] = declare("output", i)
	}
	b := file.New(options...)
	visible := func(output, _ int) brokertest.Partition {
		if _, err := os.Stat(outputs[output].Name); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		session := brokertest.Session{Ended: true}
		lines, err := readFrom(t, objects(outputs[output].Name), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			var e brokertest.Element
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			session.Elements = append(session.Elements, e)
		}
		return brokertest.Partition{session}
	}
	return brokertest.Storage{Source: b, Sink: b, Visible: visible}
}

var columns = []parquet.Column{{Name: "id", Type: "int64"}, {Name: "text", Type: "text"}}

// bytesCodec is another codec than codec.JSON that does the same.
type bytesCodec struct{ codec.Codec }
