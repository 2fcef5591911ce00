package main

import (
	"testing"

	"github.com/leat-go/leat/examples/internal/servertest"
)

// The first run begins with the rows that are there; each one after it goes on with what has changed since.
func TestRun(t *testing.T) {
	const first = `parcel 1: new: sent
`
	const second = first + `parcel 1: sent → delivered
parcel 2: new: sent
`
	const third = second + `parcel 1: gone, was delivered
parcel 2: sent → delivered
parcel 3: new: sent
`
	servertest.Runs(t, program(), "LEAT_TEST_POSTGRES", first, second, third)
}
