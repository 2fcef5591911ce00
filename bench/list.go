package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"

	"github.com/leat-go/leat/codec"
)

// files holds what a hand-written loop has opened, and the first error of any of it.
type files struct {
	opened []io.Closer
	err    error
}

func (f *files) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// withFiles runs a loop with an output file and closes everything after it.
func withFiles[T any](out string, loop func(*files, *writer[T])) error {
	var f files
	results := create[T](&f, out)
	if f.err == nil {
		loop(&f, results)
		results.end()
	}
	for _, opened := range f.opened {
		f.fail(opened.Close())
	}
	return f.err
}

// A reader reads the elements of a JSON list file, like a [bufio.Scanner]. It takes what stands between the objects for
// granted and leaves their syntax to the decoder.
type reader[T any] struct {
	files   *files
	objects *bufio.Scanner
	decode  codec.Decode
	element T
}

func open[T any](f *files, path string) *reader[T] {
	decode, err := codec.JSON.Decoder(reflect.TypeFor[T]())
	f.fail(err)
	file, err := os.Open(path)
	f.fail(err)
	f.opened = append(f.opened, file)
	objects := bufio.NewScanner(file)
	objects.Buffer(make([]byte, 64<<10), 1<<20)
	objects.Split(splitObjects)
	return &reader[T]{files: f, objects: objects, decode: decode}
}

// next reads the next element; it returns false at the end and after an error.
func (r *reader[T]) next() bool {
	if r.files.err != nil {
		return false
	}
	if !r.objects.Scan() {
		r.files.fail(r.objects.Err())
		return false
	}
	r.element = *new(T)
	r.files.fail(r.decode(r.objects.Bytes(), &r.element))
	return r.files.err == nil
}

// splitObjects is the [bufio.SplitFunc] for objects in a list.
func splitObjects(data []byte, atEOF bool) (int, []byte, error) {
	start := bytes.IndexByte(data, '{')
	if start < 0 {
		return len(data), nil, nil
	}
	if n := objectLength(data[start:]); n > 0 {
		return start + n, data[start : start+n], nil
	}
	if atEOF {
		return 0, nil, errors.New("the file ends within an object")
	}
	return start, nil, nil
}

// objectLength returns the length of the object that data begins with, and 0 if it isn't all there.
func objectLength(data []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && c == '{':
			depth++
		case !quoted && c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case quoted && c == '\\':
			i++
		}
	}
	return 0
}

// A writer writes elements to a JSON list file, one a line.
type writer[T any] struct {
	files  *files
	to     *bufio.Writer
	encode codec.Encode
	line   []byte
	before string
}

func create[T any](f *files, path string) *writer[T] {
	encode, err := codec.JSON.Encoder(reflect.TypeFor[T]())
	f.fail(err)
	file, err := os.Create(path)
	f.fail(err)
	f.opened = append(f.opened, file)
	return &writer[T]{files: f, to: bufio.NewWriterSize(file, 64<<10), encode: encode, before: "["}
}

func (w *writer[T]) write(element T) {
	line, err := w.encode(append(w.line[:0], w.before...), &element)
	w.files.fail(err)
	_, err = w.to.Write(line)
	w.files.fail(err)
	w.line, w.before = line, ",\n"
}

// end writes the list's end.
func (w *writer[T]) end() {
	if w.before == "[" {
		w.to.WriteString("[")
	}
	w.to.WriteString("]\n")
	w.files.fail(w.to.Flush())
}
