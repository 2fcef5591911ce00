package main

import (
	"testing"

	"github.com/leat-go/leat/leattest"
)

func Example() {
	main()
	// Output:
	// {"time":"2026-11-27T09:00:00Z","image":"camera-0.png","turn":0,"turn_off_ms":4.2,"depth":"depth-0.png"}
	// {"time":"2026-11-27T09:00:00.033333Z","image":"camera-1.png","turn":0,"turn_off_ms":0.867,"depth":null}
	// {"time":"2026-11-27T09:00:00.066667Z","image":"camera-2.png","turn":0.02,"turn_off_ms":-2.467,"depth":null}
	// {"time":"2026-11-27T09:00:00.1Z","image":"camera-3.png","turn":0.05,"turn_off_ms":4.2,"depth":"depth-1.png"}
	// {"time":"2026-11-27T09:00:00.166667Z","image":"camera-5.png","turn":0.14,"turn_off_ms":-2.467,"depth":null}
	// {"time":"2026-11-27T09:00:00.2Z","image":"camera-6.png","turn":0.12,"turn_off_ms":4.2,"depth":"depth-2.png"}
	// {"time":"2026-11-27T09:00:00.233333Z","image":"camera-7.png","turn":0.1,"turn_off_ms":0.867,"depth":null}
}

// Killed before or behind any commit, the mill goes on where it was.
func TestResumes(t *testing.T) {
	leattest.Resumes(t, newMill,
		leattest.Stream(leattest.Load[Frame](t, "camera.jsonl")),
		leattest.Stream(leattest.Load[Sample](t, "imu.jsonl")),
		leattest.Stream(leattest.Load[Depth](t, "depth.jsonl")),
		leattest.Result[Scene](),
	)
}
