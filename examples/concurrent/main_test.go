package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

const located = `{"id":1,"cell":9}
{"id":2,"cell":9}
{"id":3,"cell":11}
{"id":4,"cell":10}
{"id":5,"cell":9}
{"id":6,"cell":11}
{"id":7,"cell":9}
{"id":8,"cell":11}
{"id":9,"cell":10}
{"id":10,"cell":9}
{"id":11,"cell":10}
{"id":12,"cell":10}
`

// The results are in order, and there in half of the time that the calls take one after the other, 3.75 seconds.
func TestSlowCallsRunSideBySideAndResultsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		start := time.Now()
		if err := run(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != located {
			t.Errorf("got\n%s\nwant\n%s", out.String(), located)
		}
		if took := time.Since(start); took > 3750*time.Millisecond/2 {
			t.Errorf("took %v", took)
		}
	})
}
