package reading

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/codec"
)

// Elements reads a file's elements as a run does: batches of records, whose elements are memory that is used again.
func Elements[T any, P Pointer[T]](path string, s *Summary, options ...file.Option) error {
	return read(broker.NewStream[T](path), options, func(value any) error {
		s.Add(P(value.(*T)))
		return nil
	})
}

// An object is an element as pipeline files have them: a JSON object, with the places of the members that are needed.
type object struct {
	raw    []byte
	places [8]codec.Place
}

// objects decodes them. It implements [codec.Placer].
type objects struct {
	codec.Codec
	members []string
}

func (o objects) Decoder(reflect.Type) (codec.Decode, error) {
	return func(record []byte, into any) error {
		into.(*object).raw = record
		return nil
	}, nil
}

func (o objects) Placed() (members []string, decode codec.DecodePlaced) {
	return o.members, func(text []byte, places []codec.Place, into any) error {
		element := into.(*object)
		element.raw = text
		copy(element.places[:], places)
		return nil
	}
}

// Objects reads a file's elements as JSON objects that have the members of a T. Only the check decodes them.
func Objects[T any, P Pointer[T]](path string, s *Summary, options ...file.Option) error {
	stream := broker.NewStream[object](path)
	stream.Members = membersOf[T]()
	stream.Codec = objects{codec.JSON, stream.Members}
	e := new(T)
	return read(stream, append(options, file.NeededColumns()), func(value any) error {
		text := value.(*object).raw
		if len(text) == 0 {
			return errors.New("an object is empty")
		}
		if s.Deep {
			e = new(T)
			if err := json.Unmarshal(text, e); err != nil {
				return err
			}
		}
		s.Add(P(e))
		return nil
	})
}

// membersOf returns the members that a T has in JSON.
func membersOf[T any]() (members []string) {
	t := reflect.TypeFor[T]()
	for i := range t.NumField() {
		members = append(members, t.Field(i).Tag.Get("json"))
	}
	return members
}

// read calls use with each element of a file.
func read(stream broker.Stream, options []file.Option, use func(value any) error) error {
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return err
	}
	values := make([]any, 0, 1024)
	return readBatches(stream, options, func(records []broker.Record) error {
		if n := len(values); n < len(records) {
			values = values[:len(records)]
			stream.Allocate(values)
		}
		stream.Clear(values[:len(records)])
		for i := 0; i < len(records); i++ {
			rows := records[i].Rows
			if bulk, ok := rows.(broker.BulkRows); ok { // a batch's lie one behind the other
				i += bulk.DecodeAll(records[i].Offset, values[i:len(records)])
			}
			if i == len(records) {
				break
			}
			if rows != nil {
				err = rows.Decode(records[i].Offset, values[i])
			} else {
				err = decode(records[i].Value, values[i])
			}
			if err != nil {
				return err
			}
		}
		for _, value := range values[:len(records)] {
			if err := use(value); err != nil {
				return err
			}
		}
		return nil
	})
}

func readBatches(stream broker.Stream, options []file.Option, use func(records []broker.Record) error) (err error) {
	ctx := context.Background()
	files := file.New(append(options, file.Streams(stream))...)
	input, err := files.OpenSource(ctx, &broker.Job{Name: "bench", Inputs: []broker.Stream{stream},
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(ctx, 0, 0, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		records, err := reader.Read(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := use(records); err != nil {
			return err
		}
		reader.(broker.Recycler).Recycle(records)
	}
}
