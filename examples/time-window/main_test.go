package main

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A visit comes every 350 milliseconds, and none from 2.1 to 4.2 seconds.
const counted = `after 1s: {"visits":2,"pages":2}
after 2s: {"visits":3,"pages":2}
after 3s: {"visits":1,"pages":1}
after 5s: {"visits":3,"pages":3}
after 5s: {"visits":1,"pages":1}
`

// R4: a window closes when the clock says so, even if nothing arrives, and when the stream ends.
func TestVisitsAreCountedBySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := clocked{start: time.Now()} // the clock of the test starts at a full second
		if err := run(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != counted {
			t.Errorf("got\n%s\nwant\n%s", out.String(), counted)
		}
	})
}

// clocked writes before each text how many full seconds have passed.
type clocked struct {
	start time.Time
	bytes.Buffer
}

func (c *clocked) Write(data []byte) (int, error) {
	if len(data) > 0 {
		fmt.Fprintf(&c.Buffer, "after %v: ", time.Since(c.start).Truncate(time.Second))
	}
	return c.Buffer.Write(data)
}
