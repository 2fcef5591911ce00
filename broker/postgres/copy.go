package postgres

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/member"
)

// copyAll inserts the results of one output by COPY, in order: one statement for each run of results with the same
// members.
func (t *target) copyAll(ctx context.Context, s *session, stream int, results []broker.Result) error {
	isMine := func(r broker.Result) bool { return r.Stream == stream }
	for {
		i := slices.IndexFunc(results, isMine)
		if i < 0 {
			return nil
		}
		c := &copier{rowMaker: rowMaker{target: t}, stream: stream, results: results[i:]}
		all, err := member.Split(results[i].Value, nil)
		if err == nil {
			err = c.begin(all)
		}
		if err != nil {
			return err
		}
		_, err = s.CopyFrom(ctx, c, fmt.Sprintf("COPY %s (%s) FROM STDIN", t.name, identifiers(names(c.written))))
		var failed error
		if results, failed = c.end(); failed != nil && !s.IsClosed() {
			return failed // which the server only repeats
		}
		if err != nil {
			return err
		}
	}
}

// A copier makes lines of COPY's text format of results with the same members, as the driver takes them: the server
// takes some while the next are made. It is safe for concurrent use.
type copier struct {
	mu sync.Mutex
	rowMaker
	stream int
	// results are those that aren't lines yet.
	results []broker.Result
	members []member.Member
	lines   []byte
	// ended says that there are no more lines, and err why, where a result can't be written.
	ended bool
	err   error
}

// Read implements io.Reader.
func (c *copier) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.lines) < len(p) && !c.ended {
		c.ended = !c.addNext()
	}
	if len(c.lines) == 0 && c.err != nil {
		return 0, c.err
	}
	if len(c.lines) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.lines)
	c.lines = c.lines[:copy(c.lines, c.lines[n:])]
	return n, nil
}

// addNext makes a line of the next result; false where there is none with the same members.
func (c *copier) addNext() bool {
	for len(c.results) > 0 && c.results[0].Stream != c.stream {
		c.results = c.results[1:]
	}
	if len(c.results) == 0 {
		return false
	}
	all, err := member.Split(c.results[0].Value, c.members)
	if err != nil {
		c.err = err
		return false
	}
	c.members = all
	if !c.takes(all) {
		return false
	}
	if c.lines, c.err = c.appendLine(c.lines, all); c.err != nil {
		return false
	}
	c.results = c.results[1:]
	return true
}

// end returns the results behind those that were copied, and the error of one that can't be written. Where the
// connection is lost, the driver may go on reading for a moment: it gets nothing more.
func (c *copier) end() (rest []broker.Result, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest, err = c.results, c.err
	c.results, c.lines, c.ended = nil, nil, true
	return rest, err
}

// appendLine appends a result as COPY reads it.
func (m *rowMaker) appendLine(to []byte, all []member.Member) ([]byte, error) {
	for i := range all {
		text, null, err := m.written[i].text(all[i].Value)
		switch {
		case err != nil:
			return to, err
		case null:
			to = append(to, `\N`...)
		default:
			to = appendEscaped(to, text)
		}
		to = append(to, '\t')
	}
	to[len(to)-1] = '\n' // in place of the last tabulator
	return to, nil
}

// appendEscaped appends a value as COPY reads it.
func appendEscaped(to, text []byte) []byte {
	written := 0
	for i, c := range text {
		switch c {
		case '\\':
		case '\t':
			c = 't'
		case '\n':
			c = 'n'
		case '\r':
			c = 'r'
		default:
			continue
		}
		to = append(append(to, text[written:i]...), '\\', c)
		written = i + 1
	}
	return append(to, text[written:]...)
}
