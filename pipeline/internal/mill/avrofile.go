package mill

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker/file/avro"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// This file has how an output that is an Avro file is written.

// isAvroFile reports whether the stream is a file whose name says that it is one of Avro.
func (s Stream) isAvroFile() bool {
	return s.IsFile() && strings.HasSuffix(strings.ToLower(s.Name), ".avro")
}

// checkAvro refuses what is said of how the output is written where that is no Avro file.
func (s Stream) checkAvro() error {
	if s.Avro == nil || s.isAvroFile() {
		return nil
	}
	return s.Avro.Name.Errorf("avro says how an Avro file is written, and the name of this one ends otherwise: name it .avro, " +
		"or take avro out; of a topic it is format: avro")
}

// AvroSchema returns the schema that the pipeline file names for the output, where that is an Avro file; empty where it names
// none. It reads the schema's file, which a plan doesn't need.
func (m *Mill) AvroSchema() (string, error) {
	a := m.Output.Avro
	if a == nil || a.Schema.Value == "" {
		return "", nil
	}
	text, err := os.ReadFile(resolve(filepath.Dir(m.File), a.Schema.Value))
	if err != nil {
		return "", a.Schema.Errorf("the schema can't be read: %v", err)
	}
	o := avro.Options{Schema: string(text)}
	if err := o.Check(); err != nil {
		return "", a.Schema.Errorf("%s: %v", a.Schema.Value, err)
	}
	return string(text), nil
}

// avroOptions returns how the output is written: by the schema that is given, else by one that follows from emit, and from
// the results where that says nothing.
func (m *Mill) avroOptions(at *description.Avro, schema string) avro.Options {
	o := avro.Options{Schema: schema}
	if at != nil {
		o.Codec = at.Codec.Value
		if at.Schema.Value != "" {
			return o
		}
	}
	o.Types = map[string]string{}
	for _, member := range m.resultMembers() {
		if is := member.AvroType(); is != nil {
			text, _ := json.Marshal(is) // these are texts
			o.Types[member.Name] = string(text)
		}
	}
	return o
}
