package main

import (
	"testing"

	"github.com/leat-go/leat/leattest"
)

func Example() {
	main()
	// Output:
	// {"order":502,"customer":"Ben","due":"2026-11-27T11:05:00Z"}
	// {"order":505,"customer":"Eva","due":"2026-11-27T12:10:00Z"}
}

// Killed before or behind any commit, the mill goes on where it was.
func TestResumes(t *testing.T) {
	leattest.Resumes(t, newMill,
		leattest.Stream(leattest.Load[Order](t, "orders.jsonl")),
		leattest.Stream(leattest.Load[Payment](t, "payments.jsonl")),
		leattest.Result[Reminder](),
	)
}
