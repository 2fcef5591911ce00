package monitor_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/internal/monitor/simulation"
)

// BenchmarkLook is what a page costs a run once a second, however many look at it: a view of 4 streams in 64
// partitions, as JSON.
func BenchmarkLook(b *testing.B) {
	now := time.Now()
	s := simulation.New(now.Add(-time.Minute), func() time.Time { return now }).Snapshot()
	for len(s.Tasks) < 64 {
		s.Tasks = append(s.Tasks, s.Tasks[:simulation.Partitions]...)
	}
	s.Partitions = len(s.Tasks)
	var viewer monitor.Viewer
	var encoded []byte
	for b.Loop() {
		s.Taken = s.Taken.Add(time.Second)
		view := viewer.View(s)
		var err error
		if encoded, err = json.Marshal(view); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(encoded)), "bytes")
}
