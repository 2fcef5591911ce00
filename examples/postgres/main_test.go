package main

import (
	"testing"

	"github.com/leat-go/leat/examples/internal/servertest"
)

// Each run goes on behind the one before, and leaves one total for each order.
func TestRun(t *testing.T) {
	const first = `
1 Ada      2 items  5.90
2 Blaise   2 items  5.90
3 Charles  2 items  5.90
`
	const second = `4 Ada      2 items  5.90
5 Blaise   2 items  5.90
6 Charles  2 items  5.90
`
	servertest.Runs(t, program(), "LEAT_TEST_POSTGRES", first, first+second)
}
