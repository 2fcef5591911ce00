package leattest_test

import (
	"fmt"
	"os"
	"testing"
)

// pass runs a test of the documentation and prints whether it passes; what it fails with goes to standard error.
func pass(test func(t *testing.T)) {
	output := os.Stdout
	os.Stdout = os.Stderr // a verbose run tells there of each test
	defer func() { os.Stdout = output }()
	always := func(_, _ string) (bool, error) { return true, nil }
	result := "FAIL"
	if testing.RunTests(always, []testing.InternalTest{{Name: "example", F: test}}) {
		result = "PASS"
	}
	fmt.Fprintln(output, result)
}
