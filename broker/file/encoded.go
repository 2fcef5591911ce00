package file

import (
	"bytes"
	"reflect"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/variable"
)

// This file has results in the form that they are encoded in for files: each on a line of its own, many in one piece.

// Encoder implements [broker.Encoder].
func (o *output) Encoder(stream int) codec.Encode { return o.targets[stream].encoder() }

// encoder returns what encodes results as lines of which written is made; nil where their codec knows none.
func (t *target) encoder() codec.Encode {
	if own, ok := t.rows.(TableEncoder); ok {
		if encode := own.Encoder(); encode != nil {
			t.written = own.AppendEncoded
			return encode
		}
	}
	encode, err := t.stream.Codec.Encoder(t.stream.Type)
	if err != nil {
		return nil
	}
	t.written = t.appendLines
	if t.layout == rows && t.stream.Codec == codec.JSON {
		if row := t.cells.Structs(t.stream.Type); row != nil {
			t.written = t.appendRows
			return func(dst []byte, element any) ([]byte, error) {
				extended, ok := row(dst, variable.In(element))
				if !ok {
					return encode(dst, element) // which knows the error
				}
				return extended, nil
			}
		}
	}
	isObject := t.stream.Codec == codec.JSON && t.stream.Type.Kind() == reflect.Struct && !elements.EncodesItself(t.stream.Type)
	if isObject && t.layout == lines {
		t.written = t.appendText
	}
	return func(dst []byte, element any) ([]byte, error) {
		begin := len(dst)
		dst, err := encode(dst, element)
		if err != nil {
			return dst, err
		}
		if !isObject {
			dst = append(dst[:begin], oneLine(dst[begin:])...)
		}
		return append(dst, '\n'), nil
	}
}

// appendText writes results that stand in the file as they were encoded.
func (t *target) appendText(text []byte, count int) error {
	t.objects += int64(count)
	_, err := t.text.Write(text)
	return err
}

// appendRows writes rows of cells as they were encoded, behind the columns' names.
func (t *target) appendRows(text []byte, count int) error {
	if t.objects == 0 {
		if _, err := t.text.Write(t.cells.AppendHeader(nil)); err != nil {
			return err
		}
	}
	return t.appendText(text, count)
}

// appendLines writes results, each an object on a line.
func (t *target) appendLines(lines []byte, _ int) error {
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n')
		if err := t.appendObject(lines[:end]); err != nil {
			return err
		}
		lines = lines[end+1:]
	}
	return nil
}

// oneLine returns an object without white space at its ends and without line breaks, where there may be some. JSON has none
// inside of strings, so they are all white space.
func oneLine(object []byte) []byte {
	if len(object) > 0 && object[0] == '{' && bytes.IndexByte(object, '\n') < 0 && bytes.IndexByte(object, '\r') < 0 {
		return object
	}
	object = bytes.TrimSpace(object)
	object = bytes.ReplaceAll(object, []byte{'\n'}, []byte{' '})
	return bytes.ReplaceAll(object, []byte{'\r'}, []byte{' '})
}
