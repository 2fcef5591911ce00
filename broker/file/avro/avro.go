// Package avro reads and writes Avro's object container files as streams of package broker/file. It is a package of its own
// because of what a program with it carries.
//
//	files := file.New(avro.Files(), file.At[Trade]("trades.avro"))
//
// An element is a record of the file's schema, which is an object as JSON has it: logical types are instants, dates, decimals
// and so on as text and numbers, as package internal/avrojson writes them for topics, too. Blocks may be packed by deflate,
// snappy, zstandard, or not at all.
//
// Results are written with the schema in [Options], or with one that follows from the first of them: whole numbers are long,
// others double, and each member may be null. A file appears whole when the session ends.
//
// A position is an element's number. When a file is opened, the heads of its blocks are read, so that a run resumes at the
// block that it was in. A file that was changed between two runs is an error. Memory is that of a block.
package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/avrojson"
)

// Files is an option of [file.New]: files whose names end in .avro are Avro's object container files.
func Files() file.Option { return file.Avro(tables{}) }

// Options say how a file is written; the zero value is good for use.
type Options struct {
	// Schema is the schema of the results, as JSON; empty for one that follows from the first of them.
	Schema string
	// Types are those of members by their names, as JSON, where the schema follows from the results: that of the others
	// follows from what they hold. Each may be null.
	Types map[string]string
	// Codec packs the blocks: null, deflate, snappy or zstandard; empty for deflate.
	Codec string
}

// Check returns an error where the options contradict themselves, or have a schema that can't be read.
func (o *Options) Check() error {
	if _, err := codecOf(o.Codec); err != nil {
		return err
	}
	if o.Schema != "" && len(o.Types) > 0 {
		return errors.New("a schema has the types of all members: leave out Types")
	}
	for name, text := range o.Types {
		if _, err := nullable(text); err != nil {
			return fmt.Errorf("the type of %s: %w", name, err)
		}
	}
	if o.Schema == "" {
		return nil
	}
	_, _, err := parse(o.Schema)
	return err
}

// nullable returns a type as what JSON of a schema is made of, with null as one of its values.
func nullable(text string) (any, error) {
	if _, err := avrolib.Parse(text); err != nil {
		return nil, err
	}
	var schema any
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		return nil, err
	}
	if _, isUnion := schema.([]any); isUnion || schema == "null" {
		return schema, nil
	}
	return []any{"null", schema}, nil
}

// Write is an option of a stream that says how its file is written.
func Write(o Options) file.StreamOption {
	return func(d *file.Declaration) { d.Stream.Format = o }
}

type tables struct{}

// Open implements [file.Tables].
func (tables) Open(stream *broker.Stream, f io.ReaderAt, size int64) (file.Table, error) {
	return open(stream, f, size)
}

// Create implements [file.Tables].
func (tables) Create(stream *broker.Stream, w io.Writer) (file.TableWriter, error) {
	return create(stream, w)
}

// Check implements [file.Tables].
func (tables) Check(stream *broker.Stream) error {
	if stream.Format == nil {
		return nil
	}
	o, ok := stream.Format.(Options)
	if !ok {
		return fmt.Errorf("its format is a %T, and an Avro file takes avro.Options", stream.Format)
	}
	return o.Check()
}

// parse reads a schema, which must be that of a record.
func parse(text string) (*avrojson.Schema, *avrolib.Schema, error) {
	schema, err := avrolib.Parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("its schema can't be read: %w", err)
	}
	compiled, err := avrojson.New(schema)
	if err != nil {
		return nil, nil, fmt.Errorf("its schema: %w", err)
	}
	if !compiled.IsRecord() {
		return nil, nil, fmt.Errorf("its schema is that of %s, and elements are records", compiled.Name())
	}
	return compiled, schema, nil
}
