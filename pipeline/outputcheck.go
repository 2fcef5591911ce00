package pipeline

import (
	"context"
	"fmt"
	"time"
)

// checkOutput looks at whether the output's topic would keep what is written: results have their master's key and time.
func (r *Report) checkOutput(ctx context.Context, p *Pipeline) error {
	cluster, err := p.cluster()
	if err != nil || !p.output.topic || !p.ReadsKafka() {
		return err
	}
	settings, err := cluster.Settings(ctx, p.output.name)
	if err != nil {
		return err
	}
	heads, err := cluster.Heads(ctx, p.master.site.name, nil, 1, p.master.site.reading.ofTombstones())
	if err != nil {
		return err
	}
	for partition, head := range heads {
		if len(head.Records) == 0 {
			continue
		}
		oldest := head.Records[0]
		at := oldest.At(p.master.site.name, partition)
		if age := time.Since(oldest.Time); settings.Retention > 0 && age > settings.Retention {
			r.Problems = append(r.Problems, fmt.Sprintf("%v is %v old, and results have the time of their master's record, "+
				"but the topic %s deletes records after %v (retention.ms): raise that, or set "+
				"message.timestamp.type=LogAppendTime",
				at, age.Round(time.Minute), p.output.name, settings.Retention))
		}
		if settings.Compacted && oldest.Key == nil {
			r.Problems = append(r.Problems, fmt.Sprintf("%v has no key, and results have that of their master's record, but "+
				"the topic %s is compacted (cleanup.policy) and takes results with keys only", at, p.output.name))
		}
	}
	return nil
}
