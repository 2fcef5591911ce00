package main

import (
	_ "embed"
	"testing"

	"github.com/leat-go/leat/examples/internal/servertest"
)

//go:embed testdata/robot-speed.txt
var session string

// Each run goes on behind the one before, and adds the speeds of its session.
func TestRun(t *testing.T) {
	servertest.Runs(t, program(), "LEAT_TEST_REDIS", session, session+session)
}
