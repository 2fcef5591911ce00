package kafka

import (
	"context"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// withheldCheck is how often an instance checks whether what it waits for lies behind an open transaction of another
// producer.
const withheldCheck = 2 * time.Second

// watchTransactions looks for open transactions of other producers until ctx ends. It looks in the partitions that
// have been read as far as they can be.
func (r *run) watchTransactions(ctx context.Context) {
	for wait.For(ctx, withheldCheck) == nil {
		waiting := r.exhausted()
		if len(waiting) == 0 {
			continue
		}
		queries := make([]offsetQuery, 0, len(waiting))
		for p := range waiting {
			queries = append(queries, p)
		}
		stable, err := r.listOffsets(ctx, queries)
		if err != nil {
			continue // the readers report a Kafka that doesn't answer
		}
		written := r.listWritten(ctx, queries)
		for p, ends := range waiting {
			if s, ok := stable[p]; ok && s.err == nil {
				for _, e := range ends {
					e.withhold(s.offset, written[p], time.Now())
				}
			}
		}
	}
}

// exhausted returns the ends of the readers that have fetched all that can be read, by the query about them.
func (r *run) exhausted() map[offsetQuery][]*end {
	all := map[offsetQuery][]*end{}
	for at, e := range r.positions.ends.exhausted() {
		if r.assignment.isRunning(at.partition) {
			p := offsetQuery{r.topics.ofNode[at.node], at.partition, newest}
			all[p] = append(all[p], e)
		}
	}
	return all
}

// Withheld implements broker.Withholder.
func (r *reader) Withheld() broker.Withheld {
	records, since := r.end.withheldNow()
	return broker.Withheld{Records: records, Since: since, Unit: "record", By: "a transaction of another producer"}
}

var _ broker.Withholder = (*reader)(nil)
