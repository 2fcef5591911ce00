package pipeline

import (
	"sync/atomic"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A Monitor shows how far a run has come. The zero Monitor is ready for use, by one run; it is safe for concurrent use.
type Monitor struct {
	// Watched says that people look at the snapshots, so that calls are timed and the last unmatched elements are kept,
	// which costs something. It is set before the run.
	Watched bool

	stats engine.Stats
	// mill is the one that runs, and topics says that it reads topics, where a demonstration has them.
	mill   atomic.Pointer[mill.Mill]
	topics atomic.Bool
}

// Progress is how far a run has come.
type Progress struct {
	// Streams are the streams that are read, the master first. It is empty before the run has begun.
	Streams []StreamProgress `json:"streams"`
	// Results counts the elements that were written.
	Results int64 `json:"results"`
	// FilteredResults counts the results that were not written since the file's where isn't true of them, and Failed the
	// calls that a policy gave up since emit or where can't be computed.
	FilteredResults int64 `json:"filtered_results,omitempty"`
	Failed          int64 `json:"failed,omitempty"`
	// BytesRead is how much was read of all streams, as they lie in their files, and BytesTotal how much there is; zero
	// where that isn't known. A stream may be read less than whole: once nothing more can join, the run ends.
	BytesRead  int64 `json:"bytes_read"`
	BytesTotal int64 `json:"bytes_total"`
	// Warnings say, once the run is over, what may be amiss with what was read though nothing failed: a file that grew
	// meanwhile.
	Warnings []string `json:"warnings,omitempty"`
}

// StreamProgress counts the elements of one stream. What was read and is neither matched nor skipped is unmatched.
type StreamProgress struct {
	Name string `json:"name"`
	// File is the path of the file that is read, Topic the topic, or Storage the name of the storage that the stream lies
	// in, and Address what it is there, such as "table orders"; the others are empty.
	File      string `json:"file,omitempty"`
	Topic     string `json:"topic,omitempty"`
	Storage   string `json:"storage,omitempty"`
	Address   string `json:"address,omitempty"`
	Read      int64  `json:"read"`
	Matched   int64  `json:"matched"`
	Unmatched int64  `json:"unmatched"`
	Skipped   int64  `json:"skipped"`
	// Tombstones counts records without a value that were passed over. They are no elements.
	Tombstones int64 `json:"tombstones,omitempty"`
	// Filtered counts the elements that the stream's where has left out. They are not in Read.
	Filtered int64 `json:"filtered,omitempty"`
	// Of Skipped, Undecodable could not be read, and Late came later than the lateness of the stream allows; the rest was out
	// of order.
	Undecodable int64 `json:"undecodable,omitempty"`
	Late        int64 `json:"late,omitempty"`
	// Early counts the elements of the stream that this one is joined to that went on without waiting for it, since it was
	// idle, and Missed those of this one that came too late for some of them.
	Early  int64 `json:"early,omitempty"`
	Missed int64 `json:"missed,omitempty"`
	// Waiting is how many elements of a stream that is put in order wait for others that may come before them, with
	// WaitingBytes in memory: at the end those that are left to the next run.
	Waiting      int   `json:"waiting,omitempty"`
	WaitingBytes int64 `json:"waiting_bytes,omitempty"`
	// Ended says that the stream was read to its end: once nothing more can be joined, a run ends without. Line is the
	// line of a file, or Offset the offset behind the record of a topic with one partition, that it was read up to.
	Ended  bool  `json:"ended"`
	Line   int   `json:"line,omitempty"`
	Offset int64 `json:"offset,omitempty"`
	// TimedOut says that the data timeout has ended the stream, in one partition at least.
	TimedOut bool `json:"timed_out,omitempty"`
	// Verified says that the rest was read, too, and nothing is wrong with it, and Beyond how many elements it has. See
	// Options.Verify.
	Verified bool  `json:"verified,omitempty"`
	Beyond   int64 `json:"beyond,omitempty"`
}

// Snapshot returns all that is known of the run at the moment, for those who look at it.
func (m *Monitor) Snapshot() observe.Snapshot { return m.stats.Snapshot() }

// Progress returns how far the run has come: zero before it has begun, the last state after it has ended.
func (m *Monitor) Progress() Progress {
	snapshot := m.stats.Snapshot()
	p := Progress{Results: snapshot.Results, BytesRead: snapshot.BytesRead, BytesTotal: snapshot.BytesTotal,
		Warnings: snapshot.Warnings, FilteredResults: snapshot.FilteredResults, Failed: snapshot.Failed}
	extents := snapshot.Extents()
	for i, n := range snapshot.Totals() {
		extent := extents[i]
		stream := StreamProgress{
			Name: snapshot.Nodes[i].Name, File: snapshot.Nodes[i].Stream,
			Read: n.Read, Matched: n.Matched, Unmatched: max(n.Read-n.Matched-n.Skipped, 0), Skipped: n.Skipped,
			Tombstones: n.Tombstones, Filtered: n.Filtered,
			Undecodable: n.Unmatched[observe.Undecodable], Late: n.Late, Waiting: n.Waiting, WaitingBytes: n.WaitingBytes,
			Early: n.Early, Missed: n.Missed, Ended: extent.Ended, TimedOut: extent.TimedOut, Line: extent.Line,
			Verified: extent.Verified, Beyond: extent.Beyond,
		}
		if m.topics.Load() {
			stream.File, stream.Topic, stream.Offset = "", stream.File, extent.Offset
		} else if of := m.mill.Load(); of != nil {
			stream.File, stream.Storage, stream.Address = addressOf(of.Master.All()[i])
		}
		p.Streams = append(p.Streams, stream)
	}
	return p
}

// addressOf returns where a node's stream lies, if that isn't a topic: the path of its file, or the storage and the
// address there.
func addressOf(n *mill.Node) (file, storage, address string) {
	if n.Stream.Stored == nil {
		return n.Stream.Name, "", ""
	}
	return "", n.Stream.Storage, n.Stream.Stored.Called
}
