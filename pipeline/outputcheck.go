package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
)

// rehearseOutput tells what would make a run fail when it writes, and what of results would be refused, and what it would
// warn of; nothing where the storage can't say.
func rehearseOutput(
	ctx context.Context, m *mill.Mill, results []sample.Result, samples *sample.Samples, options *mill.Options,
) (problems, advice []string) {
	partitions := len(samples.Of[m.Master])
	for _, n := range m.Master.All() {
		if m.ReadsTopics() && len(samples.Of[n]) != partitions {
			return nil, nil // what has to be mended first is told of the samples
		}
	}
	values := make([][]byte, len(results))
	for i := range results {
		values[i] = results[i].Value
	}
	switch advice, refused, err := m.Rehearse(ctx, values, partitions, options); {
	case err == nil:
		return nil, advice
	case refused < 0:
		return []string{err.Error()}, advice
	default:
		return []string{fmt.Sprintf("%v; the first such result is that of %s", err, results[refused].Where)}, advice
	}
}

// checkOutput looks at whether the output's topic would keep what is written: results have their master's key and time.
func checkOutput(ctx context.Context, m *mill.Mill) (problems []string, err error) {
	if _, err := m.AvroSchema(); err != nil {
		return nil, err
	}
	cluster, err := m.Cluster()
	if err != nil || !m.Output.Topic || !m.ReadsTopics() {
		return nil, err
	}
	settings, err := cluster.Settings(ctx, m.Output.Name)
	if err != nil {
		return nil, err
	}
	heads, err := cluster.Heads(ctx, m.Master.Stream.Name, nil, 1, m.Master.Stream.Tombstones())
	if err != nil {
		return nil, err
	}
	for partition, head := range heads {
		if len(head.Records) == 0 {
			continue
		}
		oldest := head.Records[0]
		at := oldest.At(m.Master.Stream.Name, partition)
		if age := time.Since(oldest.Time); settings.Retention > 0 && age > settings.Retention {
			problems = append(problems, fmt.Sprintf("%v is %v old, and results have the time of their master's record, "+
				"but the topic %s deletes records after %v (retention.ms): raise that, or set "+
				"message.timestamp.type=LogAppendTime",
				at, age.Round(time.Minute), m.Output.Name, settings.Retention))
		}
		if settings.Compacted && oldest.Key == nil {
			problems = append(problems, fmt.Sprintf("%v has no key, and results have that of their master's record, but "+
				"the topic %s is compacted (cleanup.policy) and takes results with keys only", at, m.Output.Name))
		}
	}
	return problems, nil
}
