package leattest_test

import (
	"fmt"
	"testing"
)

// pass runs a test and prints whether it passes. What it fails with goes to standard output, before.
func pass(test func(t *testing.T)) {
	always := func(_, _ string) (bool, error) { return true, nil }
	if testing.RunTests(always, []testing.InternalTest{{Name: "example", F: test}}) {
		fmt.Println("PASS")
	} else {
		fmt.Println("FAIL")
	}
}
