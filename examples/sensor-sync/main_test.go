package main

import (
	"context"
	"log"
	"testing"

	"github.com/leat-go/leat/leattest"
	"github.com/leat-go/leat/pipeline"
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

// The same without Go, as "leat run sensor-sync.yaml" does it.
func Example_pipeline() {
	p, err := pipeline.Load("sensor-sync.yaml")
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Run(context.Background(), pipeline.Options{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"image":"camera-0.png","turn":0,"depth":"depth-0.png"}
	// {"image":"camera-1.png","turn":0,"depth":null}
	// {"image":"camera-2.png","turn":0.02,"depth":null}
	// {"image":"camera-3.png","turn":0.05,"depth":"depth-1.png"}
	// {"image":"camera-5.png","turn":0.14,"depth":null}
	// {"image":"camera-6.png","turn":0.12,"depth":"depth-2.png"}
	// {"image":"camera-7.png","turn":0.1,"depth":null}
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
