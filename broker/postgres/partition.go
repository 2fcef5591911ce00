package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// PartitionBy divides a stream into n partitions by the values of a column, so that several instances of a mill, each a
// process of its own, share the work: each row belongs to the partition that the hash of its value says, rows with null
// to the first. All streams of a mill are divided into as many partitions, by columns that are equal, as texts, in
// elements that match: a 7 of type int and of type bigint are, a 7 and a 7.0 of type numeric aren't. So an order and
// its items may be divided by the number of the order in each.
//
// The instances find each other in the tables leat_instances and leat_shares of the database, and share the partitions
// fairly. A partition moves to another instance within a second where that one comes or an instance ends, and within
// about six where an instance is killed, frozen or cut off. What each commits of a partition that has moved is left
// out, and no result is lost or there twice. An instance that has nothing to do waits until the session has ended in
// all partitions.
//
// The hash is hashtextextended(column::text, 0), which PostgreSQL keeps the same, since its own partitions depend on
// it. Positions tell by which columns a stream was divided, and into how many: a changed mill needs another name.
//
// Each partition's reader looks at all rows in order, and passes over those of others, unless there is an index for it:
//
//	CREATE INDEX ON orders (((coalesce(hashtextextended((id)::text COLLATE "C", 0), 0) & 9223372036854775807) % 4), id)
//
// PartitionBy panics where n isn't above zero.
func PartitionBy(column string, n int) StreamOption {
	if n <= 0 {
		panic(fmt.Sprintf("postgres.PartitionBy(%q, %d): a stream has at least one partition", column, n))
	}
	return func(r *relation) { r.partitionBy, r.partitions = column, n }
}

// A division says which rows belong to a partition. The zero value is that of a stream that is one.
type division struct {
	// of names the division, and changes where rows move to other partitions. It is kept with positions.
	of string
	// number is an expression of the partition that a row belongs to.
	number string
}

// partitionCount is how many partitions a stream has.
func (r *relation) partitionCount() int { return max(r.partitions, 1) }

// openDivision finds out by what a stream is divided.
func (t *table) openDivision(ctx context.Context, s *session) error {
	if t.partitions == 0 {
		return nil
	}
	if _, err := find(t.columns, t.partitionBy); err != nil {
		return t.explainRead(fmt.Errorf("its partitions: %w", err))
	}
	t.division.number = fmt.Sprintf(
		`((coalesce(hashtextextended((q.%s)::text COLLATE "C", 0), 0) & 9223372036854775807) %% %d)`,
		identifier(t.partitionBy), t.partitions)
	// A server whose hash is another one, on another kind of processor say, divides in another way.
	all, err := s.texts(ctx, `SELECT hashtextextended('leat' COLLATE "C", 0)::text`)
	if err != nil {
		return t.explainRead(err)
	}
	t.division.of = fmt.Sprintf("%d by %s, %s", t.partitions, t.partitionBy, all[0])
	return nil
}

// belongs is a condition for the rows of a partition, behind others.
func (t *table) belongs(partition int) string {
	if t.division.number == "" {
		return ""
	}
	return fmt.Sprintf(" AND %s = %d", t.division.number, partition)
}

// checkDivision refuses a position that was kept for other partitions.
func (t *table) checkDivision(p ordered.Position) error {
	if p.Of == t.division.of {
		return nil
	}
	describe := func(of string) string {
		if of == "" {
			return "one partition"
		}
		return "partitions (" + of + ")"
	}
	return fmt.Errorf("the positions are those of %s, but it is divided into %s now; give the changed mill another name",
		describe(p.Of), describe(t.division.of))
}

// checkPartitions refuses streams that aren't divided alike.
func (in *input) checkPartitions() error {
	for _, node := range in.nodes {
		if n, first := node.partitionCount(), in.nodes[0].partitionCount(); n != first {
			return fmt.Errorf("postgres: %s has %d partitions and %s %d: streams that are joined have as many, "+
				"divided by columns that are equal where elements match; give both postgres.PartitionBy, or partition_by; "+
				"changes have one",
				in.nodes[0].describe(), first, node.describe(), n)
		}
	}
	return nil
}

// A stream is a table or query as one run reads it.
type stream struct {
	*table
	// end is the key of the last row that belongs to the session; nil where there is none, or it is followed.
	end     ordered.Key
	horizon *horizon
	// settled says that no transaction can add a row up to end any more.
	settled atomic.Bool
	// toldAhead says that the log was told of a position behind all rows.
	toldAhead atomic.Bool
	// numberings are those of the partitions.
	numberings []*ordered.Numbering
}

func newStream(t *table) *stream {
	st := &stream{table: t, horizon: newHorizon(), numberings: make([]*ordered.Numbering, t.partitionCount())}
	for p := range st.numberings {
		st.begin(p)
	}
	return st
}

// begin forgets what is known of a partition, before a task of it begins.
func (st *stream) begin(partition int) {
	st.numberings[partition] = ordered.NewNumbering(ordered.Origin{Of: st.division.of, By: names(st.order),
		As: comparedAs(st.order), From: st.table.name}, ordered.ReadByQuery)
}

// distinct returns the tables and queries of a job, each once, in the order of the nodes.
func (in *input) distinct() (streams []*stream) {
	for _, node := range in.nodes {
		if st := node.rows; st != nil && !slices.Contains(streams, st) {
			streams = append(streams, st)
		}
	}
	return streams
}
