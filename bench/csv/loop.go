package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"

	"github.com/leat-go/leat/bench/internal/reading"
)

// readLines reads a file by a loop as one writes it for the file: without quotes, with the columns in their order, and with
// names, which come again and again, each once.
func readLines[T any, P reading.Pointer[T]](path string, s *reading.Summary, set func(e *T, row *cells)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	lines.Scan() // the columns' names
	row := cells{names: map[string]string{}}
	element := new(T)
	for lines.Scan() {
		row.line = lines.Bytes()
		set(element, &row)
		s.Add(P(element))
	}
	return errors.Join(row.err, lines.Err())
}

// cells are those of a row that are still to be read.
type cells struct {
	line  []byte
	names map[string]string
	err   error
}

func setEvent(e *reading.Event, row *cells) {
	e.Number = row.integer()
	row.check(e.Time.UnmarshalText(row.next()))
	e.Symbol, e.Venue, e.Price, e.Size, e.Fee = row.name(), row.name(), row.float(), int32(row.integer()), row.float()
	e.Order = string(row.line)
}

func setTick(t *reading.Tick, row *cells) {
	row.next()
	row.check(t.Time.UnmarshalText(row.next()))
	row.next()
	row.next()
	t.Price = row.float()
}

func setQuote(q *quote, row *cells) {
	q.Time, q.Symbol, q.Value = row.integer(), row.name(), integer(row.line)
}

// next returns what stands before the next comma.
func (c *cells) next() []byte {
	i := bytes.IndexByte(c.line, ',')
	if i < 0 {
		c.check(io.ErrUnexpectedEOF)
		return nil
	}
	cell := c.line[:i]
	c.line = c.line[i+1:]
	return cell
}

func (c *cells) check(err error) {
	if err != nil && c.err == nil {
		c.err = err
	}
}

func (c *cells) integer() int64 { return integer(c.next()) }

func integer(digits []byte) (n int64) {
	negative := len(digits) > 0 && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	for _, d := range digits {
		n = n*10 + int64(d-'0')
	}
	if negative {
		return -n
	}
	return n
}

// float returns a number, and zero where there is none.
func (c *cells) float() float64 {
	cell := c.next()
	if len(cell) == 0 {
		return 0
	}
	n, err := strconv.ParseFloat(string(cell), 64)
	c.check(err)
	return n
}

func (c *cells) name() string {
	cell := c.next()
	name, ok := c.names[string(cell)]
	if !ok {
		name = string(cell)
		c.names[name] = name
	}
	return name
}
