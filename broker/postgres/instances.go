package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// This file has what instances of a mill tell each other: that they live, in leat_instances, and whose a partition is,
// in leat_shares. Time is the database's. All of it is done under one lock of the mill, by statements that are sent
// together, so that a process which is frozen between two of them holds nobody up.

const makeInstances = `CREATE TABLE IF NOT EXISTS leat_instances (
	name text, instance text, process text NOT NULL, division text NOT NULL, session bigint NOT NULL, ends json,
	joined timestamptz NOT NULL, seen timestamptz NOT NULL, PRIMARY KEY (name, instance))`

const makeShares = `CREATE TABLE IF NOT EXISTS leat_shares (
	name text, partition int, instance text, PRIMARY KEY (name, partition))`

const (
	lockInstances = `SELECT pg_advisory_xact_lock(hashtextextended('leat instances of ' || $1, 0))`
	// A server that was away for longer than a lease finds no instance guilty: each has time to come back first.
	isLive = `(i.seen > clock_timestamp() - interval '5 s'
		OR clock_timestamp() < pg_postmaster_start_time() + interval '5 s')`
	// An instance takes the session's end from those that are in the session already.
	joinInstances = `INSERT INTO leat_instances (name, instance, process, division, session, ends, joined, seen)
		SELECT $1, $2, $3, $4, $5::bigint, coalesce((SELECT i.ends FROM leat_instances i WHERE i.name = $1
			AND i.session = $5::bigint AND ` + isLive + ` ORDER BY i.joined LIMIT 1), $6::json),
			clock_timestamp(), clock_timestamp() RETURNING ends::text`
	otherDivision = `SELECT i.process, i.division FROM leat_instances i WHERE i.name = $1 AND i.division <> $2 AND ` +
		isLive + ` LIMIT 1`
	makeSharesOf = `INSERT INTO leat_shares (name, partition) SELECT $1, p FROM generate_series(0, $2::int - 1) p
		ON CONFLICT DO NOTHING`
	dropDead = `DELETE FROM leat_instances WHERE name = $1 AND seen < clock_timestamp() - interval '1 h'`

	renewLease = `INSERT INTO leat_instances AS o (name, instance, process, division, session, ends, joined, seen)
		VALUES ($1, $2, $3, $4, $5::bigint, $6::json, clock_timestamp(), clock_timestamp())
		ON CONFLICT (name, instance) DO UPDATE SET seen = clock_timestamp()`
	lookAround = `SELECT i.instance FROM leat_instances i WHERE i.name = $1 AND ` + isLive + ` 
		ORDER BY (SELECT count(*) FROM leat_shares s WHERE s.name = $1 AND s.instance = i.instance) DESC, i.joined, i.instance`
	lookAtShares = `SELECT s.partition::text, coalesce(s.instance, ''), EXISTS (SELECT FROM leat_instances i
		WHERE i.name = $1 AND i.instance = s.instance AND ` + isLive + `)::text FROM leat_shares s WHERE s.name = $1
		AND s.partition < $2::int ORDER BY s.partition`
	takeShares = `UPDATE leat_shares s SET instance = $2 WHERE s.name = $1
		AND s.partition = ANY (string_to_array($3, ',')::int[]) AND NOT EXISTS (SELECT FROM leat_instances i
			WHERE i.name = $1 AND i.instance = s.instance AND ` + isLive + `)`
	releaseShares = `UPDATE leat_shares SET instance = NULL WHERE name = $1 AND instance = $2
		AND partition = ANY (string_to_array($3, ',')::int[])`
	releaseAll     = `UPDATE leat_shares SET instance = NULL WHERE name = $1 AND instance = $2`
	leaveInstances = `DELETE FROM leat_instances WHERE name = $1 AND instance = $2`
)

// An instance is this one, among those of its name.
type instance struct {
	name, id, process, division string
	session                     int64
	ends                        string
	partitions                  int
}

// A share is a partition, and whose it is: nobody's, that of an instance that lives, or of one that doesn't.
type share struct {
	owner string
	lives bool
}

// A view is what an instance finds when it looks around.
type view struct {
	// live holds the instances that live, those with most partitions first, and then those that came first.
	live   []string
	shares []share
}

// A statement has parameters.
type statement struct {
	sql        string
	parameters []string
}

// together runs statements in one transaction that is sent as a whole, under the mill's lock, and returns what each
// gives.
func (i *instance) together(ctx context.Context, s *session, all ...statement) ([][]row, error) {
	batch := &pgconn.Batch{}
	for _, st := range append([]statement{{lockInstances, []string{i.name}}}, all...) {
		values := make([][]byte, len(st.parameters))
		for i, p := range st.parameters {
			values[i] = []byte(p)
		}
		batch.ExecParams(st.sql, values, nil, nil, nil)
	}
	results, err := s.ExecBatch(ctx, batch).ReadAll()
	if err != nil {
		return nil, explainInstances(err, s.grantee)
	}
	var rows [][]row
	for _, r := range results[1:] {
		var given []row
		for _, columns := range r.Rows {
			given = append(given, columns)
		}
		rows = append(rows, given)
	}
	return rows, nil
}

