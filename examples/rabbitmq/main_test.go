package main

import (
	_ "embed"
	"testing"

	"github.com/leat-go/leat/examples/internal/servertest"
)

//go:embed testdata/robot-speed.txt
var speeds string

// The second run finds that all is done.
func TestRun(t *testing.T) { servertest.Runs(t, program(), "LEAT_TEST_RABBITMQ", speeds, "") }
