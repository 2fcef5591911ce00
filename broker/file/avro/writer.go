package avro

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/avrojson"
)

const (
	// blockSize is how many bytes a block has, before it is packed.
	blockSize = 64 << 10
	// inferredRows and inferredBytes are how many results are looked at for a schema, and how large they may be in all.
	inferredRows  = 1000
	inferredBytes = 1 << 20
)

// A writer writes a file. It implements [file.TableWriter].
type writer struct {
	out       io.Writer
	codec     packing
	codecName string
	schema    *avrojson.Schema
	sync      [syncSize]byte
	block     []byte
	count     int64
	rows      int64
	// inferring finds out the schema, from the results in held; nil where it is known.
	inferring *avrojson.Inference
	held      [][]byte
	// declared are the members whose types are given.
	declared []string
	size     int
}

func create(stream *broker.Stream, out io.Writer) (_ *writer, err error) {
	o, _ := stream.Format.(Options)
	w := &writer{out: out, codecName: o.Codec}
	if w.codecName == "" {
		w.codecName = "deflate"
	}
	if w.codec, err = codecOf(w.codecName); err != nil {
		return nil, err
	}
	if _, err := rand.Read(w.sync[:]); err != nil {
		return nil, err
	}
	if o.Schema == "" {
		w.inferring = avrojson.NewInference("result", stream.Members)
		for _, name := range slices.Sorted(maps.Keys(o.Types)) {
			schema, err := nullable(o.Types[name])
			if err != nil {
				return nil, err
			}
			w.inferring.Declare(name, schema)
			w.declared = append(w.declared, name)
		}
		return w, nil
	}
	return w, w.begin(o.Schema)
}

// begin writes the header.
func (w *writer) begin(schema string) (err error) {
	if w.schema, _, err = parse(schema); err != nil {
		return err
	}
	head := []byte(magic)
	text := func(s string) { head = append(binary.AppendVarint(head, int64(len(s))), s...) }
	head = binary.AppendVarint(head, 2)
	text("avro.schema")
	text(schema)
	text("avro.codec")
	text(w.codecName)
	head = append(binary.AppendVarint(head, 0), w.sync[:]...)
	_, err = w.out.Write(head)
	return err
}

// Append implements [file.TableWriter].
func (w *writer) Append(object []byte) error {
	if w.inferring == nil {
		return w.append(object)
	}
	if err := w.inferring.Add(object, fmt.Sprintf("row %d", len(w.held)+1)); err != nil {
		return err
	}
	w.held = append(w.held, append([]byte(nil), object...))
	if w.size += len(object); len(w.held) < inferredRows && w.size < inferredBytes {
		return nil
	}
	return w.learn()
}

// learn takes the schema of the results that were held back, and writes them.
func (w *writer) learn() error {
	schema, err := w.inferring.Schema()
	if err != nil {
		return err
	}
	held := w.held
	w.inferring, w.held = nil, nil
	if err := w.begin(schema); err != nil {
		return err
	}
	w.schema.Exact(w.declared)
	for _, object := range held {
		if err := w.append(object); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) append(object []byte) (err error) {
	w.rows++
	if w.block, err = w.schema.AppendAvro(w.block, object); err != nil {
		return fmt.Errorf("row %d: %w; the schema follows from the first %d results where none is given", w.rows, err,
			inferredRows)
	}
	if w.count++; len(w.block) >= blockSize {
		return w.flush()
	}
	return nil
}

// flush writes the block at hand.
func (w *writer) flush() error {
	if w.count == 0 {
		return nil
	}
	packed, err := w.codec.pack(w.block)
	if err != nil {
		return err
	}
	head := binary.AppendVarint(binary.AppendVarint(nil, w.count), int64(len(packed)))
	for _, part := range [][]byte{head, packed, w.sync[:]} {
		if _, err := w.out.Write(part); err != nil {
			return err
		}
	}
	w.block, w.count = w.block[:0], 0
	return nil
}

// Close implements [file.TableWriter].
func (w *writer) Close() error {
	if w.inferring != nil {
		if err := w.learn(); err != nil {
			return err
		}
	}
	return w.flush()
}
