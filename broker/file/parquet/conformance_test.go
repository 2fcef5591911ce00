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

// TestConformance runs the suite of package brokertest, on records that become elements by themselves, and on objects, which
// those of another codec than JSON take.
func TestConformance(t *testing.T) {
	for name, c := range map[string]codec.Codec{"fields": codec.JSON, "objects": bytesCodec{codec.JSON}} {
		t.Run(name, func(t *testing.T) {
			storage := func(t testing.TB, setup brokertest.Setup) brokertest.Storage { return storage(t, setup, c) }
			brokertest.Run(t, brokertest.Harness{OneSession: true, New: storage})
		})
	}
}

func storage(t testing.TB, setup brokertest.Setup, c codec.Codec) brokertest.Storage {
	dir := t.TempDir()
	options := []file.Option{parquet.Files()}
	declare := func(name string, i int) broker.Stream {
		stream := broker.NewStream[brokertest.Element](filepath.Join(dir, fmt.Sprint(name, i, ".parquet")))
		stream.Codec = c
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
