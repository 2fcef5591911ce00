package main

import (
	"testing"

	"github.com/leat-go/leat/leattest"
)

func Example() {
	main()
	// Output:
	// {"time":"2026-11-27T09:30:00.023Z","ticker":"MSFT","cents":5195,"bid":5195,"ask":5196,"age":"0s"}
	// {"time":"2026-11-27T09:30:00.038Z","ticker":"MSFT","cents":5195,"bid":5197,"ask":5198,"age":"8ms"}
	// {"time":"2026-11-27T09:30:00.048Z","ticker":"GOOG","cents":72077,"bid":72050,"ask":72093,"age":"0s"}
	// {"time":"2026-11-27T09:30:00.048Z","ticker":"AAPL","cents":9800,"bid":null,"ask":null,"age":null}
	// {"time":"2026-11-27T09:30:01.9Z","ticker":"MSFT","cents":5199,"bid":5199,"ask":5200,"age":"1.859s"}
	// {"time":"2026-11-27T09:30:02.6Z","ticker":"GOOG","cents":72100,"bid":null,"ask":null,"age":null}
	// {"time":"2026-11-27T09:30:02.6Z","ticker":"MSFT","cents":5201,"bid":5201,"ask":5203,"age":"0s"}
}

// Killed before or behind any commit, the mill goes on where it was.
func TestResumes(t *testing.T) {
	leattest.Resumes(t, newMill,
		leattest.Stream(leattest.Load[Trade](t, "trades.jsonl")),
		leattest.Stream(leattest.Load[Quote](t, "quotes.jsonl")),
		leattest.Result[Fill](),
	)
}
