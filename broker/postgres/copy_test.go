package postgres

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/leat-go/leat/broker"
)

// Lines are made as they are taken, of the results of one output, up to one with other members or one that can't be
// written. Behind end there are none, even if the driver goes on reading.
func TestCopier(t *testing.T) {
	text, binary := column{name: "name"}, column{name: "data", binary: true}
	of := func(stream int, value string) broker.Result {
		return broker.Result{Stream: stream, Value: []byte(value)}
	}
	for name, test := range map[string]struct {
		results []broker.Result
		columns []column
		lines   string
		rest    int
		err     string
	}{
		"other outputs": {[]broker.Result{of(1, `{"name":"a"}`), of(0, `{"other":1}`), of(1, `{"name":null}`), of(0, `{}`)},
			[]column{text}, "a\n\\N\n", 0, ""},
		"other members": {[]broker.Result{of(1, `{"name":"a\t\\b"}`), of(1, `{"more":1,"name":"c"}`), of(1, `{"name":"d"}`)},
			[]column{text}, "a\\t\\\\b\n", 2, ""},
		"no base64": {[]broker.Result{of(1, `{"data":"AP8="}`), of(1, `{"data":"?"}`)},
			[]column{binary}, "\\\\x00ff\n", 1, "column data takes base64"},
		"many": {manyResults(10_000), []column{text}, strings.Repeat(strings.Repeat("x", 50)+"\n", 10_000), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &copier{rowMaker: rowMaker{written: test.columns}, stream: 1, results: test.results}
			var got bytes.Buffer
			_, err := got.ReadFrom(iotest.HalfReader(c))
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("the error is %v, wanted %q", err, test.err)
			}
			if got.String() != test.lines {
				t.Errorf("the lines are %.200q, wanted %.200q", got.String(), test.lines)
			}
			if rest, failed := c.end(); len(rest) != test.rest || failed != err {
				t.Errorf("%d results are left behind %v, wanted %d", len(rest), failed, test.rest)
			}
		})
	}
	c := &copier{rowMaker: rowMaker{written: []column{text}}, stream: 1, results: manyResults(10_000)}
	if n, err := c.Read(make([]byte, 100)); n != 100 || err != nil {
		t.Fatalf("Read returned %d bytes, %v", n, err)
	}
	if rest, _ := c.end(); len(rest) < 9_990 {
		t.Errorf("%d results are left of 10000 when 100 bytes were taken", len(rest))
	}
	if n, err := c.Read(make([]byte, 100)); n != 0 || err != io.EOF {
		t.Errorf("Read returned %d bytes, %v, behind the end", n, err)
	}
}

// manyResults returns results with 50 bytes each.
func manyResults(n int) []broker.Result {
	results := make([]broker.Result, n)
	for i := range results {
		results[i] = broker.Result{Stream: 1, Value: []byte(`{"name":"` + strings.Repeat("x", 50) + `"}`)}
	}
	return results
}
