package main

import (
	"testing"

	"github.com/leat-go/leat/examples/internal/servertest"
)

// Each run goes on behind the one before, and leaves one total for each order.
func TestRun(t *testing.T) {
	const first = `
1 Ada      2 items  3.60
2 Blaise   2 items  3.60
3 Charles  2 items  3.60
`
	const second = `4 Ada      2 items  3.60
5 Blaise   2 items  3.60
6 Charles  2 items  3.60
`
	servertest.Runs(t, program(), "LEAT_TEST_MARIADB", first, first+second)
}
