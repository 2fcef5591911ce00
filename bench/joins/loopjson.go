package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
)

// lines go through the lines of a file.
type lines struct {
	scanner *bufio.Scanner
	names   names
	line    []byte
	err     error
}

func openLines(file *os.File) lines {
	s := bufio.NewScanner(file)
	s.Buffer(make([]byte, 64<<10), 1<<20)
	return lines{scanner: s, names: names{}}
}

func (l *lines) failed() error { return l.err }

func (l *lines) next() bool {
	if l.err != nil || !l.scanner.Scan() {
		l.err = errors.Join(l.err, l.scanner.Err())
		return false
	}
	l.line = l.scanner.Bytes()
	return true
}

// objects go through the elements of a file of JSON Lines, whose members have their usual order.
type objects struct{ lines }

func openObjects(file *os.File) *objects { return &objects{openLines(file)} }

func (l *objects) left() (e left, ok bool) {
	if !l.next() {
		return e, false
	}
	return left{integer(l.member()), integer(l.member()), l.text()}, l.err == nil
}

func (l *objects) right() (e right, ok bool) {
	if !l.next() {
		return e, false
	}
	return right{integer(l.member()), l.text(), integer(l.member())}, l.err == nil
}

// member returns what stands behind the next colon.
func (l *objects) member() []byte {
	i := bytes.IndexByte(l.line, ':')
	end := bytes.IndexAny(l.line[i+1:], ",}")
	if i < 0 || end < 0 {
		l.err = errors.Join(l.err, io.ErrUnexpectedEOF)
		return nil
	}
	value := l.line[i+1 : i+1+end]
	l.line = l.line[i+1+end:]
	return value
}

func (l *objects) text() string {
	quoted := l.member()
	if len(quoted) < 2 {
		return ""
	}
	return l.names.of(quoted[1 : len(quoted)-1])
}

type lineWriter struct {
	out  *bufio.Writer
	text []byte
}

func newLineWriter(file *os.File) *lineWriter {
	return &lineWriter{out: bufio.NewWriterSize(file, 64<<10)}
}

func (w *lineWriter) result(number, value int64, has bool) {
	w.text = append(w.text[:0], `{"n":`...)
	w.text = strconv.AppendInt(w.text, number, 10)
	w.text = append(w.text, `,"value":`...)
	if has {
		w.text = strconv.AppendInt(w.text, value, 10)
	} else {
		w.text = append(w.text, "null"...)
	}
	w.text = append(w.text, '}', '\n')
	_, _ = w.out.Write(w.text) // Flush returns the error
}

func (w *lineWriter) close() error { return w.out.Flush() }
