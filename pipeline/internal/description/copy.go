package description

import "github.com/leat-go/leat/broker/file"

// Copy describes the pipeline that hands on the elements of one file to another, as no pipeline file says it: its texts
// have no location. Dialects may be nil.
func Copy(name, from, to string, fromDialect, toDialect *file.Dialect) *Description {
	s := newSource("", nil)
	text := func(value string) Text { return Text{Value: value, source: s} }
	input := Stream{Name: text("input"), Address: text(from), CSV: fromDialect}
	output := Stream{Name: text("output"), Address: text(to), CSV: toDialect}
	return &Description{
		Name: text(name), Streams: []Stream{input, output}, Master: input.Name, Output: output.Name,
		Storages: map[string]*Section{},
	}
}

// Only describes the pipeline that reads nothing but one stream that the file has for what is written, and writes its elements to
// standard output; nil where there is no such stream.
func (d *Description) Only(stream string) *Description {
	for _, s := range d.Streams {
		if s.Name.Value != stream {
			continue
		}
		only := Copy(d.Name.Value, "", "-", nil, nil)
		only.File = d.File
		only.Streams[0], only.Master = s.asRead(), s.Name
		if s.Topic {
			only.Kafka = d.Kafka
		}
		if section := d.Storages[s.Storage]; section != nil {
			only.Storages[s.Storage] = section
		}
		// The name may be that of a stream of the file, too.
		only.Streams[1].Name.Value, only.Output.Value = "output of "+stream, "output of "+stream
		return only
	}
	return nil
}

// asRead returns a stream that is written without what is only said of writing, so that what was written can be read.
func (s Stream) asRead() Stream {
	s.Parquet, s.ParquetAt, s.Avro = nil, nil, nil
	s.PassHeaders, s.Key, s.Time = nil, nil, Text{}
	if s.CSV != nil {
		cells := *s.CSV
		cells.Columns = nil // their names are in the first line
		s.CSV = &cells
	}
	if s.Value != nil {
		value := *s.Value
		value.Subject, value.Unregistered = Text{}, nil
		if value.Name.Value == "json" {
			value.Schema = Text{}
		}
		s.Value = &value
	}
	return s
}

// StreamNames returns what the streams are called, in the file's order.
func (d *Description) StreamNames() (names []string) {
	for _, s := range d.Streams {
		names = append(names, s.Name.Value)
	}
	return names
}
