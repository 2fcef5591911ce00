package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

// lists is the storage of loops over JSON list files.
type lists struct {
	at endpoints
	// flat says that there are no objects in objects and no braces in strings, as one knows who writes a decoder by hand.
	flat   bool
	opened []io.Closer
	out    *listWriter
}

func (l *lists) open(stream string) (source, error) {
	file, err := os.Open(l.at.input(stream))
	if err != nil {
		return nil, err
	}
	l.opened = append(l.opened, file)
	objects := bufio.NewScanner(file)
	objects.Buffer(make([]byte, 64<<10), 1<<20)
	objects.Split(splitObjects)
	if l.flat {
		objects.Split(splitFlatObjects)
	}
	return &listReader{objects, -1}, nil
}

func (l *lists) create(*session) (sink, error) {
	file, err := os.Create(l.at.out)
	if err != nil {
		return nil, err
	}
	l.opened = append(l.opened, file)
	l.out = &listWriter{to: bufio.NewWriterSize(file, 64<<10), before: "["}
	return l.out, nil
}

func (l *lists) close(*session) (err error) {
	if l.out != nil {
		err = l.out.end()
	}
	for _, opened := range l.opened {
		err = errors.Join(err, opened.Close())
	}
	return err
}

// A listReader takes what stands between the objects for granted and leaves their syntax to the decoder.
type listReader struct {
	objects *bufio.Scanner
	n       int64
}

func (r *listReader) next() ([]byte, error) {
	if !r.objects.Scan() {
		return nil, r.objects.Err()
	}
	r.n++
	return r.objects.Bytes(), nil
}

func (r *listReader) offset() int64 { return r.n }

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

// splitFlatObjects is splitObjects for objects of numbers.
func splitFlatObjects(data []byte, atEOF bool) (int, []byte, error) {
	start := bytes.IndexByte(data, '{')
	if start < 0 {
		return len(data), nil, nil
	}
	if end := bytes.IndexByte(data[start:], '}'); end > 0 {
		return start + end + 1, data[start : start+end+1], nil
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

// A listWriter writes elements to a JSON list file, one a line.
type listWriter struct {
	to     *bufio.Writer
	line   []byte
	before string
}

func (w *listWriter) buffer() []byte { return append(w.line[:0], w.before...) }

func (w *listWriter) write(result []byte) error {
	w.line, w.before = result, ",\n"
	_, err := w.to.Write(result)
	return err
}

// end writes the list's end.
func (w *listWriter) end() error {
	if w.before == "[" {
		w.to.WriteString("[")
	}
	w.to.WriteString("]\n")
	return w.to.Flush()
}
