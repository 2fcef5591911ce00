package metrics

import (
	"errors"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-go/leat/observe"
)

// A collector collects the metrics of the runs of one mill, one run at a time. What it counts, it counts over all of
// them; gauges are exported only while a run goes on. It is safe for concurrent use.
type collector struct {
	families []family
	descs    []*prometheus.Desc

	mu sync.Mutex
	// snapshot is of the run that goes on; nil where none does.
	snapshot func() observe.Snapshot
	// ended is the last snapshot of each run that has ended, as far as it counts: one for all.
	ended total
	runs  int
}

// register returns the collector of the mill called name on a registry, which is there from its first run on. The
// values of two mills with a name can't be told apart: they share one, and may not run at the same time.
func register(registry prometheus.Registerer, name string) (*collector, error) {
	c := newCollector(name)
	err := registry.Register(c)
	var there prometheus.AlreadyRegisteredError
	if errors.As(err, &there) {
		if existing, ok := there.ExistingCollector.(*collector); ok {
			return existing, nil
		}
	}
	return c, err
}

func newCollector(name string) *collector {
	c := &collector{families: allFamilies(), ended: total{}}
	for _, f := range c.families {
		c.descs = append(c.descs, prometheus.NewDesc(f.name, f.help, f.labels, prometheus.Labels{"mill": name}))
	}
	return c
}

// begin shows a run, until end.
func (c *collector) begin(snapshot func() observe.Snapshot) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot != nil {
		return errors.New("another mill of this name runs and has its metrics there already; " +
			"give one of them another name by leat.Name")
	}
	c.snapshot = snapshot
	c.runs++
	return nil
}

// end keeps what the run has counted.
func (c *collector) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	snapshot := c.snapshot()
	c.snapshot = nil
	for i := range c.families {
		if !c.families[i].live {
			c.families[i].each(&snapshot, c.ended.adder(i))
		}
	}
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		descs <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.ended.clone()
	isRunning := 0.0
	if c.snapshot != nil {
		isRunning = 1
		snapshot := c.snapshot()
		for i := range c.families {
			c.families[i].each(&snapshot, all.adder(i))
		}
	}
	for i, f := range c.families {
		switch f.name {
		case runs:
			all.adder(i)(nil, value{number: float64(c.runs)})
		case running:
			all.adder(i)(nil, value{number: isRunning})
		}
	}
	for key, v := range all {
		metrics <- c.metric(key, v)
	}
}

func (c *collector) metric(key series, v value) prometheus.Metric {
	f, desc := &c.families[key.family], c.descs[key.family]
	labels := key.labels[:len(f.labels)]
	if !f.isHistogram {
		return prometheus.MustNewConstMetric(desc, f.valueType, v.number, labels...)
	}
	buckets := make(map[float64]uint64, len(v.histogram.Buckets))
	below := uint64(0)
	for i, bound := range observe.HistogramBounds() {
		below += uint64(v.histogram.Buckets[i])
		buckets[bound.Seconds()] = below
	}
	// The count is read before the buckets, and may be a little below their sum.
	all := max(below, uint64(v.histogram.Count))
	return prometheus.MustNewConstHistogram(desc, all, v.histogram.Sum.Seconds(), buckets, labels...)
}

// each gives the values of a family in a snapshot to add, with their labels.
func (f *family) each(s *observe.Snapshot, add func(labels []string, v value)) {
	switch {
	case f.ofMill != nil:
		add(nil, value{number: f.ofMill(s)})
	case f.ofHistogram != nil:
		add(nil, value{histogram: f.ofHistogram(s)})
	}
	for t := range s.Tasks {
		f.eachOfTask(s, &s.Tasks[t], add)
	}
}

func (f *family) eachOfTask(s *observe.Snapshot, t *observe.Task, add func(labels []string, v value)) {
	partition := strconv.Itoa(t.Partition)
	if f.ofTask != nil {
		add([]string{partition}, value{number: f.ofTask(t)})
	}
	if f.live && !t.Owned {
		return // another process knows
	}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		labels := []string{s.Nodes[i].Name, s.Nodes[i].Stream, partition}
		if f.ofNode != nil {
			if number, ok := f.ofNode(nodeAt{n, i, t, s}); ok {
				add(labels, value{number: number})
			}
		}
		for _, verdict := range f.verdicts {
			add(append(labels, string(verdict)), value{number: f.ofVerdict(n, verdict)})
		}
	}
}

// A series is a family with the values of its labels.
type series struct {
	family int
	labels [4]string
}

// value is that of a series: a number or a histogram.
type value struct {
	number    float64
	histogram observe.Histogram
}

// total is the values of series, over several runs.
type total map[series]value

func (t total) clone() total {
	clone := make(total, len(t))
	for key, v := range t {
		clone[key] = v
	}
	return clone
}

// adder returns what adds values to those of a family.
func (t total) adder(family int) func(labels []string, v value) {
	return func(labels []string, v value) {
		key := series{family: family}
		copy(key.labels[:], labels)
		sum := t[key]
		sum.number += v.number
		sum.histogram = sum.histogram.Plus(v.histogram)
		t[key] = sum
	}
}
