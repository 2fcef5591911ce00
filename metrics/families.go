package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-go/leat/observe"
)

// The labels beside mill, which every metric has.
var (
	nodeLabels      = []string{"node", "stream", "partition"}
	verdictLabels   = []string{"node", "stream", "partition", "verdict"}
	partitionLabels = []string{"partition"}
)

// A family is a metric as the documentation lists it.
type family struct {
	name, help string
	valueType  prometheus.ValueType
	// isHistogram says that the metric is a histogram; valueType means nothing then.
	isHistogram bool
	// labels are those beside mill.
	labels []string
	// live says that it is exported only while the mill runs: afterwards it would be wrong.
	live bool
	// One of these gives its values.
	ofMill      func(*observe.Snapshot) float64
	ofHistogram func(*observe.Snapshot) observe.Histogram
	ofTask      func(*observe.Task) float64
	ofNode      func(nodeAt) (value float64, ok bool)
	ofVerdict   func(*observe.NodeState, observe.Verdict) float64
	// verdicts are those that ofVerdict is asked for.
	verdicts []observe.Verdict
}

// nodeAt is a node of a task at one moment.
type nodeAt struct {
	*observe.NodeState
	index    int
	task     *observe.Task
	snapshot *observe.Snapshot
}

// allFamilies are all metrics, in the order of the documentation.
func allFamilies() []family {
	return append(append(elementFamilies(), nodeFamilies()...), millFamilies()...)
}

func count(name, help string, of func(*observe.NodeState) int64) family {
	return family{name: name, help: help, valueType: prometheus.CounterValue, labels: nodeLabels,
		ofNode: func(n nodeAt) (float64, bool) { return float64(of(n.NodeState)), true }}
}

func byVerdict(name, help string, verdicts ...observe.Verdict) family {
	return family{name: name, help: help, valueType: prometheus.CounterValue, labels: verdictLabels, verdicts: verdicts,
		ofVerdict: func(n *observe.NodeState, v observe.Verdict) float64 { return float64(n.Unmatched[v]) }}
}

// elementFamilies count elements.
func elementFamilies() []family {
	return []family{
		count("leat_elements_read_total", "Elements that the join has looked at.",
			func(n *observe.NodeState) int64 { return n.Read }),
		count("leat_elements_matched_total", "Elements that were handed to the function.",
			func(n *observe.NodeState) int64 { return n.Matched }),
		count("leat_elements_without_match_total",
			"Elements of the stream that this one is joined to that were handed to the function without a match in this one, "+
				"where they need none.",
			func(n *observe.NodeState) int64 { return n.WithoutMatch }),
		byVerdict("leat_elements_unmatched_total", "Elements that were not handed to the function, by the reason.",
			observe.Gap, observe.Behind, observe.Ended, observe.Idled, observe.Incomplete, observe.Null,
			observe.NotTaken, observe.Excluded),
		byVerdict("leat_elements_skipped_total", "Elements that a policy has put aside, by the reason.",
			observe.OutOfOrder, observe.Undecodable),
		count("leat_tombstones_total", "Records without a value, which were passed over.",
			func(n *observe.NodeState) int64 { return n.Tombstones }),
		count("leat_elements_filtered_total", "Elements that leat.Where, or where in a pipeline file, has left out.",
			func(n *observe.NodeState) int64 { return n.Filtered }),
		count("leat_elements_late_total",
			"Elements that came later than the lateness of their stream allows. A policy has put them aside.",
			func(n *observe.NodeState) int64 { return n.Late }),
		count("leat_elements_early_total",
			"Elements of the stream that this one is joined to that went on without waiting for this one, since it was idle.",
			func(n *observe.NodeState) int64 { return n.Early }),
		count("leat_elements_missed_total",
			"Elements that came when others that would have matched them had gone on early. They may match those that come next.",
			func(n *observe.NodeState) int64 { return n.Missed }),
	}
}

func nodeGauge(name, help string, of func(nodeAt) (float64, bool)) family {
	return family{name: name, help: help, valueType: prometheus.GaugeValue, labels: nodeLabels, live: true, ofNode: of}
}

