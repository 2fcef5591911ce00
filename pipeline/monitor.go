package pipeline

import (
	"context"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// A Monitor shows how far a run has come. The zero Monitor is ready for use, by one run; it is safe for concurrent use.
type Monitor struct {
	state  atomic.Pointer[monitored]
	last   atomic.Pointer[Progress]
	topics atomic.Bool // are read
}

type monitored struct {
	stats *engine.Stats
	meter broker.Meter // nil where the storage doesn't know
}

// Progress is how far a run has come.
type Progress struct {
	// Streams are the streams that are read, the master first. It is empty until the streams were opened.
	Streams []StreamProgress `json:"streams"`
	// Results counts the elements that were written.
	Results int64 `json:"results"`
	// BytesRead is how much was read of all streams, as they lie in their files, and BytesTotal how much there is; zero
	// where that isn't known. A stream may be read less than whole: once nothing more can join, the run ends.
	BytesRead  int64 `json:"bytes_read"`
	BytesTotal int64 `json:"bytes_total"`
}

// StreamProgress counts the elements of one stream. What was read and is neither matched nor skipped is unmatched.
type StreamProgress struct {
	Name string `json:"name"`
	// File is the path of the file that is read, or Topic the topic; the other is empty.
	File      string `json:"file,omitempty"`
	Topic     string `json:"topic,omitempty"`
	Read      int64  `json:"read"`
	Matched   int64  `json:"matched"`
	Unmatched int64  `json:"unmatched"`
	Skipped   int64  `json:"skipped"`
}

// Progress returns how far the run has come: zero before it has begun, the last state after it has ended.
func (m *Monitor) Progress() Progress {
	if last := m.last.Load(); last != nil {
		return *last
	}
	state := m.state.Load()
	if state == nil {
		return Progress{}
	}
	return state.progress(m.topics.Load())
}

func (s *monitored) progress(topics bool) Progress {
	p := Progress{Results: s.stats.Results.Load()}
	for i := range s.stats.Nodes {
		n := &s.stats.Nodes[i]
		stream := StreamProgress{
			Name: n.Name, File: n.Stream,
			Read: n.Read.Load(), Matched: n.Matched.Load(), Unmatched: max(n.Unmatched(), 0), Skipped: n.Skipped.Load(),
		}
		if topics {
			stream.File, stream.Topic = "", n.Stream
		}
		p.Streams = append(p.Streams, stream)
	}
	if s.meter != nil {
		p.BytesRead, p.BytesTotal = s.meter.Bytes()
	}
	return p
}

// stop keeps the last state, so that the monitor doesn't keep the input.
func (m *Monitor) stop() {
	last := m.Progress()
	m.last.Store(&last)
	m.state.Store(nil)
}

// meteredSource tells a monitor of the input. The engine has prepared stats when it opens the source.
type meteredSource struct {
	broker.Source
	monitor *Monitor
	stats   *engine.Stats
}

// OpenSource implements [broker.Source].
func (s *meteredSource) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	input, err := s.Source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	meter, _ := input.(broker.Meter)
	s.monitor.state.Store(&monitored{s.stats, meter})
	return input, nil
}
