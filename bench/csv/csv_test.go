package main

import "testing"

// All programs read the same, whatever the file and however many columns.
func TestAllReadTheSame(t *testing.T) {
	if err := format().Check(t.TempDir(), 3000); err != nil {
		t.Error(err)
	}
}