// nodeFamilies are about the nodes of each partition.
func nodeFamilies() []family {
	waited := family{
		name: "leat_waited_seconds_total", help: "Time that the join has waited for this stream.",
		valueType: prometheus.CounterValue, labels: nodeLabels,
		ofNode: func(n nodeAt) (float64, bool) { return n.Waited.Seconds(), true },
	}
	return []family{
		nodeGauge("leat_elements_held", "Elements in memory that a later one may match.",
			func(n nodeAt) (float64, bool) { return float64(n.Group), true }),
		nodeGauge("leat_elements_waiting",
			"Elements of a stream that is put in order that wait for others which may come before them.",
			func(n nodeAt) (float64, bool) { return float64(n.NodeState.Waiting), true }),
		nodeGauge("leat_elements_waiting_bytes",
			"Size of those of them that are in memory, as they lie in the storage.",
			func(n nodeAt) (float64, bool) { return float64(n.NodeState.WaitingBytes), true }),
		nodeGauge("leat_key", "Key of the element that was read last, where keys are numbers.",
			func(n nodeAt) (float64, bool) { return n.Number, n.IsNumber }),
		nodeGauge("leat_key_lag", "How far this stream's key is behind the one of the stream that it is joined to, "+
			"in units of the key. Below zero it is ahead.",
			func(n nodeAt) (float64, bool) { return n.ParentNumber - n.Number, n.IsNumber && n.ParentIsNumber }),
		nodeGauge("leat_lag_records",
			"Records between what was read last and the end of the partition, where the storage knows it.",
			func(n nodeAt) (float64, bool) { return float64(n.NodeState.Behind), n.NodeState.Behind >= 0 }),
		nodeGauge("leat_withheld_records",
			"Records, about, in or behind an open transaction of another writer, which can't be read yet.",
			func(n nodeAt) (float64, bool) {
				return float64(n.NodeState.Withheld), n.NodeState.Behind >= 0 || n.Withheld > 0
			}),
		nodeGauge("leat_retained_bytes",
			"Bytes that the storage holds back until they are committed, as a replication slot does.",
			func(n nodeAt) (float64, bool) { return float64(n.NodeState.Retained), n.NodeState.Retained > 0 }),
		nodeGauge("leat_retained_seconds",
			"How long ago the oldest element was made that isn't committed, where the storage holds it back.",
			func(n nodeAt) (float64, bool) {
				return n.snapshot.Taken.Sub(n.NodeState.RetainedSince).Seconds(), !n.NodeState.RetainedSince.IsZero()
			}),
		waited,
		nodeGauge("leat_waiting_seconds", "How long the join has been waiting for this stream now; 0 where it doesn't.",
			waiting),
	}
}

func waiting(n nodeAt) (float64, bool) {
	if n.task.WaitsFor != n.index {
		return 0, true
	}
	return max(0, n.snapshot.Taken.Sub(n.task.WaitsSince).Seconds()), true
}

func ofMill(name, help string, t prometheus.ValueType, of func(*observe.Snapshot) float64) family {
	return family{name: name, help: help, valueType: t, ofMill: of, live: t == prometheus.GaugeValue}
}

func histogram(name, help string, of func(*observe.Snapshot) observe.Histogram) family {
	return family{name: name, help: help, isHistogram: true, ofHistogram: of}
}

func ofTask(name, help string, of func(*observe.Task) float64) family {
	return family{name: name, help: help, valueType: prometheus.GaugeValue, labels: partitionLabels, live: true,
		ofTask: of}
}

// millFamilies are about the mill as a whole and its partitions.
func millFamilies() []family {
	counter, gauge := prometheus.CounterValue, prometheus.GaugeValue
	return []family{
		ofTask("leat_partition_owned", "1 where this process works on the partition.", func(t *observe.Task) float64 {
			if t.Owned {
				return 1
			}
			return 0
		}),
		ofTask("leat_window_masters", "Elements in the open window.",
			func(t *observe.Task) float64 { return float64(t.Window) }),
		histogram("leat_call_duration_seconds",
			"How long each call of the function took, those that were tried again among them.",
			func(s *observe.Snapshot) observe.Histogram { return s.CallTime }),
		ofMill("leat_calls_total", "Calls of the function whose results are committed.", counter,
			func(s *observe.Snapshot) float64 { return float64(s.Calls) }),
		ofMill("leat_calls_failed_total", "Calls of the function that a policy gave up.", counter,
			func(s *observe.Snapshot) float64 { return float64(s.Failed) }),
		ofMill("leat_results_total", "Elements that were committed to the outputs.", counter,
			func(s *observe.Snapshot) float64 { return float64(s.Results) }),
		ofMill("leat_results_filtered_total", "Results that were not written, since where in a pipeline file isn't true of them.",
			counter, func(s *observe.Snapshot) float64 { return float64(s.FilteredResults) }),
		histogram("leat_commit_duration_seconds", "How long commits took that went through, with all attempts.",
			func(s *observe.Snapshot) observe.Histogram { return s.CommitTime }),
		ofMill("leat_commits_aborted_total", "Attempts to commit that left nothing behind and were made again.", counter,
			func(s *observe.Snapshot) float64 { return float64(s.Aborts) }),
		ofMill("leat_results_pending", "Finished results that are not committed yet.", gauge,
			func(s *observe.Snapshot) float64 { return float64(s.PendingResults) }),
		ofMill("leat_results_pending_bytes", "Size of the finished results that are not committed yet.", gauge,
			func(s *observe.Snapshot) float64 { return float64(s.PendingBytes) }),
		ofMill("leat_read_bytes_total", "Bytes that were read, as they lie in the storage, where it knows.", counter,
			func(s *observe.Snapshot) float64 { return float64(s.BytesRead) }),
		ofMill("leat_partitions_assigned_total", "Partitions that this process was given to work on.", counter,
			func(s *observe.Snapshot) float64 { return float64(s.Assigned) }),
		ofMill("leat_partitions_revoked_total", "Partitions that were taken away from this process while it ran.", counter,
			func(s *observe.Snapshot) float64 { return float64(s.Revoked) }),
		ofMill(runs, "Runs that have begun.", counter, nil),
		ofMill(running, "1 while the mill runs.", gauge, nil),
	}
}

// These two are known to the collector alone.
const (
	runs    = "leat_runs_total"
	running = "leat_running"
)
