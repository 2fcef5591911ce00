package main

import (
	"testing"

	"github.com/leat-go/leat/leattest"
)

func Example() {
	main()
	// Output:
	// {"time":10,"robot":"robot-1","speed":0.5}
	// {"time":12,"robot":"robot-3","speed":0}
	// {"time":14,"robot":"robot-2","speed":2.5}
	// {"time":20,"robot":"robot-1","speed":1}
	// {"time":22,"robot":"robot-3","speed":1.5}
	// {"time":100,"robot":"robot-2","speed":1}
}

// Killed before or behind any commit, the mill goes on where it was.
func TestResumes(t *testing.T) {
	leattest.Resumes(t, newMill,
		leattest.Stream(leattest.Load[Location](t, "locations.jsonl"), leattest.ReadAs[Earlier]()),
		leattest.Result[Speed](),
	)
}
