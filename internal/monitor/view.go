// Package monitor shows people what a run does: as a [View], which the terminal draws on a few lines, and as a page
// that a browser keeps up to date.
package monitor

import "time"

// A View is a run at one moment, worked out from snapshots for people to look at. Its JSON is what the page and
// /snapshot.json have. All its texts are free of control characters, and none is longer than a screen is wide many
// times.
type View struct {
	Mill    string    `json:"mill"`
	Started time.Time `json:"started"`
	Taken   time.Time `json:"taken"`
	State   State     `json:"state"`
	// Status says in a sentence what the run does or waits for.
	Status string `json:"status"`
	// Streams are the nodes of the join tree, the master first, parents before their children.
	Streams []Stream `json:"streams"`
	Outputs []string `json:"outputs"`
	// PartitionCount is how many partitions the streams have, and Partitions holds those that this process has worked on.
	PartitionCount int         `json:"partition_count"`
	Partitions     []Partition `json:"partitions"`

	Calls   int64 `json:"calls"`
	Failed  int64 `json:"failed"`
	Results int64 `json:"results"`
	// FilteredResults were not written: where isn't true of them.
	FilteredResults int64 `json:"filtered_results"`
	// CallRate and ResultRate are per second, over the last seconds; CallTime is the mean duration of a call, in seconds,
	// nil where it isn't known.
	CallRate   float64  `json:"call_rate"`
	ResultRate float64  `json:"result_rate"`
	CallTime   *float64 `json:"call_time"`
	Commits    int64    `json:"commits"`
	Aborts     int64    `json:"aborts"`
	// CommitMedian and CommitSlow say how long half and 99 in 100 of the last commits took at most, in seconds; nil before
	// the first one.
	CommitMedian *float64 `json:"commit_median"`
	CommitSlow   *float64 `json:"commit_slow"`
	// PendingResults and PendingBytes are finished and not committed yet.
	PendingResults int64 `json:"pending_results"`
	PendingBytes   int64 `json:"pending_bytes"`
	// BytesTotal is zero where it isn't known how much there is to read.
	BytesRead  int64 `json:"bytes_read"`
	BytesTotal int64 `json:"bytes_total"`
	// Outages are the storages that can't be reached, in a sentence each.
	Outages []string `json:"outages"`
	// Unmatched are the last elements that were not handed over, the latest first.
	Unmatched []Verdict `json:"unmatched"`
}

// State is what a run does.
type State string

// The states of a run.
const (
	Opening State = "opening" // the streams are being opened
	Joining State = "joining"
	Waiting State = "waiting" // all its partitions wait for a next element, for some time already
	Idle    State = "idle"    // other processes own all partitions

	Stopping State = "stopping" // before the session's end: from outside, or since something has failed

	Ended   State = "ended"
	Stopped State = "stopped" // from outside
	Failed  State = "failed"
)

// A Stream is a node of the join tree.
type Stream struct {
	Name   string `json:"name"`
	Stream string `json:"stream"`
	// Parent is the index of the parent in View.Streams; -1 at the master.
	Parent int    `json:"parent"`
	On     string `json:"on"`
	Window string `json:"window"`
	// Read, Matched, Unmatched and Skipped count elements since the run began; what was read and is none of the others may
	// still match. Verdicts says why elements are unmatched, and Faults why some were skipped. Tombstones counts records
	// without a value, which are no elements.
	Read      int64   `json:"read"`
	Matched   int64   `json:"matched"`
	Unmatched int64   `json:"unmatched"`
	Skipped   int64   `json:"skipped"`
	Verdicts  []Count `json:"verdicts"`
	Faults    []Count `json:"faults"`

	Tombstones int64 `json:"tombstones"`
	// Filtered counts the elements that where has left out, which aren't in Read, and Late those of Skipped that came too late
	// to be put in order. Waiting is how many wait to be in order, and WaitingBytes their size in memory.
	Filtered     int64 `json:"filtered"`
	Late         int64 `json:"late"`
	Waiting      int   `json:"waiting"`
	WaitingBytes int64 `json:"waiting_bytes"`
	// WithoutMatch counts the parent's elements that were handed over without a match in this stream, where they need none.
	WithoutMatch int64 `json:"without_match"`
	// Early counts the parent's elements that went on without waiting for this stream, since it was idle, and Missed the
	// elements of this one that came too late for some of them.
	Early  int64 `json:"early"`
	Missed int64 `json:"missed"`
	// Rate is how many elements are read per second, over the last seconds.
	Rate float64 `json:"rate"`
	// Behind is how many records the partitions hold that weren't read yet; -1 where that isn't known.
	Behind int64 `json:"behind"`
	// Group is how many elements are held in memory.
	Group int `json:"group"`
	// WaitShare is the share of the last seconds that the join has waited for this stream, from 0 to 1.
	WaitShare float64     `json:"wait_share"`
	State     StreamState `json:"state"`
	// Status says the state in words.
	Status string `json:"status"`
	// Keys are those of the partitions that this process works on.
	Keys []Key `json:"keys"`
}

// StreamState is what a stream does.
type StreamState string

// The states of a stream.
const (
	Flowing   StreamState = "flowing"
	Awaited   StreamState = "awaited"  // the join waits for it more than it works
	Blocking  StreamState = "blocking" // the join has waited for its next element for some time
	Held      StreamState = "held"     // it waits for another that blocks
	Quiet     StreamState = "quiet"    // nothing was read of it lately
	Exhausted StreamState = "ended"
)

// A Count is how many elements got a verdict.
type Count struct {
	Verdict string `json:"verdict"`
	Count   int64  `json:"count"`
}

// A Key is where a stream stands in one partition.
type Key struct {
	Partition int    `json:"partition"`
	Text      string `json:"text"`
	// Number is nil where the key isn't a number.
	Number *float64 `json:"number"`
	// Parent and ParentNumber are the parent's key at hand, which this one is compared with.
	Parent       string   `json:"parent"`
	ParentNumber *float64 `json:"parent_number"`
	Blocking     bool     `json:"blocking"`
	Ended        bool     `json:"ended"`
}

// A Partition is the work on one partition.
type Partition struct {
	Partition int `json:"partition"`
	// State is joining, waiting, ended, stopped since the run stops, or elsewhere where another process has taken it over.
	State string `json:"state"`
	// Status says it in words.
	Status string `json:"status"`
	// Window is how many masters the open window holds.
	Window int `json:"window"`
}

// A Verdict says why one element was not handed over.
type Verdict struct {
	Stream   string `json:"stream"`
	Position string `json:"position"`
	Verdict  string `json:"verdict"`
	// Text says why, in a sentence.
	Text string `json:"text"`
	// Element is the element as its record has it, or as JSON where that isn't text; shortened, empty where neither is.
	Element string    `json:"element"`
	Time    time.Time `json:"time"`
}
