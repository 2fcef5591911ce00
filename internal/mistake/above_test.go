package mistake_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/mistake"
)

func TestPanicLocation(t *testing.T) {
	for name, panics := range map[string]func(){
		"a panic":        func() { panic("on purpose") },
		"the runtime's":  func() { _ = []int{}[len(t.Name())] },
		"a nil function": func() { (map[string]func(){})["none"]() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Fatal("it didn't panic")
				}
				where := mistake.PanicLocation()
				if !strings.Contains(where, "mistake_test.TestPanicLocation.func") || !strings.Contains(where, "above_test.go:") {
					t.Errorf("got %s", where)
				}
			}()
			panics()
		})
	}
}

func TestAboveWithoutTheFunction(t *testing.T) {
	if where, found := mistake.Above("runtime.gopanic", "runtime."); found || where != "unknown location" {
		t.Errorf("got %s, %v", where, found)
	}
}
