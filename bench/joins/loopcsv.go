package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
)

// cells go through the rows of a CSV file without quotes, whose columns have their usual order.
type cells struct{ lines }

func openCells(file *os.File) *cells {
	c := &cells{openLines(file)}
	c.next() // the columns' names
	return c
}

func (c *cells) left() (e left, ok bool) {
	if !c.next() {
		return e, false
	}
	return left{integer(c.cell()), integer(c.cell()), c.names.of(c.line)}, c.err == nil
}

func (c *cells) right() (e right, ok bool) {
	if !c.next() {
		return e, false
	}
	return right{integer(c.cell()), c.names.of(c.cell()), integer(c.line)}, c.err == nil
}

// cell returns what stands before the next comma; the last cell of a row is what is left of it.
func (c *cells) cell() []byte {
	i := bytes.IndexByte(c.line, ',')
	if i < 0 {
		c.err = errors.Join(c.err, io.ErrUnexpectedEOF)
		return nil
	}
	cell := c.line[:i]
	c.line = c.line[i+1:]
	return cell
}

type cellWriter struct {
	out  *bufio.Writer
	text []byte
}

func newCellWriter(file *os.File) *cellWriter {
	w := &cellWriter{out: bufio.NewWriterSize(file, 64<<10)}
	_, _ = w.out.WriteString("n,value\n")
	return w
}

func (w *cellWriter) result(number, value int64, has bool) {
	w.text = append(strconv.AppendInt(w.text[:0], number, 10), ',')
	if has {
		w.text = strconv.AppendInt(w.text, value, 10)
	}
	w.text = append(w.text, '\n')
	_, _ = w.out.Write(w.text) // Flush returns the error
}

func (w *cellWriter) close() error { return w.out.Flush() }