// explainInstances says of an error about the tables what would mend it.
func explainInstances(err error, grantee string) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return fmt.Errorf("postgres: leat_instances: %w", err)
	}
	remedy := ""
	if refused.Code == "42501" {
		remedy = "GRANT SELECT, INSERT, UPDATE, DELETE ON leat_instances, leat_shares TO " + grantee
	}
	return described("the tables leat_instances and leat_shares", refused, remedy)
}

// join makes this instance one of those that share the partitions, and takes over where they say that the session ends.
func (i *instance) join(ctx context.Context, s *session) error {
	for _, t := range []struct{ name, sql string }{{"leat_instances", makeInstances}, {"leat_shares", makeShares}} {
		oid, _, err := s.oid(ctx, t.name)
		if err == nil && oid == "" {
			err = s.makeTable(ctx, t.name, t.sql,
				"instances that share partitions find each other there; it is made in the first schema of search_path")
		}
		if err != nil {
			return err
		}
	}
	given, err := i.together(ctx, s,
		statement{dropDead, []string{i.name}},
		statement{otherDivision, []string{i.name, i.division}},
		statement{makeSharesOf, []string{i.name, strconv.Itoa(i.partitions)}},
		statement{joinInstances, []string{i.name, i.id, i.process, i.division, strconv.FormatInt(i.session, 10), i.ends}})
	if err != nil {
		return err
	}
	if other := given[1]; len(other) > 0 {
		return fmt.Errorf("postgres: %s runs the mill %q, too, with streams that are divided into other partitions: %s "+
			"there, %s here; all instances need the same", other[0][0], i.name, other[0][1], i.division)
	}
	i.ends = string(given[3][0][0])
	return nil
}

// look renews this instance's lease, and returns what there is to see.
func (i *instance) look(ctx context.Context, s *session) (v view, err error) {
	given, err := i.together(ctx, s,
		statement{renewLease, []string{i.name, i.id, i.process, i.division, strconv.FormatInt(i.session, 10), i.ends}},
		statement{lookAround, []string{i.name}},
		statement{lookAtShares, []string{i.name, strconv.Itoa(i.partitions)}})
	if err != nil {
		return v, err
	}
	for _, r := range given[1] {
		v.live = append(v.live, string(r[0]))
	}
	for _, r := range given[2] {
		v.shares = append(v.shares, share{string(r[1]), string(r[2]) == "true"})
	}
	if len(v.shares) != i.partitions {
		return v, errors.New("postgres: somebody has removed rows of leat_shares; start the instances again")
	}
	return v, nil
}

// take takes partitions, so far as nobody who lives has them.
func (i *instance) take(ctx context.Context, s *session, partitions []int) error {
	_, err := i.together(ctx, s, statement{takeShares, []string{i.name, i.id, joined(partitions)}})
	return err
}

// release gives partitions up.
func (i *instance) release(ctx context.Context, s *session, partitions []int) error {
	_, err := i.together(ctx, s, statement{releaseShares, []string{i.name, i.id, joined(partitions)}})
	return err
}

// leave gives up all that this instance has, and its name.
func (i *instance) leave(ctx context.Context, s *session) error {
	_, err := i.together(ctx, s, statement{releaseAll, []string{i.name, i.id}},
		statement{leaveInstances, []string{i.name, i.id}})
	return err
}

func joined(numbers []int) string {
	all := make([]string, len(numbers))
	for i, n := range numbers {
		all[i] = strconv.Itoa(n)
	}
	return strings.Join(all, ",")
}

// quota is how many partitions an instance should have: all have as many, or one more, which those have that have most.
func (v *view) quota(id string) int {
	at := slices.Index(v.live, id)
	if at < 0 {
		return 0
	}
	quota := len(v.shares) / len(v.live)
	if at < len(v.shares)%len(v.live) {
		quota++
	}
	return quota
}

// of returns the partitions of an instance.
func (v *view) of(id string) (mine []int) {
	for p, s := range v.shares {
		if s.owner == id {
			mine = append(mine, p)
		}
	}
	return mine
}

// free returns the partitions that are nobody's, or that of an instance that doesn't live.
func (v *view) free() (free []int) {
	for p, s := range v.shares {
		if !s.lives {
			free = append(free, p)
		}
	}
	return free
}

// encodeEnds writes where the streams' session ends.
func encodeEnds(streams []*stream) (string, error) {
	ends := make([]ordered.Key, len(streams))
	for i, st := range streams {
		ends[i] = st.end
	}
	text, err := json.Marshal(ends)
	return string(text), err
}

// decodeEnds has the streams' session end where it ends for the other instances.
func decodeEnds(text string, streams []*stream) error {
	var ends []ordered.Key
	if err := json.Unmarshal([]byte(text), &ends); err != nil || len(ends) != len(streams) {
		return fmt.Errorf("postgres: the instances disagree about the streams of the mill: %d streams here, and %s there",
			len(streams), text)
	}
	for i, st := range streams {
		st.end = ends[i]
	}
	return nil
}
