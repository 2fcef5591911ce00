// Package jsonschema lets pipeline files name topics whose records are JSON with the id of a schema before it, as
// Confluent's clients for JSON Schema write them:
//
//	kafka: {brokers: [localhost:9092], registry: {url: "http://localhost:8081"}}
//	streams:
//	  orders: {topic: orders, format: json}
//
// A program gives it to the pipeline, as in pipeline.Load(path, jsonschema.Format()); the command leat does. Topics of plain
// JSON need no format.
package jsonschema

import (
	"encoding/json"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/jsonschema"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/schemaregistry"
)

// Format returns the format, for pipeline.Load and pipeline.Parse.
func Format() format.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "json" }

func (kind) Check(f *format.Format) error {
	switch {
	case f.Frame() == format.Bare && f.Framing.Value == "":
		return f.Name.Errorf("format: json is JSON with the id of its schema before it, and the file doesn't say where the " +
			"registry is: take it out for plain JSON, or add registry: {url: \"http://localhost:8081\"} to kafka")
	case f.Frame() == format.Bare:
		return f.Framing.Errorf("plain JSON is what records are without format: take format and framing out")
	case f.Message.Value != "":
		return f.Message.Errorf("a message is one of Protobuf, and these records are JSON: take it out")
	case f.Schema.Value != "" && !f.IsOutput:
		return f.Schema.Errorf("a schema is to write with: records that are read aren't validated; take it out")
	}
	return f.CheckFraming(format.Framed)
}

func (kind) Codec(f *format.Format, session *format.Session) (codec.Codec, error) {
	if !f.IsOutput {
		return jsonschema.Codec(), nil
	}
	client, err := session.Client(f.Registry, schemaregistry.Connect)
	if err != nil {
		return nil, err
	}
	text, err := session.ReadSchema(f)
	if err != nil {
		return nil, err
	}
	if text != "" && !json.Valid([]byte(text)) {
		return nil, f.Schema.Errorf("the schema isn't JSON, as JSON Schema is")
	}
	options := []jsonschema.Option{jsonschema.Registry(client)}
	switch {
	case f.Unregistered != nil && text == "":
		options = append(options, jsonschema.UseLatest())
	case f.Unregistered != nil:
		options = append(options, jsonschema.AutoRegister(false))
	}
	if text == "" && f.Unregistered == nil {
		text = derive(f)
	}
	if text != "" {
		options = append(options, jsonschema.Schema(text))
	}
	var titled struct{ Title string }
	_ = json.Unmarshal([]byte(text), &titled) // a schema need have no title
	subject, err := f.SubjectFor(titled.Title)
	if err != nil {
		return nil, err
	}
	return jsonschema.Codec(append(options, jsonschema.Subject(subject))...), nil
}

// derive makes the schema of results from what their expressions say; what they don't say may be anything.
func derive(f *format.Format) string {
	schema := map[string]any{"$schema": "http://json-schema.org/draft-07/schema#", "title": f.Topic, "type": "object"}
	properties, required := map[string]any{}, []string{}
	for _, m := range f.Result {
		property := map[string]any{}
		switch m.Kind {
		case expression.Bool:
			property["type"] = "boolean"
		case expression.Number:
			if property["type"] = "number"; m.IsWhole {
				property["type"] = "integer"
			}
		case expression.Text:
			property["type"] = "string"
		case expression.Time:
			property["type"], property["format"] = "string", "date-time"
		}
		properties[m.Name] = property
		required = append(required, m.Name)
	}
	if f.Result != nil {
		schema["properties"], schema["required"] = properties, required
	}
	text, _ := json.Marshal(schema) // these are texts
	return string(text)
}
